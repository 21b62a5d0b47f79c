import type { Finding } from "../finding.js";
import { FindingList } from "../findingList.js";
import { gpaOf, pagesAt } from "../x86/pages.js";
import type { ShadowScenario } from "./scenario.js";
import type { ShadowMmu } from "./shadow.js";
import { cachesAddUp } from "./splitCaches.js";

/**
 * Sets of roles, each with a number: 0 is the empty set. A guest has few of them, and millions of
 * frames.
 */
export class RoleSets {
  private readonly sets: string[] = [""];
  private readonly numbers = new Map<string, number>([["", 0]]);
  /** By set, and by role: what was answered. Frames ask the same over and over. */
  private readonly known: number[][] = [];

  /** The set's roles in ascending order, joined with commas. */
  textOf(set: number): string {
    return this.sets[set]!;
  }

  /** The set with one role more. */
  with(set: number, role: number): number {
    this.known[set] ??= [];
    const known = this.known[set];
    known[role] ??= this.numberOf(set, role);
    return known[role];
  }

  private numberOf(set: number, role: number): number {
    const roles = new Set(set === 0 ? [] : this.sets[set]!.split(",").map(Number)).add(role);
    const text = [...roles].sort((a, b) => a - b).join(",");
    const number = this.numbers.get(text) ?? this.sets.push(text) - 1;
    this.numbers.set(text, number);
    return number;
  }
}

/**
 * The roles that map each frame of the slot, whatever the level of the entries: what a split must
 * not change. One set of roles a frame, in the numbers of `sets`. Found from the reverse maps
 * alone.
 */
export function rolesByFrame(mmu: ShadowMmu, sets: RoleSets): Int32Array {
  const { baseGfn, npages } = mmu.slot;
  const byFrame = new Int32Array(npages);
  for (let level = 1; level <= 3; level++) {
    const lists = mmu.lists[level]!;
    for (let frame = 0; frame < lists.length; frame++) {
      if (lists[frame] === 0) continue;
      const from = mmu.gfnOf(level, frame) - baseGfn;
      const end = from + pagesAt(level);
      for (const spte of mmu.pool.members(lists[frame]!)) {
        const role = mmu.roles[spte]!;
        for (let at = from; at < end; at++) byFrame[at] = sets.with(byFrame[at]!, role);
      }
    }
  }
  return byFrame;
}

/** The reverse maps above a level that are not empty, highest level first. */
export function hugeLeft(mmu: ShadowMmu, targetLevel: number): { level: number; gfn: number; entries: number }[] {
  const left: { level: number; gfn: number; entries: number }[] = [];
  for (let level = 3; level > targetLevel; level--) {
    for (const [frame, list] of mmu.lists[level]!.entries()) {
      if (list !== 0) left.push({ level, gfn: mmu.gfnOf(level, frame), entries: mmu.pool.members(list).length });
    }
  }
  return left;
}

/**
 * What is wrong after a split: huge pages left above the target level, frames that are mapped by
 * other roles than before, caches that do not add up, attempts that are put off for ever.
 */
export function shadowFindings(
  scenario: ShadowScenario,
  mmu: ShadowMmu,
  sets: RoleSets,
  before: Int32Array,
): Finding[] {
  const list = new FindingList();
  if (mmu.livelock) list.add("livelock", { walk: "split", everyNAttempts: scenario.reschedEvery });
  // Pages left huge for want of MMU pages, or behind a livelock, are no fault of the policy:
  // `final/hugeLeft` counts them.
  if (mmu.givenUp === 0 && !mmu.livelock) {
    for (const { level, gfn, entries } of hugeLeft(mmu, scenario.targetLevel)) {
      const bytes = entries * pagesAt(level) * 4096;
      list.add("unsplit-huge-page", { gpa: gpaOf(gfn), level, bytes }, "bytes");
    }
  }
  const after = rolesByFrame(mmu, sets);
  for (let i = 0; i < after.length; i++) {
    if (after[i] === before[i]) continue;
    const gpa = gpaOf(mmu.slot.baseGfn + i);
    list.add("roles-changed", { gpa, before: sets.textOf(before[i]!), after: sets.textOf(after[i]!) });
  }
  const { descriptors, headers, newShadowPages } = mmu.counts;
  if (!cachesAddUp(mmu.counts))
    list.add("split-caches-unaccounted", {
      descAllocated: descriptors.allocated,
      descConsumed: descriptors.consumed,
      descLeft: descriptors.left,
      headerAllocated: headers.allocated,
      headerLeft: headers.left,
      newShadowPages,
    });
  return list.all();
}
