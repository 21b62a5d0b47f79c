import type { Finding } from "../finding.js";
import { FindingList } from "../findingList.js";
import { ENTRIES, gpaOf, PAGES, pagesAt } from "../x86/pages.js";
import { eachLeaf, eachMisbooked, eachTable, type MappedRun, mappedRuns } from "./inspect.js";
import type { TdpClear, TdpEnable, TdpScenario, TdpSplit } from "./scenario.js";
import { DIRTY, PRESENT, type TdpTree, WRITABLE } from "./tree.js";
import { clearWords, type TdpWork } from "./work.js";

/** What is known of the trees before the work. */
export interface TreesBefore {
  readonly runs: readonly MappedRun[];
  /** Tables of each root, itself included. */
  readonly tables: readonly number[];
}

export function treesBefore(trees: readonly TdpTree[]): TreesBefore {
  return { runs: mappedRuns(trees[0]!), tables: trees.map((tree) => tree.tables) };
}

/**
 * What is wrong with the finished trees, judged by plain recursion over them, without the iterator.
 *
 * Invariants: a pass of a zap leaves nothing of its level, and a zapped root is empty; a split maps
 * what was mapped, frame by frame, with the permissions it had, and leaves nothing huge in range;
 * enabling and clearing take exactly the bits they should from exactly the leaves they should;
 * tables are accounted for, and their used counts and bitmaps are true; no walk goes in a circle.
 */
export function tdpFindings(
  scenario: TdpScenario,
  trees: readonly TdpTree[],
  before: TreesBefore,
  work: TdpWork,
): Finding[] {
  const list = new FindingList();
  for (const { walk, root, gfn } of work.livelocks) {
    list.add("livelock", { walk, root, gpa: gpaOf(gfn), everyNPolls: scenario.reschedEveryNPolls });
  }
  for (const { root, zapLevel, count, gfn } of work.missed) {
    list.add("missed-entries", { root, level: zapLevel, gpa: gpaOf(gfn), entries: count }, "entries");
  }
  accountForTables(list, trees, before, work);
  for (const tree of trees) eachMisbooked(tree, (table) => list.add("table-bookkeeping-wrong", table));
  // What a walk that never ends has not come to is no finding of its own.
  const ended = work.livelocks.length === 0;
  if (scenario.workload === "zap") {
    if (ended) for (const tree of trees) checkEmpty(list, tree);
    return list.all();
  }
  compareFrames(list, before.runs, mappedRuns(trees[0]!));
  if (ended) checkLeaves(list, scenario, trees[0]!);
  return list.all();
}

function checkEmpty(list: FindingList, tree: TdpTree): void {
  for (let index = 0; index < ENTRIES; index++) {
    if ((tree.words[tree.root + index]! & PRESENT) === 0) continue;
    const level = tree.rootLevel;
    list.add("not-zapped", { gpa: gpaOf(index * pagesAt(level)), level });
  }
}

function accountForTables(list: FindingList, trees: readonly TdpTree[], before: TreesBefore, work: TdpWork): void {
  let linked = 0;
  for (const tree of trees) eachTable(tree, () => linked++);
  const had = before.tables.reduce((sum, n) => sum + n, 0);
  if (had + work.tablesAllocated - work.tablesFreed === linked) return;
  list.add("page-tables-unaccounted", {
    before: had,
    allocated: work.tablesAllocated,
    freed: work.tablesFreed,
    linked,
  });
}

/** Both lists are in gfn order; pieces that both have must map the same frames. */
function compareFrames(list: FindingList, before: readonly MappedRun[], after: readonly MappedRun[]): void {
  const [olds, news] = [before.values(), after.values()];
  let had = olds.next().value;
  let has = news.next().value;
  let at = 0;
  while (had !== undefined || has !== undefined) {
    const hadFrom = Math.max(at, had?.gfn ?? Number.POSITIVE_INFINITY);
    const hasFrom = Math.max(at, has?.gfn ?? Number.POSITIVE_INFINITY);
    at = Math.min(hadFrom, hasFrom);
    const end = Math.min(hadFrom > at ? hadFrom : endOf(had), hasFrom > at ? hasFrom : endOf(has));
    const where = { gpa: gpaOf(at), bytes: (end - at) * 4096 };
    if (hadFrom > at) list.add("stray-page", where, "bytes");
    else if (hasFrom > at) list.add("lost-page", where, "bytes");
    else if (had !== undefined && has !== undefined && (had.pfn - had.gfn - has.pfn + has.gfn) % 2 ** 32 !== 0)
      list.add("wrong-frame", where, "bytes");
    at = end;
    while (endOf(had) <= at) had = olds.next().value;
    while (endOf(has) <= at) has = news.next().value;
  }
}

function endOf(run: MappedRun | undefined): number {
  return run === undefined ? Number.POSITIVE_INFINITY : run.gfn + run.pages;
}

/** Level and bits of every leaf. Leaves start writable and dirty. */
function checkLeaves(list: FindingList, scenario: TdpSplit | TdpEnable | TdpClear, tree: TdpTree): void {
  const expected = expectationOf(scenario);
  eachLeaf(tree, (at, level, gfn) => {
    const { mostLevel, bits } = expected(level, gfn);
    const has = tree.words[at]! & (WRITABLE | DIRTY);
    if (level <= mostLevel && has === bits) return;
    const where = { gpa: gpaOf(gfn), level, bytes: pagesAt(level) * 4096 };
    if (level > mostLevel) list.add("unsplit-huge-page", where, "bytes");
    const wrong = has ^ bits;
    if ((wrong & WRITABLE) !== 0)
      list.add(has & WRITABLE ? "still-writable" : "write-protected-needlessly", where, "bytes");
    if ((wrong & DIRTY) !== 0) list.add(has & DIRTY ? "still-dirty" : "dirty-bit-lost", where, "bytes");
  });
}

interface Expected {
  readonly mostLevel: number;
  /** WRITABLE and DIRTY, as the leaf should have them. */
  readonly bits: number;
}

/** All that can be expected, made once: this is asked for every leaf. */
const EXPECTED: readonly (readonly Expected[])[] = [0, 1, 2, 3].map((mostLevel) =>
  [0, WRITABLE, DIRTY, WRITABLE | DIRTY].map((bits) => ({ mostLevel, bits })),
);

function expect(mostLevel: number, writable: boolean, dirty: boolean): Expected {
  return EXPECTED[mostLevel]![(writable ? 1 : 0) + (dirty ? 2 : 0)]!;
}

function expectationOf(scenario: TdpSplit | TdpEnable | TdpClear): (level: number, gfn: number) => Expected {
  if (scenario.workload === "clear") return clearExpectation(scenario);
  const { startGfn, endGfnExclusive } = scenario;
  return (level, gfn) => {
    if (gfn >= endGfnExclusive || gfn + PAGES[level]! <= startGfn) return expect(3, true, true);
    if (scenario.workload === "split") return expect(scenario.targetLevel, true, true);
    const { pml, eager } = scenario;
    return pml ? expect(eager ? 1 : 3, level === 1, false) : expect(eager ? 1 : 3, false, true);
  };
}

/**
 * A page whose bit is set is logged again at its next write: its 4K leaf has lost its bit, or,
 * where logging started with all bits set, the huge leaf that still maps it is write-protected. No
 * other leaf has lost anything, and a split reaches from the first bit of a word to the last.
 */
function clearExpectation(scenario: TdpClear): (level: number, gfn: number) => Expected {
  const { pml, eager, slotBaseGfn, npages, manualProtectAndInitSet } = scenario;
  const set = new Uint8Array(npages);
  const spanned = new Uint8Array(npages);
  for (const word of clearWords(scenario)) {
    const bits: number[] = [];
    for (let bit = 0; bit < 64; bit++) {
      if (((bit < 32 ? word.low : word.high) >>> (bit & 31)) & 1) bits.push(bit);
    }
    for (const bit of bits) set[word.index * 64 + bit] = 1;
    spanned.fill(1, word.index * 64 + bits[0]!, word.index * 64 + bits.at(-1)! + 1);
  }
  const any = (of: Uint8Array, level: number, gfn: number): boolean => {
    const from = Math.max(0, gfn - slotBaseGfn);
    const to = Math.min(npages, gfn + PAGES[level]! - slotBaseGfn);
    if (level === 1) return to > from && of[from] === 1;
    return to > from && of.subarray(from, to).includes(1);
  };
  return (level, gfn) => {
    const mostLevel = manualProtectAndInitSet && eager && any(spanned, level, gfn) ? 1 : 3;
    if (!any(set, level, gfn)) return expect(mostLevel, true, true);
    return level === 1 ? expect(1, pml, !pml) : expect(mostLevel, !manualProtectAndInitSet, true);
  };
}
