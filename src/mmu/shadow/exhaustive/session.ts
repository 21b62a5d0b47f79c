import type { OnWrong, Trial } from "../../exhaustive/search.js";
import { ShadowMmu } from "../shadow.js";
import { EmptyCacheError, MIN_DESCRIPTORS } from "../splitCaches.js";
import { defaultCapacity } from "../strategies/defaultCapacity.js";
import type { ShadowStrategy } from "../strategy.js";
import { guestAt, SMALL_SHADOW, type SmallGuest } from "./guests.js";
import { Judge, type SmallFault, type Work } from "./judge.js";

/** Makes the MMU that a strategy is tried on; tests hand in one with a fault. */
export type MakeShadowMmu = (...given: ConstructorParameters<typeof ShadowMmu>) => ShadowMmu;

/**
 * Reschedules at every poll are left out: then nothing is ever split, in Linux too. With 5 MMU
 * pages or fewer to be made nothing is split either; with 6 to 9 it ends in the middle.
 */
const RESCHEDS = [0, 2, 3, 4, 5, 7];
const LIMITS = [null, 5, 6, 7, 8, 9];

export const WORKS: readonly Work[] = ([1, 2] as const).flatMap((targetLevel) =>
  RESCHEDS.flatMap((reschedEvery) =>
    LIMITS.map((availableMmuPages): Work => ({ targetLevel, reschedEvery, availableMmuPages })),
  ),
);

/**
 * What a strategy's cache holds beyond its minimum, scaled with the minimum and rounded up: none
 * stays none, and some some.
 */
export function smallCapacity(descriptorCapacity: number): number {
  const { minDescriptors } = SMALL_SHADOW;
  return minDescriptors + Math.ceil(((descriptorCapacity - MIN_DESCRIPTORS) * minDescriptors) / MIN_DESCRIPTORS);
}

/** Tries one strategy on guests, one after the other, each with every target, resched and limit. */
export class Session implements Trial<SmallGuest, Work> {
  constructor(
    private readonly strategy: ShadowStrategy,
    private readonly makeMmu: MakeShadowMmu = (...given) => new ShadowMmu(...given),
  ) {}

  try(guest: SmallGuest, onWrong: OnWrong<Work>): number {
    const judge = new Judge(guest);
    const laidOut = guestAt(guest, SMALL_SHADOW.pages, 0);
    for (const [combination, work] of WORKS.entries()) {
      const faults = this.faults(this.strategy, laidOut, judge, work);
      if (faults.length === 0) continue;
      const ofLinux = this.faults(defaultCapacity, laidOut, judge, work).filter((fault) => faults.includes(fault));
      onWrong(faults, combination, work, ofLinux);
    }
    return WORKS.length;
  }

  private faults(
    { policy }: ShadowStrategy,
    guest: ReturnType<typeof guestAt>,
    judge: Judge,
    work: Work,
  ): readonly SmallFault[] {
    const { targetLevel, reschedEvery, availableMmuPages } = work;
    const mmu = this.makeMmu(guest, SMALL_SHADOW);
    const descriptorCapacity = smallCapacity(policy.descriptorCapacity);
    const limit = availableMmuPages === null ? {} : { availableMmuPages };
    try {
      mmu.splitAll({ descriptorCapacity }, { targetLevel, reschedEvery, ...limit });
    } catch (error) {
      if (error instanceof EmptyCacheError) return ["split-cache-empty"];
      throw error;
    }
    return judge.judge(mmu, work, descriptorCapacity);
  }
}
