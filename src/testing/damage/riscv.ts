import { readFileSync } from "node:fs";
import { nonEmpty, withId } from "../../lists.js";
import type { Finding } from "../../mmu/finding.js";
import { DirtyLog, drive } from "../../mmu/riscv/dirtyLog.js";
import { VALID, WRITE } from "../../mmu/riscv/entry.js";
import { ENTRIES, SPAN } from "../../mmu/riscv/geometry.js";
import { GStage } from "../../mmu/riscv/gstage.js";
import { riscvInterleave, UNITS } from "../../mmu/riscv/interleave/index.js";
import { Judge } from "../../mmu/riscv/interleave/judge.js";
import { RiscvVm } from "../../mmu/riscv/interleave/vm.js";
import { riscv } from "../../mmu/riscv/mmu.js";
import { parseRiscvScenario } from "../../mmu/riscv/parse.js";
import { findingsOf, setupOf } from "../../mmu/riscv/run.js";
import { linkedTables } from "../../mmu/riscv/scan.js";
import { strategies } from "../../mmu/riscv/strategies/index.js";
import { RegionedGuest } from "../../mmu/riscv/windows.js";
import type { Damages } from "./provoked.js";
import { quietDamages } from "./quietVm.js";

const baseline = withId(strategies, "baseline");

/** A megabyte of pages, alone in its table, then two blocks; of the last 2M nothing is cleared. */
const whole = parseRiscvScenario(
  {
    gstage: "sv39x4",
    memslots: [
      {
        base: "0x40000000",
        segments: [
          { map: "4K", size: "1M" },
          { map: "hole", size: "1M" },
          { map: "2M", size: "4M" },
        ],
        dirty: {
          runs: [
            [0, 256],
            [512, 512],
          ],
        },
      },
    ],
    dirtyLog: { mode: "clear", eagerSplit: true },
  },
  "damage",
).layout;

/** A megabyte of pages that begins in the middle of a 2M range. */
const middle = parseRiscvScenario(
  {
    gstage: "sv39x4",
    memslots: [{ base: "0x40100000", segments: [{ map: "4K", size: "1M" }], dirty: { runs: [[0, 256]] } }],
    dirtyLog: { mode: "clear", eagerSplit: true },
  },
  "damage",
).layout;

/** A guest, damaged when the work is done. */
function damaged(damage: (tree: Tree) => void, layout = whole): Finding[] {
  const gstage = new GStage(setupOf(layout), baseline.rules);
  const regions = new RegionedGuest(gstage, layout, Number.POSITIVE_INFINITY, false);
  regions.buildAll();
  drive(gstage, layout, (slot, work) =>
    regions.windows(slot, (start, end) => {
      work(start, end);
      damage(new Tree(gstage));
    }),
  );
  regions.finishAll();
  return findingsOf({ layout, gstage, regions, linked: linkedTables(layout.geometry, gstage.mem), after: null });
}

/** A finished tree to be damaged: entries by the address that they cover. */
class Tree {
  constructor(readonly gstage: GStage) {}

  at(address: number, level = 0): number {
    const { geometry, mem } = this.gstage;
    const gfn = address / 4096;
    let slot = Math.floor(gfn / SPAN[geometry.rootLevel]!);
    for (let above = geometry.rootLevel; above > level; above--) {
      const index = Math.floor(gfn / SPAN[above - 1]!) % ENTRIES;
      slot = mem.childOf(mem.words[2 * slot]!, mem.words[2 * slot + 1]!) * ENTRIES + index;
    }
    return 2 * slot;
  }

  set(at: number, change: (lo: number, hi: number) => readonly [number, number]): void {
    const { words } = this.gstage.mem;
    words.set(change(words[at]!, words[at + 1]!), at);
  }
}

const PAGE = 0x40003000;
const EMPTY = 0x40140000;
const BLOCK = 0x40400000;
const ACCESSED = 1 << 6;

/** What a file of `scenarios/` has noted under baseline. */
function noted(name: string): readonly Finding[] {
  const scenario: unknown = JSON.parse(
    readFileSync(new URL(`../../../scenarios/${name}.json`, import.meta.url), "utf8"),
  );
  return riscv.parse(scenario, name).run(baseline).notes ?? [];
}

const [UNIT] = nonEmpty(UNITS);

/** A VM of the search through interleavings, damaged while all is quiet. */
function quiet(damage: (vm: RiscvVm) => void): readonly Finding[] {
  const vm = new RiscvVm(UNIT.guest, false, UNIT.rhythm, baseline.rules);
  vm.reset();
  damage(vm);
  return new Judge(vm).judge();
}

/** A split that drops the lock for ever. */
function endless(): readonly Finding[] {
  const search = riscvInterleave({ actions: 0, dirtyTracking: "faults" }, [UNIT], (setup, rules) => {
    const gstage = new GStage(setup, rules);
    const log = new DirtyLog(gstage);
    log.splitter.advance = () => {
      for (;;) gstage.dropLock(0, true, 1);
    };
    return { gstage, log };
  });
  const check = search.check(baseline);
  check.unit(0);
  return check.faults().map(({ finding }) => finding);
}

export const mmu = "riscv";

export const damages: Damages = {
  "unsplit-block": {
    provoke: () => damaged((tree) => tree.set(tree.at(0x40200000, 1), () => leafOfBlock(tree, 1))),
    says: "1 block unsplit, first at 0x40200000",
  },
  "lost-coverage": {
    provoke: () => damaged((tree) => tree.set(tree.at(PAGE), () => [0, 0])),
    says: "4K no longer mapped, first at 0x40003000",
  },
  "stray-mapping": {
    provoke: () =>
      damaged((tree) => tree.set(tree.at(EMPTY), () => [tree.gstage.mem.words[tree.at(PAGE)]! | VALID, 0])),
    says: "4K mapped that was not, first at 0x40140000",
  },
  "stray-mapping, by a leaf that reaches beyond its memory": {
    provoke: () => damaged((tree) => tree.set(tree.at(PAGE, 1), () => leafOfBlock(tree, 2))),
    says: "2M mapped that was not, first at 0x40000000",
  },
  "stray-mapping, by a leaf that begins before its memory": {
    provoke: () =>
      damaged((tree) => {
        const page = tree.gstage.mem.words[tree.at(0x40100000)]!;
        tree.set(tree.at(0x40100000, 1), () => [page - (256 << 10), 0]);
      }, middle),
    says: "2M mapped that was not, first at 0x40000000",
  },
  "wrong-output-address": {
    provoke: () => damaged((tree) => tree.set(tree.at(PAGE), (lo, hi) => [lo + (1 << 10), hi])),
    says: "1 leaf wrong output address, first at 0x40003000",
  },
  "wrong-attributes": {
    provoke: () => damaged((tree) => tree.set(tree.at(PAGE), (lo, hi) => [lo ^ ACCESSED, hi])),
    says: "1 leaf wrong attributes, first at 0x40003000",
  },
  "not-write-protected": {
    provoke: () => damaged((tree) => tree.set(tree.at(PAGE), (lo, hi) => [lo | WRITE, hi])),
    says: "1 leaf still writable, first at 0x40003000",
  },
  "needlessly-write-protected": {
    provoke: () => damaged((tree) => tree.set(tree.at(BLOCK, 1), (lo, hi) => [lo & ~WRITE, hi])),
    says: "1 leaf write-protected needlessly, first at 0x40400000",
  },
  "tables-unaccounted": {
    provoke: () => damaged(({ gstage }) => void gstage.cache.pages--),
    says: "table pages do not add up: 1 allocated, 1 linked",
  },
  "stale-drop": { provoke: () => noted("riscv-stale-drops"), says: "mmu_lock dropped 2 times with splits unflushed" },
  "access-stuck": { provoke: () => noted("riscv-thp-stuck"), says: "2 accesses never end" },
  "tables-lost": { provoke: () => noted("riscv-thp-stuck"), says: "3 table pages lost" },
  ...quietDamages(quiet),
  "tables-not-linked": {
    provoke: () => quiet((vm) => void vm.gstage.mem.alloc()),
    says: "1 table pages in use, 0 linked",
  },
  "walk-never-ends": { provoke: endless, says: "the walk never ends" },
};

/** The block that is left, brought so many blocks down. */
function leafOfBlock(tree: Tree, blocks: number): readonly [number, number] {
  const { words } = tree.gstage.mem;
  const at = tree.at(BLOCK, 1);
  return [(words[at]! & ~WRITE) - blocks * (512 << 10), words[at + 1]!];
}
