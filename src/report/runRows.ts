import type { PricedRun } from "../cost/selftestTime.js";
import { groupBy, listed, type NonEmpty } from "../lists.js";
import { countsOfStep, type FlowStep } from "../mmu/arm64/flowStep.js";
import { type Counts, totalAt } from "../mmu/counters.js";
import { isIn, type TotalId } from "../selftest/run.js";

/** A figure of a phase: a sum over counter paths of the flows. */
export interface Figure {
  readonly heading: string;
  /** In a sentence. */
  readonly title: string;
  readonly paths: readonly string[];
}

const WALKS = ["writeProtect", "split", "split/nested", "map", "relax", "freeWalk"];

export const FIGURES: readonly Figure[] = [
  { heading: "faults", title: "guest faults", paths: ["faults"] },
  { heading: "visits", title: "visitor calls, all walks", paths: WALKS.map((walk) => `${walk}/visits`) },
  { heading: "stores", title: "descriptor stores", paths: WALKS.map((walk) => `${walk}/pteStores`) },
  { heading: "broadcast", title: "broadcast TLBIs by IPA", paths: ["split/tlbi", "tlbi"] },
  { heading: "ranges", title: "TLBIs of a range", paths: ["flush/rangeCalls", "tlbiRange"] },
  { heading: "local", title: "local TLBIs", paths: ["tlbiLocal"] },
  { heading: "tables", title: "tables allocated", paths: ["split/tablesAllocated", "tablesAllocated"] },
  { heading: "drops", title: "mmu_lock drops to top the split cache up", paths: ["split/lockDrops"] },
];

export function figureNamed(heading: string): Figure {
  const found = FIGURES.find((figure) => figure.heading === heading);
  if (found === undefined) throw new RangeError(`no figure ${heading}`);
  return found;
}

export function figureOf(figure: Figure, counts: Counts): number {
  return figure.paths.reduce((sum, path) => sum + (totalAt(counts, path) ?? 0), 0);
}

/** A figure of one step. */
export function figureOfStep(figure: Figure, step: FlowStep): number {
  return figureOf(figure, countsOfStep(step));
}

/** The test's own words for a step, and ours where it has none. */
export function phaseWords(phase: string): string {
  const iteration = /^(dirty|get|clear)(\d+)$/.exec(phase);
  if (iteration !== null) {
    const what = { dirty: "dirty memory", get: "get dirty log", clear: "clear dirty log" }[iteration[1]!];
    return `Iteration ${iteration[2]} ${what}`;
  }
  const words: Readonly<Record<string, string>> = {
    populate: "Populate memory",
    enable: "Enabling dirty logging",
    disable: "Disabling dirty logging",
    destroy: "End of the VM",
    while_disabling: "Guests while disabling (-e)",
    after_disable: "First accesses after disable",
  };
  return words[phase] ?? phase;
}

/** "2M, bbm 2 (proposed)". */
export function caseName(run: PricedRun): string {
  return run.bbm === null ? `chunk ${run.chunk}` : `chunk ${run.chunk}, bbm ${run.bbm} (proposed)`;
}

/** A line of the table: a phase or a sum. */
export interface Row {
  readonly label: string;
  readonly counts: Counts;
  readonly ns: number | null;
}

/**
 * Rows of a run: its phases in the test's order, then the test's sums, then totals by who waits.
 */
export function rowsOf(run: PricedRun, iterations: number): { readonly phases: Row[]; readonly totals: Row[] } {
  const phases = run.steps.map((step: FlowStep, i) => ({
    label: phaseWords(step.phase),
    counts: countsOfStep(step),
    ns: run.modelled?.stepsNs[i] ?? null,
  }));
  const total = (id: TotalId, label: string): Row[] =>
    run.steps.some((step) => isIn(id, step))
      ? [{ label, counts: run.totals[id], ns: run.modelled?.totalsNs[id] ?? null }]
      : [];
  return {
    phases,
    totals: [
      ...total("get", `Get dirty log over ${iterations} iterations`),
      ...total("clear", `Clear dirty log over ${iterations} iterations`),
      ...total("guest", "Guests, after populating"),
      ...total("ioctl", "Ioctls"),
      ...total("whole", "Whole, populating included"),
    ],
  };
}

/** Runs whose tables would be equal, by what tells them apart. */
export interface RunGroup {
  /** "chunks 4K, 2M and 1G". */
  readonly name: string;
  readonly runs: NonEmpty<PricedRun>;
  readonly phases: readonly Row[];
  readonly totals: readonly Row[];
}

/** Runs of one strategy, those that count and take the same together, in their order. */
export function groupsOf(runs: readonly PricedRun[], iterations: number): RunGroup[] {
  const byTable = groupBy(runs, (run) => {
    const rows = Object.values(rowsOf(run, iterations)).flat();
    const table = rows.map(({ counts, ns }) => [...FIGURES.map((figure) => figureOf(figure, counts)), ns]);
    // Lazy and eager splitting are what is compared.
    return JSON.stringify([run.chunk === "0", ...table]);
  });
  return [...byTable.values()].map((own) => ({ name: groupName(own), runs: own, ...rowsOf(own[0], iterations) }));
}

function groupName(runs: readonly PricedRun[]): string {
  if (runs.length > 1 && runs.every(({ bbm }) => bbm === null)) {
    return `chunks ${listed(runs.map(({ chunk }) => chunk))}`;
  }
  return listed(runs.map(caseName));
}
