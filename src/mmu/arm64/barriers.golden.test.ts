import { describe, expect, it } from "vitest";
import { geometryOf } from "../../guest/geometry.js";
import { goldenFiles } from "../../testing/golden.js";
import { NIGHTLY } from "../../testing/nightly.js";
import { type Counts, newTally, tallyCounts } from "../counters.js";
import { withoutZeros } from "../flow/withoutZeros.js";
import { layoutOf } from "./layout.js";
import { FAULT_MAINTENANCE, Maintenance } from "./maintenance.js";
import { arm64 } from "./mmu.js";
import type { Arm64Scenario, VariantSpec } from "./scenario.js";
import { Stage2 } from "./stage2.js";
import { strategies } from "./strategies/index.js";

type Config = "vhe+tlbirange" | "vhe" | "nvhe+tlbirange" | "nvhe";

interface Scenarios {
  scenarios: Record<string, Record<string, Record<Config, Record<string, Counts>>>>;
}

interface Operations {
  operations: Record<string, Record<string, Record<Config, Counts>>>;
}

interface RangeFlush {
  pages: Record<string, Record<Config, Counts>>;
}

const [operations, rangeFlush, scenarios] = goldenFiles("arm64-barriers").map(({ data }) => data) as [
  Operations,
  RangeFlush,
  Scenarios,
];
const splits = new Map(
  goldenFiles<{ name: string; scenario: Arm64Scenario }>("arm64-split").map(({ data }) => [data.name, data.scenario]),
);
const CONFIGS: readonly Config[] = ["vhe+tlbirange", "vhe", "nvhe+tlbirange", "nvhe"];
const PLACEMENTS = { perCall: "per-call", perBlock: "per-block", perChange: "per-change" } as const;
/** From here on a guest takes long. */
const LARGE_PAGES = 2 ** 14;
const byId = new Map(strategies.map((strategy) => [strategy.id, strategy]));

const cpuOf = (config: Config) => ({ nvhe: config.startsWith("nvhe"), tlbiRange: config.endsWith("tlbirange") });

/** Barriers and instructions, without those that are 0; the golden files leave those out, too. */
function issued(counts: Counts, ...groups: string[]): Counts {
  return Object.fromEntries(groups.map((group) => [group, withoutZeros((counts[group] ?? {}) as Counts)]));
}

describe.each(Object.entries(scenarios.scenarios))("golden arm64-barriers: %s", (name, byStrategy) => {
  const scenario = splits.get(name)!;
  const pages = layoutOf(scenario).slots.reduce((sum, { startGfn, endGfn }) => sum + endGfn - startGfn, 0);

  function run(id: string, variant: VariantSpec): Counts {
    const dirtyLog = { ...scenario.dirtyLog, ...variant };
    const { counts } = arm64.parse({ ...scenario, dirtyLog }, name).run(byId.get(id)!, { digest: false });
    return issued(counts, "barriers", "tlbiInstructions");
  }

  // By day in the small guests alone: each golden of a large one has them, but for the size of its
  // segments.
  it.runIf(NIGHTLY || pages <= LARGE_PAGES)("strategies that are not listed issue what baseline does", () => {
    const expected = byStrategy.baseline!["vhe+tlbirange"].perCall;
    for (const { id } of strategies) if (byStrategy[id] === undefined) expect(run(id, {}), id).toEqual(expected);
  });

  it("each strategy issues what the kernel's code does, on every processor, wherever the barrier of a split stands", () => {
    for (const [k, [id, byConfig]] of Object.entries(byStrategy).entries()) {
      for (const [i, config] of CONFIGS.entries()) {
        for (const [j, [placement, dsb]] of Object.entries(PLACEMENTS).entries()) {
          // None depends on another: in large guests each is seen with some of the others.
          const seen = id === "baseline" ? (i + j) % 3 === 0 : (i + k) % 4 === 0 && (j + k) % 3 === 0;
          if (pages > LARGE_PAGES && !seen) continue;
          const expected = byConfig[config][placement];
          expect(run(id, { dsb, ...cpuOf(config) }), `${id} ${config} ${placement}`).toEqual(expected);
        }
      }
    }
  });

  it("of it the flushes of slots", () => {
    for (const config of CONFIGS) {
      const layout = layoutOf({ ...scenario, dirtyLog: { ...scenario.dirtyLog, ...cpuOf(config) } });
      const stage2 = new Stage2(layout, byId.get("baseline")!);
      for (const slot of layout.slots) {
        // A slot of which nothing is cleared is not flushed.
        if (layout.mode === "enable" || slot.dirty === null || slot.dirty.length > 0) stage2.flushSlot(slot);
      }
      const counts = tallyCounts(FAULT_MAINTENANCE, stage2.counts.maintenance, () => ({}));
      expect(issued(counts, "barriers", "tlbiInstructions")).toEqual(byStrategy.baseline![config].flush);
    }
  });
});

/** What an operation issues, on one processor. */
function counted(config: Config, features: string, work: (maintenance: Maintenance) => void): Counts {
  const tally = newTally(FAULT_MAINTENANCE, 4);
  const cpu = { ...cpuOf(config), fwb: features.startsWith("fwb"), dic: features.endsWith("dic") };
  work(new Maintenance(tally, cpu, null));
  return tallyCounts(FAULT_MAINTENANCE, tally, () => ({}));
}

describe.each(Object.entries(rangeFlush.pages))("a flush of %s pages", (pages, byConfig) => {
  it.each(CONFIGS)("issues on %s what the kernel's code does", (config) => {
    const counts = counted(config, "", (maintenance) => void maintenance.flush(0x40000, Number(pages)));
    const { hcrWrites: _, hypercalls: __, ...barriers } = counts.barriers as Counts;
    expect(issued({ ...counts, barriers }, "barriers", "tlbiInstructions")).toEqual(byConfig[config]);
  });
});

const PAGE = 2 ** 12;
const BLOCK = 2 ** 21;
const maps = (bytes: number, executable: boolean, before?: (m: Maintenance) => void) => (m: Maintenance) => {
  before?.(m);
  m.cleanData(bytes);
  if (executable) m.invalidateInstructions(bytes);
  m.storesDone();
};
const splitOf = (blocks: number) => (m: Maintenance) => {
  for (let block = 0; block < blocks; block++) m.byIpa();
  m.storesDone();
};
const nothing = () => {};

/**
 * By the rules of the kernel; where KVM unmaps depends on more, and this project does not unmap.
 */
const OPERATIONS: Readonly<Record<string, (m: Maintenance) => void>> = {
  "map-page-empty-table-rw": maps(PAGE, false),
  "map-page-empty-table-rwx": maps(PAGE, true),
  "map-page-no-tables-rw": maps(PAGE, false),
  "map-block-2M-no-tables-rw": maps(BLOCK, false),
  "map-block-2M-no-tables-rwx": maps(BLOCK, true),
  "map-page-over-block-2M-rw": maps(PAGE, false, (m) => m.byIpa()),
  "map-block-2M-over-table-rwx": maps(BLOCK, true, (m) => void m.flush(0x40000, 512)),
  "map-same-page-again-rwx": (m) => m.storesDone(),
  "map-other-page-over-page-rw": maps(PAGE, false, (m) => m.byIpa()),
  "relax-perms-write-page": (m) => m.byIpaLocal(),
  "relax-perms-exec-page": (m) => {
    m.invalidateInstructions(PAGE);
    m.byIpaLocal();
  },
  "relax-perms-nothing-mapped": (m) => m.byIpaLocal(),
  "wrprotect-512-pages": nothing,
  "wrprotect-block-1G": nothing,
  "split-block-2M": splitOf(1),
  "split-block-1G-513-pages": splitOf(1),
  "split-512-pages": splitOf(0),
};

describe.each(Object.entries(OPERATIONS))("the operation %s", (name, work) => {
  it("issues what the kernel's code does, on every processor, with and without FWB and DIC", () => {
    for (const [features, byConfig] of Object.entries(operations.operations[name]!)) {
      for (const config of CONFIGS) {
        const counts = issued(counted(config, features, work), "barriers", "tlbiInstructions", "cacheMaintenance");
        expect(counts, `${features} ${config}`).toEqual(byConfig[config]);
      }
    }
  });
});

describe("a range with LPA2", () => {
  it("begins at a multiple of 64K; pages before it go one by one", () => {
    const instructions = (startGfn: number, pages: number) => {
      const tally = newTally(FAULT_MAINTENANCE, 4);
      const { pageBytes } = geometryOf("4K", 40, true);
      new Maintenance(tally, { nvhe: false, tlbiRange: true, fwb: true, dic: true }, pageBytes).flush(startGfn, pages);
      return [tally.ipas2e1is, tally.ripas2e1is];
    };
    expect(instructions(0x40000, 512)).toEqual([0, 1]);
    expect(instructions(0x40001, 512)).toEqual([15 + 1, 2]);
    expect(instructions(0x4000f, 17)).toEqual([1, 1]);
    expect(instructions(0x40001, 3)).toEqual([3, 0]);
  });
});
