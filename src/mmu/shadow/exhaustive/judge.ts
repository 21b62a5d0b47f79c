import type { ShadowMmu } from "../shadow.js";
import { cachesAddUp } from "../splitCaches.js";
import type { Parents, SmallGuest } from "./guests.js";

/** What can be wrong; the codes are those of `findings.ts` where it has one. */
export const SMALL_FAULTS = [
  "livelock",
  "split-cache-empty",
  "unsplit-huge-page",
  "split-below-target",
  "roles-changed",
  "shadow-pages-miscounted",
  "splits-miscounted",
  "mmu-pages-exceeded",
  "split-caches-unaccounted",
  "topped-up-needlessly",
] as const;
export type SmallFault = (typeof SMALL_FAULTS)[number];

/** What is done: see `ShadowOptions`. */
export interface Work {
  readonly targetLevel: 1 | 2;
  readonly reschedEvery: number;
  /** null: no limit. */
  readonly availableMmuPages: number | null;
}

/** MMU pages that are kept in any case (KVM_MIN_FREE_MMU_PAGES). */
const KEPT_PAGES = 5;
const NO_ROLES = 0;

/**
 * Judges what a split made of a guest by what the guest was. Each huge SPTE becomes a table of its
 * role, and equal ones share it: so it is known which SPTEs there must be in the end, how many
 * tables and how many splits, whatever the order.
 */
export class Judge {
  /** Roles by 2M frame, as bits: of all SPTEs that are to be there at level 2, the new ones too. */
  private readonly roles2 = [NO_ROLES, NO_ROLES, NO_ROLES, NO_ROLES];
  private roles3 = NO_ROLES;
  private tables2 = 0;
  private huge = 0;

  constructor(private readonly guest: SmallGuest) {
    this.roles3 = rolesOf(guest.giant);
    for (const [i, parents] of guest.huge.entries()) {
      const roles = rolesOf(parents) | this.roles3;
      this.roles2[i] = roles;
      this.tables2 += bits(roles);
      this.huge += parents.length;
    }
  }

  /** @param capacity descriptors that the cache is filled to */
  judge(
    mmu: ShadowMmu,
    { targetLevel, reschedEvery, availableMmuPages }: Work,
    capacity: number,
  ): readonly SmallFault[] {
    if (mmu.livelock) return ["livelock"];
    const faults = new Set<SmallFault>();
    const { counts } = mmu;
    const left = SPTES_ABOVE[targetLevel].reduce((sum, level) => sum + countAt(mmu, level), 0);
    const short = availableMmuPages !== null && availableMmuPages - counts.newShadowPages <= KEPT_PAGES;
    if (left > 0 && !short) faults.add("unsplit-huge-page");
    if (availableMmuPages !== null && counts.newShadowPages > Math.max(0, availableMmuPages - KEPT_PAGES))
      faults.add("mmu-pages-exceeded");
    this.compareRoles(mmu, faults);
    if (left === 0) this.compareCounts(mmu, targetLevel, faults);
    if (targetLevel === 2 && counts.splits2m > 0) faults.add("split-below-target");
    const { descriptors, topupCalls, splits2m, splits1g } = counts;
    if (!cachesAddUp(counts)) faults.add("split-caches-unaccounted");
    // A top-up is for a split, unless a resched is due; and a cache is filled to its capacity, no
    // further.
    if (reschedEvery === 0 && topupCalls > splits2m + splits1g) faults.add("topped-up-needlessly");
    if (descriptors.left > capacity) faults.add("topped-up-needlessly");
    return [...faults];
  }

  /** Every page is mapped by the roles that it was mapped by. */
  private compareRoles(mmu: ShadowMmu, faults: Set<SmallFault>): void {
    const giant = rolesAt(mmu, 3, 0);
    for (const [frame, roles2] of this.roles2.entries()) {
      const above = giant | rolesAt(mmu, 2, frame);
      for (let page = 0; page < 4; page++) {
        const had = this.guest.pages === "all" || (this.guest.pages === "first" && page === 0) ? 1 : NO_ROLES;
        if ((above | rolesAt(mmu, 1, 4 * frame + page)) !== (roles2 | had)) faults.add("roles-changed");
      }
    }
  }

  /** Where all is split: a table for each role of each frame, and a split for each SPTE. */
  private compareCounts(mmu: ShadowMmu, targetLevel: 1 | 2, faults: Set<SmallFault>): void {
    const { newShadowPages, splits1g, splits2m } = mmu.counts;
    const down = targetLevel === 1;
    if (newShadowPages !== bits(this.roles3) + (down ? this.tables2 : 0)) faults.add("shadow-pages-miscounted");
    const made = 4 * bits(this.roles3);
    if (splits1g !== this.guest.giant.length || splits2m !== (down ? this.huge + made : 0))
      faults.add("splits-miscounted");
  }
}

/** Levels whose SPTEs are to be split, by target level. */
const SPTES_ABOVE: Readonly<Record<1 | 2, readonly number[]>> = { 1: [2, 3], 2: [3] };

function countAt(mmu: ShadowMmu, level: number): number {
  let sum = 0;
  for (const list of mmu.lists[level]!) if (list !== 0) sum += mmu.pool.members(list).length;
  return sum;
}

function rolesAt(mmu: ShadowMmu, level: number, frame: number): number {
  let roles = NO_ROLES;
  for (const spte of mmu.pool.members(mmu.lists[level]![frame]!)) roles |= 1 << mmu.roles[spte]!;
  return roles;
}

function rolesOf(parents: Parents): number {
  let roles = NO_ROLES;
  for (const letter of parents) roles |= 1 << (letter.charCodeAt(0) - 97);
  return roles;
}

function bits(roles: number): number {
  let count = 0;
  for (let rest = roles; rest !== 0; rest &= rest - 1) count++;
  return count;
}
