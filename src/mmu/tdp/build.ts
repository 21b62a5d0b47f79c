import { ENTRIES, pagesAt } from "../x86/pages.js";
import { childOf, DIRTY, isLeaf, isTable, PFN_OFFSET, PRESENT, TdpTree, WRITABLE } from "./tree.js";

/** A run of present leaf SPTEs: `count` leaves of one level, one after the other from `gfn`. */
export interface LeafRun {
  /** First frame, a multiple of the frames that a leaf of this level covers. */
  readonly gfn: number;
  /** 1 is 4K, 2 is 2M, 3 is 1G. */
  readonly level: number;
  readonly count: number;
}

/**
 * The table of `level` that covers `gfn` exists, and its entry for `gfn` is non-present (as an MMIO
 * entry is).
 */
export interface NonpresentPath {
  readonly gfn: number;
  readonly level: number;
}

/** A root as scenarios and golden files give it. */
export interface RootSpec {
  /** 4 or 5. */
  readonly rootLevel: number;
  readonly leaves: readonly LeafRun[];
  readonly nonpresentPaths: readonly NonpresentPath[];
}

/**
 * Builds the tables of a root; leaves start writable and dirty, and gfn g maps frame
 * {@link PFN_OFFSET} + g.
 *
 * @throws Error where two runs overlap or a path is mapped: scenarios are checked before
 */
export function buildTree(spec: RootSpec): TdpTree {
  const tree = new TdpTree(spec.rootLevel, 1 + tablesOf(spec));
  for (const run of spec.leaves) addRun(tree, run);
  for (const path of spec.nonpresentPaths) tableFor(tree, path.gfn, path.level);
  for (const path of spec.nonpresentPaths) {
    const at = tableFor(tree, path.gfn, path.level) + indexOf(path.gfn, path.level);
    if ((tree.words[at]! & PRESENT) !== 0) throw new Error(`gfn ${path.gfn} is present at level ${path.level}`);
  }
  return tree;
}

/** Tables that a root needs below itself: exact for disjoint runs in gfn order, never too few. */
export function tablesOf(spec: RootSpec): number {
  let tables = 0;
  const last = new Array<number>(6).fill(-1);
  const cover = (gfn: number, end: number, lowest: number): void => {
    for (let level = lowest; level < spec.rootLevel; level++) {
      const span = pagesAt(level + 1);
      const from = Math.floor(gfn / span);
      const to = Math.floor((end - 1) / span);
      tables += to - from + 1 - (from === last[level] ? 1 : 0);
      last[level] = to;
    }
  };
  for (const run of spec.leaves) cover(run.gfn, run.gfn + run.count * pagesAt(run.level), run.level);
  for (const path of spec.nonpresentPaths) cover(path.gfn, path.gfn + 1, path.level);
  return tables;
}

/** Index of a gfn's entry in its table of a level. */
export function indexOf(gfn: number, level: number): number {
  return Math.floor(gfn / pagesAt(level)) % ENTRIES;
}

function addRun(tree: TdpTree, run: LeafRun): void {
  const pages = pagesAt(run.level);
  let gfn = run.gfn;
  let left = run.count;
  while (left > 0) {
    const table = tableFor(tree, gfn, run.level);
    let index = indexOf(gfn, run.level);
    for (; index < ENTRIES && left > 0; index++, left--, gfn += pages) {
      if ((tree.words[table + index]! & PRESENT) !== 0) throw new Error(`gfn ${gfn} is mapped twice`);
      tree.setLeaf(table + index, PFN_OFFSET + gfn, WRITABLE | DIRTY);
    }
  }
}

/** The table of a level that covers a gfn, made with those above it where there is none. */
function tableFor(tree: TdpTree, gfn: number, level: number): number {
  let table = tree.root;
  for (let at = tree.rootLevel; at > level; at--) {
    const entry = table + indexOf(gfn, at);
    const spte = tree.words[entry]!;
    if (isLeaf(spte)) throw new Error(`gfn ${gfn} is mapped twice`);
    if (isTable(spte)) {
      table = childOf(spte);
    } else {
      table = tree.allocate(at - 1);
      tree.setTable(entry, table);
    }
  }
  return table;
}
