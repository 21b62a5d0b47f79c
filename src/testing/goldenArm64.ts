import { isDeepStrictEqual } from "node:util";
import { lookUp } from "../lists.js";
import { runFlow } from "../mmu/arm64/flow.js";
import { arm64 } from "../mmu/arm64/mmu.js";
import type { VariantSpec } from "../mmu/arm64/scenario.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import type { Counts } from "../mmu/counters.js";
import { withoutZeros } from "../mmu/flow/withoutZeros.js";
import { atGoldenKeys, goldenFiles } from "./golden.js";
import { type GoldenFlow, keysOfFlows, normal, overridden } from "./goldenFlow.js";

interface GoldenSplit {
  name: string;
  scenario: { dirtyLog: object };
  initial: Counts;
  expected: Record<string, Counts>;
}

type Barriers = Record<string, Record<string, Counts>>;
type Joined = Record<string, Record<string, Counts & { barriers: Barriers }>>;

const WHOLE = { windowBytes: Number.POSITIVE_INFINITY };
const byId = new Map(strategies.map((strategy) => [strategy.id, strategy]));

/**
 * Holds the arm64 engine to the golden files: every count and digest under every strategy that a
 * file has. The tests of golden files compare the same, and say more of a difference.
 *
 * @returns what differs first, `group/file strategy`; null where all are met
 */
export function firstGoldenDifference(): { readonly what: string | null; readonly tried: number } {
  let tried = 0;
  for (const comparisons of [splitDifferences, joinedDifferences, barrierDifferences, flowDifferences]) {
    for (const [name, differs] of comparisons()) {
      tried++;
      if (differs()) return { what: name, tried };
    }
  }
  return { what: null, tried };
}

type Comparison = readonly [name: string, differs: () => boolean];

function* splitDifferences(): Generator<Comparison> {
  for (const group of ["arm64-split", "arm64-split-masks", "arm64-lpa2"]) {
    for (const { data } of goldenFiles<GoldenSplit>(group)) {
      const { "max-level": ofMaxLevel } = data.expected;
      // skip-level has max-level's counts.
      for (const [id, expected] of Object.entries({ ...data.expected, "skip-level": ofMaxLevel! })) {
        yield [`${group}/${data.name} ${id}`, () => !splits(data, id, expected)];
      }
      yield [`${group}/${data.name} split-mark`, () => !leavesBaselinesTree(data)];
    }
  }
}

function splits({ name, scenario, initial }: GoldenSplit, id: string, expected: Counts): boolean {
  const outcome = arm64.parse(scenario, name).run(lookUp(byId, id), { ...WHOLE, digest: true });
  return equal(outcome.initial, initial) && equal(atGoldenKeys(outcome.counts, expected), expected);
}

/** No kernel has split-mark, so that it has no counts of its own. */
function leavesBaselinesTree({ name, scenario, expected }: GoldenSplit): boolean {
  const final = { ...(expected.baseline!.final as Counts), digest: null };
  const { counts } = arm64.parse(scenario, name).run(lookUp(byId, "split-mark"), { ...WHOLE, digest: false });
  return equal(atGoldenKeys(counts.final, final), final);
}

const LIMITS: Readonly<Record<string, VariantSpec>> = {
  kernel: { clearRange: "word" },
  512: { clearRange: "2M" },
  chunk: { clearRange: "chunk" },
  ioctl: { clearRange: "ioctl" },
};

function* joinedDifferences(): Generator<Comparison> {
  for (const { data } of goldenFiles<{ name: string; scenario: GoldenSplit["scenario"]; expected: Joined }>(
    "arm64-clear-coalesced",
  )) {
    for (const [limit, byStrategy] of Object.entries(data.expected)) {
      for (const [id, { barriers: _, ...expected }] of Object.entries(byStrategy)) {
        const dirtyLog = { ...data.scenario.dirtyLog, ...LIMITS[limit] };
        const run = () => arm64.parse({ ...data.scenario, dirtyLog }, data.name).run(lookUp(byId, id)).counts;
        yield [
          `arm64-clear-coalesced/${data.name} ${limit} ${id}`,
          () => !equal(atGoldenKeys(run(), expected), expected),
        ];
      }
    }
  }
}

const PLACEMENTS: Readonly<Record<string, VariantSpec>> = {
  perCall: { dsb: "per-call" },
  perBlock: { dsb: "per-block" },
  perChange: { dsb: "per-change" },
};
const CONFIGS: Readonly<Record<string, VariantSpec>> = {
  "vhe+tlbirange": {},
  vhe: { tlbiRange: false },
  "nvhe+tlbirange": { nvhe: true },
  nvhe: { nvhe: true, tlbiRange: false },
};

function* barrierDifferences(): Generator<Comparison> {
  const [, , { data }] = goldenFiles<{ scenarios: Record<string, Record<string, Barriers>> }>("arm64-barriers") as [
    unknown,
    unknown,
    { data: { scenarios: Record<string, Record<string, Barriers>> } },
  ];
  const byName = new Map(goldenFiles<GoldenSplit>("arm64-split").map((one) => [one.data.name, one.data.scenario]));
  for (const [name, byStrategy] of Object.entries(data.scenarios)) {
    for (const [id, byConfig] of Object.entries(byStrategy)) {
      for (const [config, cpu] of Object.entries(CONFIGS)) {
        for (const [placement, dsb] of Object.entries(PLACEMENTS)) {
          const expected = byConfig[config]![placement];
          const run = () => issued(lookUp(byName, name), id, { ...cpu, ...dsb });
          yield [`arm64-barriers/${name} ${id} ${config} ${placement}`, () => !equal(run(), expected)];
        }
      }
    }
  }
}

function issued(scenario: GoldenSplit["scenario"], id: string, variant: VariantSpec): Counts {
  const dirtyLog = { ...scenario.dirtyLog, ...variant };
  const { counts } = arm64.parse({ ...scenario, dirtyLog }, "").run(lookUp(byId, id), { digest: false });
  const groups = ["barriers", "tlbiInstructions"].map((group) => [group, withoutZeros(counts[group] as Counts)]);
  return Object.fromEntries(groups);
}

function* flowDifferences(): Generator<Comparison> {
  const flows = goldenFiles<GoldenFlow>("arm64-flow").map(({ data }) => data);
  flows.sort((a, b) => pagesOf(a) - pagesOf(b));
  const keys = keysOfFlows(flows);
  const steps = (golden: GoldenFlow, id: string) =>
    runFlow(golden.input, lookUp(byId, id)).map((step) => normal(atGoldenKeys(step, keys)));
  for (const golden of flows) {
    const name = `arm64-flow/${golden.name}`;
    yield [`${name} baseline`, () => !equal(steps(golden, "baseline"), golden.baseline.map(normal))];
    // In guests of 1G baseline stands for all; each has a smaller twin.
    if (pagesOf(golden) > 2 ** 16) continue;
    for (const [id, overrides] of Object.entries(golden.strategies)) {
      const expected = () => overridden(golden, overrides).map(normal);
      yield [`${name} ${id}`, () => !equal(steps(golden, id), expected())];
    }
    const states = (all: readonly unknown[]) => all.map((step) => (step as { state: unknown }).state);
    const expected = () => states(golden.baseline.map(normal));
    yield [`${name} split-mark`, () => !equal(states(steps(golden, "split-mark")), expected())];
  }
}

const pagesOf = ({ input }: GoldenFlow): number => input.pagesPerVcpu * input.vcpus;

/**
 * A walk that goes wrong may end in an exception: that is a difference too, and the caller tells
 * it.
 */
const equal = (a: unknown, b: unknown): boolean => isDeepStrictEqual(a, b);
