import { splitOnly, writeProtectOnly } from "../mmu/arm64/dirtyLog.js";
import { layoutOf } from "../mmu/arm64/layout.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { Stage2 } from "../mmu/arm64/stage2.js";
import { baseline } from "../mmu/arm64/strategies/baseline.js";
import { type SplitStrategy, strategyFrom } from "../mmu/arm64/strategy.js";
import { CONTINUE } from "../mmu/arm64/walkRules.js";
import { RegionedGuest } from "../mmu/arm64/windows.js";
import { buildTree } from "../mmu/tdp/build.js";
import { clearBitOfLeaves } from "../mmu/tdp/dirtyLog.js";
import { TdpIter } from "../mmu/tdp/iter.js";
import { type BuiltInId, builtIn } from "../mmu/tdp/strategies/index.js";
import { PRESENT, type TdpTree, WRITABLE } from "../mmu/tdp/tree.js";
import type { PerfCase, Reference } from "./measure.js";

const PAGES_1G = 2 ** 18;
/** Bits of the walk's host: its end lies far beyond the guest, as in a zap of a whole root. */
const END = 2 ** 36;

function fullGuest(): TdpTree {
  return buildTree({ rootLevel: 4, leaves: [{ gfn: 0, level: 1, count: PAGES_1G }], nonpresentPaths: [] });
}

/** Where results go, so that no walk can be left out by the compiler. @public */
export let present = 0;

const guest: Arm64Scenario = {
  granule: "4K",
  ipaBits: 40,
  memslots: [{ base: "0x40000000", segments: [{ map: "4K", size: "1G" }] }],
  dirtyLog: { mode: "enable", chunk: "1G" },
};

function arm64Guest(strategy: SplitStrategy): Stage2 {
  const stage2 = new Stage2(layoutOf(guest), strategy);
  new RegionedGuest(stage2, Number.POSITIVE_INFINITY, false).buildAll();
  return stage2;
}

function writeProtectWalk(): Reference {
  const stage2 = arm64Guest(baseline);
  const before = stage2.snapshot();
  return {
    title: "arm64 write-protect walk",
    units: PAGES_1G,
    reset: () => stage2.restore(before),
    work: () => writeProtectOnly(stage2),
  };
}

/**
 * A strategy that looks at each page makes the walk call its visitor for each, as the iterator
 * calls its body.
 */
function walkEntryByEntry(): Reference {
  const each = strategyFrom({ id: "entry-by-entry", summary: "looks at every page", afterVisit: () => CONTINUE });
  const stage2 = arm64Guest(each);
  return { title: "arm64 walk entry by entry", units: PAGES_1G, work: () => splitOnly(stage2) };
}

/**
 * The iterator with a body that takes the write permission of each leaf, as write-protecting does.
 */
function writeProtecting(id: BuiltInId): PerfCase {
  return {
    id: `x86-tdp/write-protect/4k/1G/${id}`,
    title: `x86 TDP write-protect walk, full 1G of 4K pages, ${id}`,
    unit: "present entry",
    ...(id === "used-bitmap" ? { limit: 2 } : {}),
    prepare: () => {
      const full = fullGuest();
      const tree = full.clone();
      const iter = new TdpIter(tree, builtIn[id].variant);
      return {
        units: PAGES_1G,
        reset: () => tree.copyFrom(full),
        work: () => clearBitOfLeaves(iter, tree, 0, END, 1, WRITABLE),
        reference: writeProtectWalk(),
      };
    },
  };
}

/** The iterator entry by entry, with a body that only looks at the entry. */
function looking(id: BuiltInId): PerfCase {
  return {
    id: `x86-tdp/walk/4k/1G/${id}`,
    title: `x86 TDP walk entry by entry, full 1G of 4K pages, ${id}`,
    unit: "present entry",
    prepare: () => {
      const iter = new TdpIter(fullGuest(), builtIn[id].variant);
      return {
        units: PAGES_1G,
        reset: () => {},
        work: () => {
          let count = 0;
          for (let more = iter.start(0, END, 1); more; more = iter.next()) {
            if (iter.gated && !iter.enterBody()) continue;
            count += iter.spte & PRESENT;
          }
          present += count;
        },
        reference: walkEntryByEntry(),
      };
    },
  };
}

export const x86Cases: readonly PerfCase[] = [
  writeProtecting("baseline"),
  writeProtecting("used-bitmap"),
  looking("baseline"),
  looking("used-bitmap"),
];
