import type { StrategyStart } from "../newStrategy.js";

/** As written, it is only-present. */
export const newTdpStrategy: StrategyStart = {
  what: "a strategy for the iterator of KVM/x86's TDP MMU",
  commands: [
    "verify --mmu x86-tdp --strategy MODULE --random 1000",
    "bench  --mmu x86-tdp --workload zap --strategy MODULE --no-wall",
    "trace  --mmu x86-tdp --strategy MODULE -b 2M",
  ],
  imports: [],
  type: "TdpStrategyDefinition",
  fields: `  mmu: "x86-tdp",

  // Asked when the walk is done with entry "index" and all below it: the entry to land on next,
  // after index; 512 leaves the table. table.load(i) reads entry i, which counts, and says whether
  // it is present; table.firstUsed(i) is the first present entry from i on, by a bitmap, and
  // table.used how many there are, by a count: neither is a read. table.level, table.isRoot,
  // table.present (of the entry that the walk is on) and table.memo, a number of your own while a
  // table is walked, are there too.
  next(table, index) {
    for (let i = index + 1; i < 512; i++) if (table.load(i)) return i;
    return 512;
  },

  // Asked when a table is entered: the entry to land on, not before index; 512: the table is not
  // entered.
  // enter(table, index) {
  //   return index;
  // },

  // Asked before the table that entry "index" points to is entered: whether it is.
  // descend(table, index) {
  //   return true;
  // },

  // Which entries run the loop's body, which polls: "every" one, as the kernel has it, or those
  // that are "present".
  body: "present",

  // Non-present entries that the body of a zap steps over, 0 to 511, and when it moves the mark:
  // "moved", after it did, or "always".
  // aside: 32,
  // asideMark: "moved",
`,
};
