import { formatSize, parseSize } from "../../guest/sizes.js";
import { groupBy } from "../../lists.js";
import { countAt } from "../../mmu/counters.js";
import type { ScenarioResult } from "../../results/types.js";

/** Cases that differ only in the axis: a panel of the small multiples. */
export interface Family {
  readonly title: string;
  readonly cases: readonly { readonly x: number; readonly scenario: ScenarioResult }[];
}

/** What changes along a sweep. */
export interface Axis {
  readonly name: string;
  readonly label: string;
  readonly log: boolean;
  readonly format: (x: number) => string;
  /** Fewer different places make no line. */
  readonly min: number;
  /** Where a case stands; undefined for one that has no place. */
  readonly of: (scenario: ScenarioResult) => number | undefined;
  /** What else tells cases apart. */
  readonly family: (scenario: ScenarioResult) => string;
}

const CHUNK: Axis = {
  name: "chunk",
  label: "chunk size",
  log: true,
  format: formatSize,
  min: 2,
  of: ({ variables }) => {
    const bytes = variables.chunk === undefined ? 0 : sizeOf(variables.chunk);
    return bytes > 0 ? bytes : undefined;
  },
  family: ({ name, workload, variables }) => [name, workload, ...otherVariables(variables, "chunk")].join(", "),
};

/** Entries of a table by granule: how many pages a block of the level above them maps. */
const ENTRIES: Readonly<Record<string, number>> = { "4K": 512, "16K": 2048, "64K": 8192 };

const COVERAGE: Axis = {
  name: "share of memory in blocks",
  label: "share of memory in blocks",
  log: false,
  format: (x) => `${Math.round(100 * x)}%`,
  min: 3,
  of: ({ initial, scenario }) => {
    const leaves = countAt(initial, "leaves");
    const entries = ENTRIES[String((scenario as { granule?: unknown } | null)?.granule)];
    if (leaves === null || typeof leaves !== "object" || entries === undefined) return undefined;
    const pages = Number(leaves["3"] ?? 0);
    const inBlocks = entries * Number(leaves["2"] ?? 0) + entries ** 2 * Number(leaves["1"] ?? 0);
    return pages + inBlocks === 0 ? undefined : inBlocks / (pages + inBlocks);
  },
  // What bench calls guests whose coverage it was given: `thp-1G-coverage0.5-seed1`.
  family: ({ name, workload, variables }) =>
    [name.replace(/-coverage[\d.]+-seed\d+/, ""), workload, ...otherVariables(variables, "")].join(", "),
};

/**
 * The axis along which cases are a sweep, and its panels: chunk sizes, else coverage; undefined
 * where they are none.
 */
export function sweepOf(
  cases: readonly ScenarioResult[],
): { readonly axis: Axis; readonly families: Family[] } | undefined {
  for (const axis of [CHUNK, COVERAGE]) {
    const families = familiesOf(cases, axis);
    if (families.length > 0) return { axis, families };
  }
  return undefined;
}

function familiesOf(cases: readonly ScenarioResult[], axis: Axis): Family[] {
  const placed = cases.flatMap((scenario) => {
    const x = axis.of(scenario);
    return x === undefined ? [] : [{ x, scenario }];
  });
  return [...groupBy(placed, ({ scenario }) => axis.family(scenario))]
    .filter(([, members]) => new Set(members.map(({ x }) => x)).size >= axis.min)
    .map(([title, members]) => ({ title, cases: members.sort((a, b) => a.x - b.x) }));
}

function otherVariables(variables: ScenarioResult["variables"], but: string): string[] {
  return Object.entries(variables).flatMap(([key, value]) => (key === but ? [] : [`${key} ${value}`]));
}

/** Bytes of a size that a result file names; 0 for what is none. */
function sizeOf(text: string): number {
  try {
    return parseSize(text);
  } catch {
    return 0;
  }
}
