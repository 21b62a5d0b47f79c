import { readFileSync } from "node:fs";
import { nonEmpty, withId } from "../../lists.js";
import type { Finding } from "../../mmu/finding.js";
import { buildTree } from "../../mmu/tdp/build.js";
import { tdpFindings, treesBefore } from "../../mmu/tdp/findings.js";
import { eachLeaf, eachTable } from "../../mmu/tdp/inspect.js";
import { UNITS } from "../../mmu/tdp/interleave/guests.js";
import { judge } from "../../mmu/tdp/interleave/judge.js";
import { SmallVm } from "../../mmu/tdp/interleave/vm.js";
import { x86Tdp } from "../../mmu/tdp/mmu.js";
import { parseTdpScenario } from "../../mmu/tdp/parse.js";
import { strategyFrom } from "../../mmu/tdp/strategy.js";
import { DIRTY, PFN_OFFSET, type TdpTree, WRITABLE } from "../../mmu/tdp/tree.js";
import { workOn } from "../../mmu/tdp/work.js";
import type { Damages } from "./provoked.js";

const byId = (id: string) => withId(x86Tdp.strategies, id);

/** A page, and from 2M on a huge page. */
const GUEST = {
  mmu: "x86-tdp",
  root: {
    rootLevel: 4,
    leaves: [
      { gfn: 3, level: 1, count: 1 },
      { gfn: 512, level: 2, count: 1 },
    ],
  },
};
const SPLIT = { ...GUEST, workload: "split", targetLevel: 1 };
const PROTECT = { ...GUEST, workload: "enable", pml: false, eager: true };
const CLEAN = { ...GUEST, workload: "enable", pml: true, eager: true };
const ZAP = { ...GUEST, workload: "zap" };

/** The guest, damaged when the work is done. */
function damaged(written: object, damage: (tree: TdpTree) => void): Finding[] {
  const scenario = parseTdpScenario(written, "damage");
  const trees = scenario.roots.map(buildTree);
  const before = treesBefore(trees);
  const work = workOn(scenario, trees, byId("baseline").variant);
  damage(nonEmpty(trees)[0]);
  return tdpFindings(scenario, trees, before, work);
}

/** The leaf that maps a frame: its place. */
function leafAt(tree: TdpTree, gfn: number): number {
  let found = -1;
  eachLeaf(tree, (at, _level, first) => {
    if (first === gfn) found = at;
  });
  return found;
}

/** A bit of the leaf of frame 700, set or taken when the work is done. */
function bitOf700(written: object, bit: number, set: boolean): Finding[] {
  return damaged(written, (tree) => {
    const at = leafAt(tree, 700);
    tree.words[at] = set ? tree.words[at]! | bit : tree.words[at]! & ~bit;
  });
}

function tableAt(tree: TdpTree, level: number): number {
  let found = -1;
  eachTable(tree, (table, of) => {
    if (of === level) found = table;
  });
  return found;
}

/** A VM of the search through interleavings, damaged while all is quiet. */
function quiet(damage: (vm: SmallVm) => void): readonly Finding[] {
  const unit = UNITS.find(({ script }) => script.steps[0] === "enable")!;
  const vm = new SmallVm(unit, byId("baseline").variant, { everyNPolls: 0 });
  vm.reset();
  damage(vm);
  return judge(vm);
}

const everySecond = strategyFrom({ id: "every-second", mmu: "x86-tdp", next: (_, index) => Math.min(512, index + 2) });

export const mmu = "x86-tdp";

export const damages: Damages = {
  livelock: {
    provoke: () => {
      const path = new URL("../../../scenarios/x86-zap-yield-livelock.json", import.meta.url);
      const scenario: unknown = JSON.parse(readFileSync(path, "utf8"));
      return x86Tdp.parse(scenario, "livelock").run(byId("skip-not-present-posted")).findings;
    },
    says: "livelock: no progress between yields",
  },
  "unsplit-huge-page": {
    provoke: () => damaged(SPLIT, (tree) => tree.setLeaf(tableAt(tree, 2) + 1, PFN_OFFSET + 512, WRITABLE | DIRTY)),
    says: "1 huge page unsplit, first at 0x200000",
  },
  "lost-page": {
    provoke: () => damaged(SPLIT, (tree) => tree.clearRun(leafAt(tree, 700), leafAt(tree, 700) + 2)),
    says: "8K no longer mapped, first at 0x2bc000",
  },
  "stray-page": {
    provoke: () => damaged(SPLIT, (tree) => tree.setLeaf(leafAt(tree, 3) + 1, PFN_OFFSET + 4, WRITABLE | DIRTY)),
    says: "4K mapped that was not, first at 0x4000",
  },
  "wrong-frame": {
    provoke: () => damaged(SPLIT, (tree) => void tree.pfns[leafAt(tree, 700)]!++),
    says: "4K mapped to another frame, first at 0x2bc000",
  },
  "still-writable": {
    provoke: () => bitOf700(PROTECT, WRITABLE, true),
    says: "4K still writable, first at 0x2bc000",
  },
  "write-protected-needlessly": {
    provoke: () => bitOf700(SPLIT, WRITABLE, false),
    says: "4K write-protected needlessly, first at 0x2bc000",
  },
  "still-dirty": {
    provoke: () => bitOf700(CLEAN, DIRTY, true),
    says: "4K still dirty, first at 0x2bc000",
  },
  "dirty-bit-lost": {
    provoke: () => bitOf700(SPLIT, DIRTY, false),
    says: "4K without its dirty bit, first at 0x2bc000",
  },
  "page-tables-unaccounted": {
    provoke: () => damaged(SPLIT, (tree) => tree.setTable(tableAt(tree, 2) + 9, tree.allocate(1))),
    says: "page tables do not add up: 6 linked",
  },
  "table-bookkeeping-wrong": {
    provoke: () => damaged(SPLIT, (tree) => void tree.used[tableAt(tree, 3) / 512]!++),
    says: "1 table with a wrong count or bitmap, first at 0x0",
  },
  "not-zapped": {
    provoke: () => damaged(ZAP, (tree) => tree.setTable(tree.root + 3, tree.allocate(3))),
    says: "1 entry not zapped, first at 0x18000000000",
  },
  "missed-entries": {
    provoke: () => x86Tdp.parse(ZAP, "zap").run(everySecond).findings,
    says: "2 entries missed by a pass, first at 0x3000",
  },
  "dirty-page-lost": {
    provoke: () =>
      quiet((vm) => {
        vm.logging = true;
        vm.dirty.fill(1);
        vm.dirty[5] = 0;
        vm.written[5] = 1;
      }),
    says: "dirty page lost at 0x1c6000",
  },
  "still-mapped": {
    provoke: () => quiet((vm) => void vm.gone.fill(1, 5, 6)),
    says: "4K still mapped, first at 0x1c6000",
  },
  "tables-not-linked": {
    provoke: () => quiet((vm) => void vm.tree.allocate(1)),
    says: "5 page tables in use, 4 linked",
  },
};
