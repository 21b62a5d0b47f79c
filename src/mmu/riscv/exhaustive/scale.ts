import { formatAddress } from "../../../guest/sizes.js";
import { realPage, ScaledTree, spanWords, treeWords } from "../../exhaustive/scale.js";
import { type GStageMode, geometryOf, SPAN } from "../geometry.js";
import type { RiscvMemslot, RiscvScenario } from "../scenario.js";
import type { PlacedTree } from "./geometry.js";
import type { WrongCase } from "./session.js";
import { type SmallWord, WORD_PAGES } from "./works.js";

const PAGE_BYTES = 4096;
const TOP_LEVEL = 2;

/**
 * Where trees of a mode begin at full size, in frames: at 1G, or so that two top entries lie in two
 * entries of the root.
 */
function realBase(mode: GStageMode): number {
  const { rootLevel } = geometryOf(mode);
  return rootLevel === TOP_LEVEL ? SPAN[TOP_LEVEL]! : SPAN[rootLevel]! - SPAN[TOP_LEVEL]!;
}

/**
 * Scenarios at full size that may show what a case of the small geometry shows; whether one does is
 * for the caller to find out. A clear is tried with the pages of its bits, and with runs of pages
 * between them.
 */
export function scaledScenarios({ mode, tops }: PlacedTree, { work, circumstances }: WrongCase): RiscvScenario[] {
  const tree = new ScaledTree(tops);
  const from = realPage(work.startGfn);
  const slot: RiscvMemslot = {
    base: formatAddress((realBase(mode) + from) * PAGE_BYTES),
    segments: tree.segments(from, realPage(work.endGfn - 1) + 1),
  };
  const { eagerSplit, reschedEvery } = circumstances;
  const scenario = (dirtyLog: RiscvScenario["dirtyLog"], dirty?: RiscvMemslot["dirty"]): RiscvScenario => ({
    mmu: "riscv",
    gstage: mode,
    memslots: [dirty === undefined ? slot : { ...slot, dirty }],
    dirtyLog: reschedEvery === 0 ? dirtyLog : { ...dirtyLog, reschedEveryNPolls: reschedEvery },
  });
  const { words } = work;
  if (words === null) return [scenario({ mode: "enable", eagerSplit })];
  return [bitRuns, spanRuns].map((runsOf) =>
    scenario({ mode: "clear", eagerSplit }, { runs: words.flatMap(runsOf).map(([at, count]) => [at - from, count]) }),
  );
}

type Run = readonly [first: number, count: number];

/** The pages of a word's bits. */
function bitRuns({ gfn, bits }: SmallWord): Run[] {
  const pages = Array.from({ length: WORD_PAGES }, (_, i) => i).filter((i) => (bits & (1 << i)) !== 0);
  return pages.map((i) => [realPage(gfn + i), 1]);
}

/**
 * From the first to the last of them, but for what lies between entries that the small geometry
 * has.
 */
function spanRuns({ firstGfn, endGfn }: SmallWord): Run[] {
  const first = realPage(firstGfn);
  const last = realPage(endGfn - 1);
  return [[first, last + 1 - first]];
}

const MODE_WORDS: Readonly<Record<GStageMode, string>> = { sv39x4: "Sv39x4", sv48x4: "Sv48x4", sv57x4: "Sv57x4" };

/**
 * A case in words: "[pages 2 3, block, hole, hole] in Sv39x4; slot from page 2, clear of pages 2 to
 * 5; cache of 3 pages, 0 at first".
 */
export function caseWords({ mode, tops }: PlacedTree, { work, circumstances }: WrongCase): string {
  const { startGfn, endGfn, words } = work;
  const { spareCapacity, cachePages, reschedEvery, eagerSplit } = circumstances;
  const done =
    words === null
      ? `enable over ${spanWords([startGfn, endGfn])}`
      : `slot from page ${startGfn}, clear of ${words.map(wordWords).join(", then ")}`;
  const resched =
    reschedEvery === 0 ? "" : `, need_resched at every ${reschedEvery === 1 ? "poll" : `${reschedEvery}nd poll`}`;
  const cache = `cache of ${geometryOf(mode).levels + spareCapacity} pages, ${cachePages} at first`;
  return (
    `${treeWords(tops)} in ${MODE_WORDS[mode]}; ${done}; ` +
    `${cache}${resched}${eagerSplit ? "" : ", no eager splitting"}`
  );
}

function wordWords({ gfn, bits, firstGfn, endGfn }: SmallWord): string {
  const whole = bits === ((1 << (endGfn - firstGfn)) - 1) << (firstGfn - gfn);
  if (whole) return spanWords([firstGfn, endGfn]);
  const pages = Array.from({ length: WORD_PAGES }, (_, i) => gfn + i).filter(
    (page) => (bits & (1 << (page - gfn))) !== 0,
  );
  return `pages ${pages.join(" ")}`;
}
