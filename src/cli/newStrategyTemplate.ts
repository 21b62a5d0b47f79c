/** The text of a new strategy module: runs as it is (it is max-level), and says what can be changed. */
export function newStrategyText(id: string, typescript: boolean): string {
  const types = typescript ? ", type WalkPosition" : "";
  const at = typescript ? "at: WalkPosition" : "at";
  return `// ${id}: a walker strategy for the split walk of KVM/arm64's stage 2.
//
//   s2split verify --strategy ./${id}.${typescript ? "ts" : "mjs"} --random 1000
//   s2split bench  --strategy baseline,max-level,./${id}.${typescript ? "ts" : "mjs"}
//   s2split trace  --strategy ./${id}.${typescript ? "ts" : "mjs"} -s hugetlb-1g
//
// "s2split" in the import is found by s2split itself; nothing has to be installed beside this file.

import { CONTINUE, defineStrategy, FRESH_PAGES, SKIP_CHILDREN, SKIP_SIBLINGS, WALK_LEAF${types} } from "s2split";

export default defineStrategy({
  id: ${JSON.stringify(id)},
  summary: "one line: how it steers the walk",
  origin: "who, when",

  // Which entries are visited. WALK_LEAF: every entry that is no table, valid or not, as the kernel has it. WALK_BLOCK alone: no
  // pages, and no table of pages is entered. "| (WALK_SKIP_LEVEL0 << 3)" leaves out tables of level 3.
  flags: WALK_LEAF,

  // The deepest level that is looked at: 3 is all of them. With 2, tables of pages are read at level 2, but neither visited nor entered.
  maxLevel: 2,

  // Asked before a table is entered. at.level, at.index, at.span (pages), at.addr (frame, where the walk is), at.entryGfn (frame,
  // where the entry begins), at.lo and at.hi (the descriptor) say which; at.fresh says whether this visit has just made it:
  // FRESH_PAGES, a subtree split down to pages; FRESH_TABLE, a table of smaller blocks, because the page cache was too short for
  // more: those must still be split. Leave this hook out to enter every table.
  enter(${at}) {
    return at.fresh !== FRESH_PAGES;
  },

  // What the visitor returns after each entry that it was called for: CONTINUE, SKIP_CHILDREN (do not enter the table that was just
  // made) or SKIP_SIBLINGS (leave the table that the entry is in). Leave this hook out for CONTINUE, which is also the fastest here.
  // afterVisit(${at}) {
  //   if (at.level === 3) return SKIP_SIBLINGS;
  //   return at.fresh === FRESH_PAGES ? SKIP_CHILDREN : CONTINUE;
  // },

  // Called before each walk (one chunk, or one mask of 64 pages): forget what belongs to the walk before.
  // beforeWalk(startGfn, endGfn) {},

  // Keep bit 55 of table descriptors, "no block is mapped anywhere below", and read it in enter as (at.hi & MARK_HI) !== 0.
  // marks: true,
});
`;
}
