import { withId } from "../lists.js";
import { adoptArm64Strategy } from "../mmu/arm64/adopt.js";
import { splitOnly, writeProtectOnly } from "../mmu/arm64/dirtyLog.js";
import { layoutOf } from "../mmu/arm64/layout.js";
import { runOn } from "../mmu/arm64/run.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { Stage2 } from "../mmu/arm64/stage2.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { type SplitStrategy, strategyFrom } from "../mmu/arm64/strategy.js";
import { CONTINUE, type WalkPosition } from "../mmu/arm64/walkRules.js";
import { REGION_BYTES, RegionedGuest } from "../mmu/arm64/windows.js";
import { scanOf } from "./bareScan.js";
import type { PerfCase, PreparedCase } from "./measure.js";

/** Targets, as ratios to the bare scan. */
const SPLIT_WALK_LIMIT = 4;
const WRITE_PROTECT_LIMIT = 5;
const BLOCK_2M_LIMIT = 512 * 8;
/** Of strategies that look at each page: what the kernel's C takes for an entry. */
const ENTRY_BY_ENTRY_LIMIT = 5;

function strategy(id: string): SplitStrategy {
  return withId(strategies, id);
}

function guest(map: string, size: string, more: Partial<Arm64Scenario["dirtyLog"]> = {}): Arm64Scenario {
  return {
    granule: "4K",
    ipaBits: 40,
    memslots: [{ base: "0x40000000", segments: [{ map, size }] }],
    dirtyLog: { mode: "enable", chunk: "1G", ...more },
  };
}

/** A guest whose whole tree is built. */
function built(scenario: Arm64Scenario, id: string | SplitStrategy): Stage2 {
  const stage2 = new Stage2(layoutOf(scenario), typeof id === "string" ? strategy(id) : id);
  new RegionedGuest(stage2, Number.POSITIVE_INFINITY, false).buildAll();
  return stage2;
}

const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);

/**
 * The split walk on a tree that is write-protected already; units are what `unitsOf` reads from the
 * counts of one run.
 */
function splitting(scenario: Arm64Scenario, id: string, unitsOf: (stage2: Stage2) => number): PreparedCase {
  const stage2 = built(scenario, id);
  writeProtectOnly(stage2);
  const before = stage2.snapshot();
  splitOnly(stage2);
  return {
    units: unitsOf(stage2),
    reset: () => stage2.restore(before),
    work: () => splitOnly(stage2),
    reference: scanOf(stage2),
  };
}

const inspected = (stage2: Stage2) => sum(stage2.counts.split.inspected);
const blocksBroken = (stage2: Stage2) => sum(stage2.counts.tlbi);

function splitWalk(size: string, id: string): PerfCase {
  return {
    id: `split-walk/4k/${size}/${id}`,
    title: `split walk, ${size} of 4K pages, ${id}`,
    unit: "inspected entry",
    ...(id === "baseline" ? { limit: SPLIT_WALK_LIMIT } : {}),
    prepare: () => splitting(guest("4K", size), id, inspected),
  };
}

/** Entries of one round, at least: a walk that is over in microseconds is made again and again. */
const ENTRIES_A_ROUND = 20_000;

/**
 * The split walk over pages under a strategy that steers it: it changes nothing, so that no copy of
 * the tree need displace it from the caches.
 */
function steeredWalk(title: string, steering: SplitStrategy, limit?: number): PerfCase {
  return {
    id: `split-walk/4k/1G/${title}`,
    title: `split walk, 1G of 4K pages, ${title}`,
    unit: "inspected entry",
    ...(limit === undefined ? {} : { limit }),
    prepare: () => {
      const stage2 = built(guest("4K", "1G"), steering);
      writeProtectOnly(stage2);
      stage2.resetCounts();
      splitOnly(stage2);
      const repeats = Math.ceil(ENTRIES_A_ROUND / inspected(stage2));
      const work = () => {
        for (let i = 0; i < repeats; i++) splitOnly(stage2);
      };
      stage2.resetCounts();
      work();
      return { units: inspected(stage2), reset: () => stage2.resetCounts(), work, reference: scanOf(stage2) };
    },
  };
}

const looksAtEachPage = { id: "each-page", summary: "looks at every page", afterVisit: () => CONTINUE };

function writeProtectWalk(size: string): PerfCase {
  return {
    id: `write-protect-walk/4k/${size}`,
    title: `write-protect walk, ${size} of 4K pages`,
    unit: "inspected entry",
    limit: WRITE_PROTECT_LIMIT,
    prepare: () => {
      const stage2 = built(guest("4K", size), "baseline");
      const before = stage2.snapshot();
      writeProtectOnly(stage2);
      return {
        units: sum(stage2.counts.writeProtect.inspected),
        reset: () => stage2.restore(before),
        work: () => writeProtectOnly(stage2),
        reference: scanOf(stage2),
      };
    },
  };
}

function splitBlocks(map: "2M" | "1G", id: string): PerfCase {
  return {
    id: `split/${map.toLowerCase()}/${id}`,
    title: `splitting a ${map} block, ${id}`,
    unit: `${map} block`,
    ...(map === "2M" ? { limit: BLOCK_2M_LIMIT } : {}),
    prepare: () => splitting(guest(map, "1G"), id, blocksBroken),
  };
}

const building: PerfCase = {
  id: "build/4k/1G",
  title: "building the tree, 1G of 4K pages",
  unit: "descriptor",
  prepare: () => {
    const stage2 = new Stage2(layoutOf(guest("4K", "1G")), strategy("baseline"));
    const empty = stage2.snapshot();
    const segment = stage2.layout.slots[0]!.segments[0]!;
    const work = () => stage2.populator.map(segment, segment.startGfn, segment.endGfn);
    work();
    const reference = scanOf(stage2);
    return { units: reference.units, reset: () => stage2.restore(empty), work, reference };
  },
};

const copying: PerfCase = {
  id: "copy/4k/1G",
  title: "copying the tree, 1G of 4K pages",
  unit: "descriptor",
  prepare: () => {
    const stage2 = built(guest("4K", "1G"), "baseline");
    const copy = stage2.snapshot();
    const reference = scanOf(stage2);
    return { units: reference.units, reset: () => {}, work: () => stage2.restore(copy), reference };
  },
};

/** All that a run does: region by region building, walks, sums and checks. */
const wholeRun: PerfCase = {
  id: "run/4k/4G/regions",
  title: "whole run in regions, 4G of 4K pages, baseline",
  unit: "page",
  prepare: () => {
    const scenario = guest("4K", "4G");
    const reference = scanOf(built(scenario, "baseline"));
    const work = () => {
      runOn(layoutOf(scenario), strategy("baseline"), { windowBytes: REGION_BYTES, digest: false });
    };
    return { units: 4 * 2 ** 18, reset: () => {}, work, reference };
  },
};

export const arm64Cases: readonly PerfCase[] = [
  splitWalk("1G", "baseline"),
  splitWalk("16G", "baseline"),
  writeProtectWalk("1G"),
  writeProtectWalk("16G"),
  // 4K pages are what the proposals are about; splitting is what remains when they are in.
  ...strategies
    .filter(({ id }) => id !== "baseline")
    .map((each) => steeredWalk(each.id, each, each.afterPage === undefined ? undefined : ENTRY_BY_ENTRY_LIMIT)),
  steeredWalk("looking at each page", strategyFrom(looksAtEachPage), ENTRY_BY_ENTRY_LIMIT),
  steeredWalk(
    "a custom strategy's hook at each page",
    adoptArm64Strategy(looksAtEachPage, "each.mjs"),
    ENTRY_BY_ENTRY_LIMIT,
  ),
  steeredWalk(
    "a custom strategy's hook at each table",
    adoptArm64Strategy({ id: "each-table", enter: (at: WalkPosition) => at.level < 2 }, "each.mjs"),
    ENTRY_BY_ENTRY_LIMIT,
  ),
  ...["baseline", "max-level", "skip-new-table"].map((id) => splitBlocks("2M", id)),
  ...["baseline", "max-level", "skip-new-table"].map((id) => splitBlocks("1G", id)),
  building,
  copying,
  wholeRun,
];
