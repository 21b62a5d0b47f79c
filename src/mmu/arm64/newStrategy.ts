import type { StrategyStart } from "../newStrategy.js";

/** As written, it is max-level. */
export const newArm64Strategy: StrategyStart = {
  what: "a walker strategy for the split walk of KVM/arm64's stage 2",
  commands: [
    "verify --strategy MODULE --random 1000",
    "bench  --strategy baseline,max-level,MODULE",
    "trace  --strategy MODULE -s hugetlb-1g",
  ],
  imports: ["FRESH_PAGES", "WALK_LEAF"],
  type: "StrategyDefinition",
  fields: `
  // Which entries are visited. WALK_LEAF: every entry that is no table, valid or not, as the kernel
  // has it. WALK_BLOCK alone: no pages, and no table of pages is entered.
  // "| (WALK_SKIP_LEVEL0 << 3)" leaves out tables of level 3.
  flags: WALK_LEAF,

  // The deepest level that is looked at: 3 is all of them. With 2, tables of pages are read at
  // level 2, but neither visited nor entered.
  maxLevel: 2,

  // Asked before a table is entered. at.level, at.index, at.span (pages), at.addr (frame, where the
  // walk is), at.entryGfn (frame, where the entry begins), at.lo and at.hi (the descriptor) say
  // which; at.fresh says whether this visit has just made it: FRESH_PAGES, a subtree split down to
  // pages; FRESH_TABLE, a table of smaller blocks, because the page cache was too short for more:
  // those must still be split. Leave this hook out to enter every table.
  enter(at) {
    return at.fresh !== FRESH_PAGES;
  },

  // What the visitor returns after each entry that it was called for: CONTINUE, SKIP_CHILDREN (do
  // not enter the table that was just made) or SKIP_SIBLINGS (leave the table that the entry is
  // in); import them. Leave this hook out for CONTINUE, which is also the fastest here.
  // afterVisit(at) {
  //   if (at.level === 3) return SKIP_SIBLINGS;
  //   return at.fresh === FRESH_PAGES ? SKIP_CHILDREN : CONTINUE;
  // },

  // Called before each walk (one chunk, or one mask of 64 pages): forget what belongs to the walk
  // before.
  // beforeWalk(startGfn, endGfn) {},

  // Keep bit 55 of table descriptors, "no block is mapped anywhere below", and read it in enter as
  // (at.hi & MARK_HI) !== 0.
  // marks: true,
`,
};
