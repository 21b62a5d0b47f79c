import type { Counts } from "../counters.js";
import { type DirtyBitmap, TakenWords } from "../flow/dirtyBitmap.js";
import { LoggedFlow } from "../flow/loggedFlow.js";
import { slotFinder } from "../flow/slots.js";
import { withoutZeros } from "../flow/withoutZeros.js";
import { countsJson } from "./counts.js";
import { clearSlot, enableSlot } from "./dirtyLog.js";
import type { DirtyWords } from "./dirtyWords.js";
import { GuestMmu } from "./faults.js";
import type { FlowInput } from "./flowInput.js";
import { type FlowLayout, flowLayoutOf } from "./flowLayout.js";
import { type FlowStep, stateOf } from "./flowStep.js";
import {
  guestCountsJson,
  type IoctlCounts,
  ioctlCountsJson,
  newGuestCounts,
  newIoctlCounts,
  resetGuestCounts,
  resetIoctlCounts,
} from "./guestCounts.js";
import { Memslot } from "./memslot.js";
import { Stage2 } from "./stage2.js";
import type { SplitStrategy } from "./strategy.js";

export interface FlowOptions {
  /**
   * SHA-256 of the tree in every state: costs more than the simulation. Default true, as the golden
   * files have it.
   */
  readonly digest?: boolean;
}

/**
 * Runs a flow of dirty logging under one strategy and counts every step.
 *
 * Pure: equal arguments give equal results. One object a step, in order; a `disable` with guests
 * gives two.
 *
 * @throws UserError for a guest or a step that cannot be
 */
export function runFlow(input: FlowInput, strategy: SplitStrategy, options: FlowOptions = {}): FlowStep[] {
  const flow = new Flow(input, strategy, options.digest ?? true);
  return input.steps.flatMap((step) => flow.run(step));
}

/** One VM while a flow goes on. Exported for tests that look at its tree. */
export class Flow extends LoggedFlow<FlowInput, FlowLayout, Memslot, FlowStep> {
  readonly stage2: Stage2;
  protected readonly mmu: GuestMmu;
  protected readonly ioctl = newIoctlCounts();
  private readonly guest = newGuestCounts();

  constructor(
    input: FlowInput,
    strategy: SplitStrategy,
    private readonly digest: boolean,
  ) {
    const layout = flowLayoutOf(input);
    const slots = layout.slots.map((slot) => new Memslot(layout.geometry, slot));
    super(input, layout, slots);
    this.stage2 = new Stage2(layout.stage2, strategy);
    this.mmu = new GuestMmu(this.stage2, input.vcpus, this.guest, slotFinder(slots));
  }

  protected begin(): void {
    resetGuestCounts(this.guest);
    resetIoctlCounts(this.ioctl);
    this.stage2.resetCounts();
  }

  /**
   * Linux 7.3, arch/arm64/kvm/mmu.c, `kvm_arch_commit_memory_region()`: the slot is
   * write-protected, flushed and split.
   */
  protected enableSlot({ layout }: Memslot): void {
    enableSlot(this.stage2, layout, (work) => work(layout.startGfn, layout.endGfn));
  }

  protected takeDirty(slot: Memslot, asked: DirtyBitmap | null, clears: boolean): void {
    const { startGfn, endGfn } = slot.layout;
    const words = new FlowWords(startGfn, new TakenWords(slot.bitmap!, asked), this.ioctl);
    clearSlot(this.stage2, slot.layout, words, clears, (work) => work(startGfn, endGfn));
  }

  /** No page-table work; the split cache is freed with the first slot. */
  protected override disableSlot(): void {
    this.ioctl.splitCacheFreed += this.stage2.cache.objects;
    this.stage2.cache.objects = 0;
  }

  protected guestOutcome(phase: string): FlowStep {
    return this.outcome(phase, "guest", guestCountsJson(this.guest));
  }

  protected ioctlOutcome(phase: string): FlowStep {
    // Flows call them masks, and count more of them.
    const { split, words: _, ...rest } = countsJson(this.stage2.counts, this.layout.geometry, 0);
    return this.outcome(phase, "ioctl", { ...ioctlCountsJson(this.ioctl), split: split!, ...rest });
  }

  private outcome(phase: string, kind: FlowStep["kind"], counts: Counts): FlowStep {
    const state = stateOf(this.stage2, this.dirtyBits, this.mmu.caches.pages, this.digest);
    return { phase, kind, ...withoutZeros(counts), state };
  }
}

/** The words that an ioctl takes out of a slot's bitmap, counted. */
class FlowWords implements DirtyWords {
  startGfn = 0;
  endGfn = 0;

  constructor(
    private readonly slotGfn: number,
    private readonly taken: TakenWords,
    private readonly counts: IoctlCounts,
  ) {}

  next(): boolean {
    const { taken, counts } = this;
    if (!taken.next()) return false;
    counts.masks++;
    counts.maskBits += taken.bits;
    counts.maskSpan += taken.end - taken.first;
    this.startGfn = this.slotGfn + taken.first;
    this.endGfn = this.slotGfn + taken.end;
    return true;
  }
}
