import type { Finding } from "../finding.js";
import { gpaOf } from "../x86/pages.js";
import { childOf, DIRTY, isLeaf, isTable, PRESENT, type TdpTree, WRITABLE } from "./tree.js";

/**
 * What a tree holds, found by plain recursion over its tables. Nothing here uses the iterator, so
 * that it can judge what the walks did.
 */

/** Counts by level, as decimal strings. */
export type ByLevel = Record<string, number>;

/** `structure` of the zap golden files: levels with 0 are absent. */
export interface TreeStructure {
  readonly tablesByLevel: ByLevel;
  readonly leavesByLevel: ByLevel;
  readonly tablesWithoutPresentEntries: ByLevel;
}

/** Tables and leaves by level, the root included. */
export function structureOf(tree: TdpTree): TreeStructure {
  const tablesByLevel: ByLevel = {};
  const leavesByLevel: ByLevel = {};
  const tablesWithoutPresentEntries: ByLevel = {};
  eachTable(tree, (table, level) => {
    add(tablesByLevel, level, 1);
    let present = 0;
    let leaves = 0;
    for (let at = table; at < table + tree.entries; at++) {
      const spte = tree.words[at]!;
      if ((spte & PRESENT) !== 0) present++;
      if (isLeaf(spte)) leaves++;
    }
    add(leavesByLevel, level, leaves);
    add(tablesWithoutPresentEntries, level, present === 0 ? 1 : 0);
  });
  return { tablesByLevel, leavesByLevel, tablesWithoutPresentEntries };
}

/** Leaves of a tree that lie in or across [start, end), by level. */
export function leavesIn(tree: TdpTree, start: number, end: number): ByLevel {
  const byLevel: ByLevel = {};
  eachLeaf(tree, (_at, level) => add(byLevel, level, 1), start, end);
  return byLevel;
}

/**
 * Calls `visit` for every leaf in or across [start, end), in gfn order: offset of the entry, level,
 * first gfn.
 *
 * @param lowest tables below this level are not looked at
 */
export function eachLeaf(
  tree: TdpTree,
  visit: (at: number, level: number, gfn: number) => void,
  start = 0,
  end = Number.POSITIVE_INFINITY,
  lowest = 1,
): void {
  const { words, entries } = tree;
  const frames = tree.geometry.pages;
  const enter = (table: number, level: number, gfn: number): void => {
    const pages = frames[level]!;
    const first = Math.max(0, Math.floor((start - gfn) / pages));
    const last = Math.min(entries, Math.ceil((end - gfn) / pages));
    for (let i = first; i < last; i++) {
      const spte = words[table + i]!;
      if (isTable(spte)) {
        if (level > lowest) enter(childOf(spte), level - 1, gfn + i * pages);
      } else if (isLeaf(spte)) visit(table + i, level, gfn + i * pages);
    }
  };
  enter(tree.root, tree.rootLevel, 0);
}

/** Calls `visit` for every table in walk order: offset of its first entry, level, first gfn. */
export function eachTable(tree: TdpTree, visit: (table: number, level: number, gfn: number) => void): void {
  const { words, entries } = tree;
  const frames = tree.geometry.pages;
  const enter = (table: number, level: number, gfn: number): void => {
    visit(table, level, gfn);
    for (let i = 0; i < entries; i++) {
      const spte = words[table + i]!;
      if (isTable(spte)) enter(childOf(spte), level - 1, gfn + i * frames[level]!);
    }
  };
  enter(tree.root, tree.rootLevel, 0);
}

/**
 * Calls `visit` with what is known of every table whose used count or bitmap is not what its
 * entries say.
 */
export function eachMisbooked(tree: TdpTree, visit: (table: Finding["data"]) => void): void {
  const { words, bitmap, entries } = tree;
  eachTable(tree, (table, level, gfn) => {
    let present = 0;
    let bits = true;
    for (let at = table; at < table + entries; at++) {
      const isPresent = words[at]! & PRESENT;
      present += isPresent;
      if (((bitmap[at >> 5]! >>> (at & 31)) & 1) !== isPresent) bits = false;
    }
    const usedCount = tree.used[table / entries]!;
    if (present !== usedCount || !bits) visit({ gpa: gpaOf(gfn), level, present, usedCount });
  });
}

/**
 * Present entries of one level, leaves and tables, that lie in or across [0, end). What stands
 * below them is not looked at.
 *
 * @returns how many, and the first gfn of the first; undefined where there is none
 */
export function presentAt(tree: TdpTree, wanted: number, end: number): { count: number; gfn: number } | undefined {
  const { words, entries } = tree;
  const frames = tree.geometry.pages;
  let count = 0;
  let first = 0;
  const enter = (table: number, level: number, gfn: number): void => {
    const pages = frames[level]!;
    const last = Math.min(entries, Math.ceil((end - gfn) / pages));
    for (let i = 0; i < last; i++) {
      const spte = words[table + i]!;
      if (level > wanted) {
        if (isTable(spte)) enter(childOf(spte), level - 1, gfn + i * pages);
      } else if ((spte & PRESENT) !== 0) {
        if (count === 0) first = gfn + i * pages;
        count++;
      }
    }
  };
  enter(tree.root, tree.rootLevel, 0);
  return count === 0 ? undefined : { count, gfn: first };
}

/** Memory that is mapped one to one with equal permissions; what level maps it does not matter. */
export interface MappedRun {
  readonly gfn: number;
  /** Length in 4K frames. */
  readonly pages: number;
  /** Frame that `gfn` maps to, modulo 2^32. */
  readonly pfn: number;
  readonly writable: boolean;
  readonly dirty: boolean;
}

/**
 * All that a tree maps, as runs in gfn order that cannot be merged further: equal runs are equal
 * translations.
 */
export function mappedRuns(tree: TdpTree): MappedRun[] {
  const frames = tree.geometry.pages;
  const runs: { gfn: number; pages: number; pfn: number; writable: boolean; dirty: boolean }[] = [];
  eachLeaf(tree, (at, level, gfn) => {
    const spte = tree.words[at]!;
    const pfn = tree.pfns[at]!;
    const writable = (spte & WRITABLE) !== 0;
    const dirty = (spte & DIRTY) !== 0;
    const last = runs.at(-1);
    const joins =
      last !== undefined &&
      last.gfn + last.pages === gfn &&
      (last.pfn + last.pages) % 2 ** 32 === pfn &&
      last.writable === writable &&
      last.dirty === dirty;
    if (joins) last.pages += frames[level]!;
    else runs.push({ gfn, pages: frames[level]!, pfn, writable, dirty });
  });
  return runs;
}

function add(byLevel: ByLevel, level: number, n: number): void {
  if (n > 0) byLevel[level] = (byLevel[level] ?? 0) + n;
}
