import { atEveryPoll } from "../../exhaustive/everyPoll.js";
import { realPage, spanWords, treeWords } from "../../exhaustive/scale.js";
import { BLOCK_PAGES, ENTRIES, HOLE_ENTRY, TOP_PAGES, type TopEntry } from "../../exhaustive/trees.js";
import { pagesAt } from "../../x86/pages.js";
import type { LeafRun, NonpresentPath, RootSpec } from "../build.js";
import type { WrittenTdpScenario } from "../scenario.js";
import { baseOf } from "./geometry.js";
import type { WrongCase } from "./session.js";
import type { Clear, Work } from "./works.js";

/** Fewest physical address bits of a host. */
const MIN_MAXPHYADDR = 32;

/**
 * The gfn at full size of a tree's first frame: the first entry of level 3 of the root, or the last
 * of the first table.
 */
function realBase(tops: readonly TopEntry[]): number {
  return baseOf(tops) === 0 ? 0 : 511 * pagesAt(3);
}

/**
 * A tree at full size: see {@link realPage}. What is write-protected in the small geometry is not
 * here: scenarios have no such leaves.
 */
function rootOf(tops: readonly TopEntry[], rootLevel: 4 | 5): RootSpec {
  const leaves: LeafRun[] = [];
  const nonpresentPaths: NonpresentPath[] = [];
  const base = realBase(tops);
  for (const [i, top] of tops.entries()) {
    const gfn = base + i * pagesAt(3);
    if (typeof top === "number") {
      if (top === HOLE_ENTRY) nonpresentPaths.push({ gfn, level: 3 });
      else leaves.push({ gfn, level: 3, count: 1 });
      continue;
    }
    if (top.every((entry) => entry === HOLE_ENTRY)) nonpresentPaths.push({ gfn, level: 2 });
    for (const [j, entry] of top.entries()) {
      const first = i * TOP_PAGES + j * BLOCK_PAGES;
      if (entry === 0) nonpresentPaths.push({ gfn: base + realPage(first), level: 1 });
      else if (entry < HOLE_ENTRY) leaves.push({ gfn: base + realPage(first), level: 2, count: 1 });
      for (let k = 0; entry > 0 && k < ENTRIES; k++) {
        if ((entry & (1 << k)) !== 0) leaves.push({ gfn: base + realPage(first + k), level: 1, count: 1 });
      }
    }
  }
  return { rootLevel, leaves, nonpresentPaths };
}

/**
 * Scenarios at full size that may show what a case of the small geometry shows; whether one does is
 * for the caller to find out.
 */
export function scaledScenarios(tops: readonly TopEntry[], { work, everyNPolls }: WrongCase): WrittenTdpScenario[] {
  const root = rootOf(tops, work.kind === "zap" ? work.rootLevel : 4);
  // A table has more entries to poll at here.
  const schedules = everyNPolls === 0 ? [0] : [everyNPolls, 1, 7];
  return [...new Set(schedules)].map((reschedEveryNPolls) => {
    const scenario = {
      mmu: "x86-tdp",
      root,
      ...deedOf(tops, root, work),
      ...(everyNPolls === 0 ? {} : { reschedEveryNPolls }),
    };
    return scenario as unknown as WrittenTdpScenario;
  });
}

function deedOf(tops: readonly TopEntry[], root: RootSpec, work: Work): Record<string, unknown> {
  if (work.kind === "zap") return { workload: "zap", hostMaxphyaddr: realMaxphyaddr(work.maxphyaddr) };
  if (work.kind === "clear") return clearOf(tops, root, work);
  const { kind: workload, start, end } = work;
  const range = { startGfn: realBase(tops) + realPage(start), endGfnExclusive: realBase(tops) + realPage(end - 1) + 1 };
  if (work.kind === "split") return { workload, ...range, targetLevel: work.targetLevel };
  return { workload, ...range, pml: work.pml, eager: work.eager };
}

/** Address bits of a host at full size: two of the small geometry are a level, nine here. */
function realMaxphyaddr(maxphyaddr: number): number {
  const bits = maxphyaddr - 12;
  return Math.max(MIN_MAXPHYADDR, 12 + 9 * (bits >> 1) + (bits & 1));
}

/**
 * A slot from where the small one begins, without whole words before what is mapped or cleared, to
 * the end of that.
 */
function clearOf(tops: readonly TopEntry[], { leaves }: RootSpec, clear: Clear): Record<string, unknown> {
  const { pml, eager, initiallySet } = clear;
  const cleared = clearedBy(clear).map((frame) => realBase(tops) + realPage(frame));
  const first = Math.min(...cleared, ...leaves.map(({ gfn }) => gfn));
  const end = Math.max(...cleared.map((gfn) => gfn + 1), ...leaves.map(({ gfn, level }) => gfn + pagesAt(level)));
  const smallBase = realBase(tops) + realPage(clear.base);
  const base = first - ((first - smallBase) % 64);
  const npages = end - base;
  const masks = new Array<bigint>(Math.ceil(npages / 64)).fill(0n);
  for (const gfn of cleared) masks[Math.floor((gfn - base) / 64)]! |= 1n << BigInt((gfn - base) % 64);
  return {
    workload: "clear",
    slotBaseGfn: base,
    npages,
    masks: masks.map((mask) => `0x${mask.toString(16)}`),
    manualProtectAndInitSet: initiallySet,
    pml,
    eager,
  };
}

/** The frames whose bits a clear has set. */
function clearedBy({ base, wordPages, words }: Clear): number[] {
  return words.flatMap(({ index, low }) =>
    Array.from({ length: wordPages }, (_, bit) => bit)
      .filter((bit) => ((low >> bit) & 1) !== 0)
      .map((bit) => base + index * wordPages + bit),
  );
}

/**
 * A case in words: "[hole, block, hole, hole]; split of pages 4 to 7 to 4K; a yield at every poll".
 */
export function caseWords(tops: readonly TopEntry[], { work, everyNPolls }: WrongCase): string {
  const yields = everyNPolls === 0 ? "" : `; a yield ${atEveryPoll(everyNPolls)}`;
  return `${treeWords(tops)}; ${workWords(work)}${yields}`;
}

function workWords(work: Work): string {
  switch (work.kind) {
    case "zap":
      return `zap of a ${work.rootLevel}-level root, to page ${2 ** (work.maxphyaddr - 12)}`;
    case "split":
      return `split of ${spanWords([work.start, work.end])} to ${work.targetLevel === 1 ? "4K" : "2M"}`;
    case "enable":
      return `enable over ${spanWords([work.start, work.end])}, ${modeWords(work)}`;
    case "clear": {
      const set = work.initiallySet ? "with" : "without";
      const pages = clearedBy(work);
      return (
        `clear of page${pages.length === 1 ? "" : "s"} ${pages.join(", ")} of a slot from page ${work.base}, ` +
        `${modeWords(work)}, ` +
        `${set} initially-all-set, words of ${work.wordPages} pages`
      );
    }
  }
}

function modeWords({ pml, eager }: { readonly pml: boolean; readonly eager: boolean }): string {
  return `PML ${pml ? "on" : "off"}, eager splitting ${eager ? "on" : "off"}`;
}
