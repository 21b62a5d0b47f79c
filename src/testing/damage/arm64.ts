import { readFileSync } from "node:fs";
import { withId } from "../../lists.js";
import { LOCKED_HI, MARK_HI, S2AP_WRITE } from "../../mmu/arm64/descriptor.js";
import { arm64Exhaustive } from "../../mmu/arm64/exhaustive/index.js";
import { CHUNKS } from "../../mmu/arm64/interleave/guests.js";
import { arm64Interleave } from "../../mmu/arm64/interleave/index.js";
import { Judge } from "../../mmu/arm64/interleave/judge.js";
import { Arm64Vm } from "../../mmu/arm64/interleave/vm.js";
import { layoutOf } from "../../mmu/arm64/layout.js";
import { arm64 } from "../../mmu/arm64/mmu.js";
import { drive, guestFor, outcomeOf } from "../../mmu/arm64/run.js";
import type { Arm64Scenario } from "../../mmu/arm64/scenario.js";
import { Stage2 } from "../../mmu/arm64/stage2.js";
import type { SplitStrategy } from "../../mmu/arm64/strategy.js";
import { StrictWatch } from "../../mmu/arm64/strict.js";
import { SKIP_SIBLINGS } from "../../mmu/arm64/walkRules.js";
import type { Finding } from "../../mmu/finding.js";
import { GUESTS, SCRIPTS } from "../../mmu/interleave/guests.js";
import type { Damages } from "./provoked.js";
import { quietDamages } from "./quietVm.js";

const byId = (id: string) => withId(arm64.strategies, id);

/**
 * A megabyte of pages, alone in its table, then two blocks; of the last 2M two pages are cleared.
 */
const SCENARIO = {
  granule: "4K",
  ipaBits: 40,
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
  dirtyLog: { mode: "clear", chunk: "2M" },
} as const;

/** A megabyte of pages that begins in the middle of a 2M range. */
const MIDDLE = {
  ...SCENARIO,
  memslots: [{ base: "0x40100000", segments: [{ map: "4K", size: "1M" }], dirty: { runs: [[0, 256]] } }],
} as const;

/** A scenario's guest, damaged when the work is done. @param before changes how it is done */
function damaged(
  damage: (tree: Tree) => void,
  strategy = "baseline",
  before?: (stage2: Stage2) => void,
  scenario: Arm64Scenario = SCENARIO,
): Finding[] {
  const stage2 = new Stage2(layoutOf(scenario), byId(strategy));
  const { regions } = guestFor(stage2, {});
  regions.buildAll();
  const watch = new StrictWatch(stage2);
  before?.(stage2);
  drive(stage2, (slot, work) =>
    regions.windows(slot, (start, end) => {
      work(start, end);
      damage(new Tree(stage2));
    }),
  );
  regions.finishAll();
  return [...outcomeOf(stage2, regions).findings, ...watch.findings(regions, true)];
}

/** A finished tree to be damaged: descriptors by the address that they cover. */
class Tree {
  constructor(readonly stage2: Stage2) {}

  /** Of the descriptor that covers an address at a level: its place. */
  at(address: number, level = 3): number {
    const { geometry, mem } = this.stage2;
    const gfn = address / geometry.pageBytes;
    let slot = Math.floor(gfn / geometry.spanPages[geometry.startLevel]!);
    for (let above = geometry.startLevel; above < level; above++) {
      const index = Math.floor(gfn / geometry.spanPages[above + 1]!) % geometry.entries;
      slot = mem.childOf(mem.words[2 * slot]!, mem.words[2 * slot + 1]!) * geometry.entries + index;
    }
    return 2 * slot;
  }

  /** Changes both words. */
  set(at: number, change: (lo: number, hi: number) => readonly [number, number]): void {
    const { words } = this.stage2.mem;
    words.set(change(words[at]!, words[at + 1]!), at);
  }
}

const PAGE = 0x40003000;
const EMPTY = 0x40140000;
const BLOCK = 0x40400000;
/** Of a valid descriptor: a page, not a block. */
const TABLE_BIT = 2;

/** As a file of `scenarios/` shows it under the first proposal. */
function shown(name: string): readonly Finding[] {
  const scenario: unknown = JSON.parse(
    readFileSync(new URL(`../../../scenarios/${name}.json`, import.meta.url), "utf8"),
  );
  return arm64.parse(scenario, name).run(byId("skip-return-rfc"), { strict: true }).findings;
}

/**
 * A strategy that passes over runs of tables which it enters one by one, on the scenario's guest.
 */
function passedInRuns(): readonly Finding[] {
  const strategy: SplitStrategy = { ...byId("baseline"), enter: () => true, pass: (_walker, _slot, count) => count };
  return arm64.parse(SCENARIO, "damaged").run(strategy, { strict: true }).findings;
}

/** A VM of the search through interleavings, damaged while all is quiet. */
function quiet(damage: (vm: Arm64Vm) => void): readonly Finding[] {
  const vm = new Arm64Vm(GUESTS[0]!, false, CHUNKS[0]!, byId("baseline"), "faults", {});
  vm.reset();
  damage(vm);
  return new Judge(vm).judge();
}

/** A split that comes to places where the lock is dropped for ever. */
function endless(): readonly Finding[] {
  class Endless extends Stage2 {
    override split(): void {
      for (;;) {
        this.counts.splitWalks++;
        this.otherParty?.(0);
      }
    }
  }
  const units = [{ guest: GUESTS[0]!, script: SCRIPTS[0]!, chunk: CHUNKS[0]! }];
  const makers = { stage2: (...given: ConstructorParameters<typeof Stage2>) => new Endless(...given) };
  const check = arm64Interleave({ actions: 0, dirtyTracking: "faults" }, units, makers).check(byId("baseline"));
  check.unit(0);
  return check.faults().map(({ finding }) => finding);
}

/** What the exhaustive search finds among its smallest trees where stage-2 is damaged. */
function searched(damage: (stage2: Stage2) => void): readonly Finding[] {
  const search = arm64Exhaustive(
    "small",
    () => () => [],
    (...given) => {
      const stage2 = new Stage2(...given);
      damage(stage2);
      return stage2;
    },
  );
  const check = search.check(byId("baseline"));
  for (let unit = 0; unit < 12; unit++) check.unit(unit);
  return check.faults().map(({ finding }) => finding);
}

/** Makes the block that is being broken valid again before its TLBI. */
function unbreak({ mem, splitWalker }: Stage2): void {
  const { lo, hi } = splitWalker;
  mem.words.set([lo, hi], mem.words.findIndex((word, i) => i % 2 === 1 && word === LOCKED_HI) - 1);
}

export const mmu = "arm64";

export const damages: Damages = {
  "unsplit-block": {
    provoke: () =>
      damaged(
        () => {},
        "baseline",
        (stage2) => {
          stage2.split = () => {};
        },
      ),
    says: "1 block unsplit, first at 0x40200000",
  },
  "lost-coverage": {
    provoke: () => damaged((tree) => tree.set(tree.at(PAGE), () => [0, 0])),
    says: "4K no longer mapped, first at 0x40003000",
  },
  "stray-mapping": {
    provoke: () => damaged((tree) => tree.set(tree.at(EMPTY), () => [tree.stage2.mem.words[tree.at(PAGE)]!, 0])),
    says: "4K mapped that was not, first at 0x40140000",
  },
  "stray-mapping, by a block that reaches beyond its memory": {
    provoke: () =>
      damaged((tree) => {
        const { words } = tree.stage2.mem;
        tree.set(tree.at(PAGE, 2), () => [words[tree.at(BLOCK, 2)]! - 0x400000, 0]);
      }),
    says: "2M mapped that was not, first at 0x40000000",
  },
  "stray-mapping, by a block that begins before its memory": {
    provoke: () =>
      damaged(
        (tree) => {
          const page = tree.stage2.mem.words[tree.at(0x40100000)]!;
          tree.set(tree.at(0x40100000, 2), () => [(page & ~TABLE_BIT) - 0x100000, 0]);
        },
        "baseline",
        undefined,
        MIDDLE,
      ),
    says: "2M mapped that was not, first at 0x40000000",
  },
  "wrong-output-address": {
    provoke: () => damaged((tree) => tree.set(tree.at(PAGE), (lo, hi) => [lo + 4096, hi])),
    says: "1 leaf wrong output address, first at 0x40003000",
  },
  "wrong-attributes": {
    provoke: () => damaged((tree) => tree.set(tree.at(PAGE), (lo, hi) => [lo ^ (1 << 2), hi])),
    says: "1 leaf wrong attributes, first at 0x40003000",
  },
  "not-write-protected": {
    provoke: () => damaged((tree) => tree.set(tree.at(PAGE), (lo, hi) => [lo | S2AP_WRITE, hi])),
    says: "1 leaf still writable, first at 0x40003000",
  },
  "needlessly-write-protected": {
    provoke: () => damaged((tree) => tree.set(tree.at(BLOCK, 2), (lo, hi) => [lo & ~S2AP_WRITE, hi])),
    says: "1 leaf write-protected needlessly, first at 0x40400000",
  },
  "left-locked": {
    provoke: () => damaged((tree) => tree.set(tree.at(PAGE), () => [0, LOCKED_HI])),
    says: "4K left locked, first at 0x40003000",
  },
  "table-linked-twice": {
    provoke: () =>
      damaged((tree) => {
        const { words } = tree.stage2.mem;
        const from = tree.at(PAGE, 2);
        tree.set(tree.at(0x40600000, 2), () => [words[from]!, words[from + 1]!]);
      }),
    says: "1 table linked twice, first at 0x40600000",
  },
  "tables-unaccounted": {
    provoke: () => damaged(({ stage2 }) => void stage2.cache.objects--),
    says: "table pages do not add up: 1 allocated, 1 linked",
  },
  "error-returned": {
    provoke: () =>
      damaged(({ stage2 }) => {
        stage2.counts.returnCode = -12;
      }),
    says: "returns -ENOMEM (-12)",
  },
  "tlbi-not-one": {
    provoke: () => damaged(({ stage2 }) => void stage2.counts.tlbi[2]!++),
    says: "1 block without exactly one TLBI",
  },
  "mark-inexact": {
    provoke: () => damaged((tree) => tree.set(tree.at(PAGE, 2), (lo, hi) => [lo, hi ^ MARK_HI]), "split-mark"),
    says: "1 mark wrong, first at 0x40000000",
  },
  "tlbi-wrong-ipa": {
    provoke: () => shown("fault-tlbi-wrong-ipa"),
    says: "1 TLBI to a wrong IPA, first 0x40400000 for 0x40200000",
  },
  "read-after-leave": { provoke: () => shown("fault-passed-over"), says: "1 entry read after the table was left" },
  "read-beside-address": {
    provoke: () => shown("fault-tlbi-wrong-ipa"),
    says: "1 entry read that is not at the walk's address",
  },
  ...quietDamages(quiet),
  "tables-not-linked": {
    provoke: () => quiet((vm) => void vm.stage2.mem.alloc()),
    says: "1 table pages in use, 0 linked",
  },
  "tlbi-before-break": {
    provoke: () =>
      searched((stage2) => {
        const { maintenance } = stage2;
        const byIpa = maintenance.byIpa.bind(maintenance);
        maintenance.byIpa = () => {
          unbreak(stage2);
          byIpa();
        };
      }),
    says: "TLBI before the break",
  },
  "no-barrier": {
    provoke: () =>
      searched(({ maintenance }) => {
        maintenance.storesDone = () => {};
      }),
    says: "no barrier after a split",
  },
  "not-flushed": {
    provoke: () =>
      searched((stage2) => {
        stage2.flushSlot = () => {};
      }),
    says: "slot not flushed",
  },
  "runs-differ, in the exhaustive search": {
    provoke: () =>
      searched(({ splitVisitor }) => {
        splitVisitor.pages = (walker) => {
          walker.went = 1;
          walker.code = SKIP_SIBLINGS;
          return 1;
        };
      }),
    says: "a walk by runs does otherwise",
  },
  "runs-differ": { provoke: passedInRuns, says: "a walk by runs does otherwise" },
  "unsplit-block, by a walk that is not watched": {
    provoke: passedInRuns,
    says: "1 block unsplit, first at 0x40200000",
  },
  "walk-never-ends": { provoke: endless, says: "the walk never ends" },
};
