import type { PricedRun } from "../cost/selftestTime.js";
import { parseSize } from "../guest/sizes.js";
import { countsOfStep, type FlowStep } from "../mmu/arm64/flowStep.js";
import { type Counts, totalAt } from "../mmu/counters.js";
import type { GuestMode } from "../selftest/guestModes.js";
import { isIn, type TotalId } from "../selftest/run.js";
import { type GridColumn, grid } from "./grid.js";
import type { Style } from "./style.js";
import { formatNs } from "./units.js";

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

/** What lazy and eager splitting are set against each other by. */
const COMPARED = ["faults", "broadcast", "visits", "drops"];

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

/** What the whole report needs besides the runs. */
export interface RunHeading {
  readonly mode: GuestMode | null;
  readonly iterations: number;
  readonly writePercent: number;
  readonly random: boolean;
  readonly whileDisabling: boolean;
}

/** Everything `s2split run` prints: what the test says of itself, each run by phase, and the runs against each other. */
export function runReport(runs: readonly PricedRun[], heading: RunHeading, style: Style): string {
  const parts = [headingText(runs[0]!, heading), ...runs.map((run) => detail(run, heading, style))];
  for (const strategy of new Set(runs.map((run) => run.strategy))) {
    const compared = runs.filter((run) => run.strategy === strategy);
    if (compared.length > 1) parts.push(comparison(compared, heading, style));
  }
  parts.push(style.chalk.dim(notes(runs, heading).join("\n")));
  return `${parts.join("\n\n")}\n`;
}

function headingText({ input }: PricedRun, heading: RunHeading): string {
  const starts = input.slots.map((slot) => Number(slot.base));
  const ends = input.slots.map((slot) => Number(slot.base) + parseSize(slot.size));
  const hex = (address: number) => `0x${address.toString(16)}`;
  return [
    `Test iterations: ${heading.iterations}`,
    heading.mode === null
      ? `IPA width ${input.ipaBits}, ${input.guestPage ?? input.granule} guest pages`
      : `Testing guest mode: ${heading.mode.label}`,
    `Random seed: ${hex(input.seed)}`,
    `guest physical test memory: [${hex(Math.min(...starts))}, ${hex(Math.max(...ends))})`,
    `${input.granule} granule; ${input.vcpus} vCPU${input.vcpus === 1 ? "" : "s"}, ${manualWords(input.manual)}`,
  ].join("\n");
}

function manualWords(manual: 0 | 1 | 3): string {
  if (manual === 0) return "no manual protect (-g)";
  return manual === 3 ? "manual protect, initially-all-set" : "manual protect";
}

/** "2M, bbm 2 (proposed)". */
export function caseName(run: PricedRun): string {
  return run.bbm === null ? `chunk ${run.chunk}` : `chunk ${run.chunk}, bbm ${run.bbm} (proposed)`;
}

interface Row {
  readonly label: string;
  readonly counts: Counts;
  readonly ns: number | null;
}

/** Rows of a run: its phases in the test's order, then the test's sums, then totals by who waits. */
function rowsOf(run: PricedRun, iterations: number): { readonly phases: Row[]; readonly totals: Row[] } {
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

function detail(run: PricedRun, heading: RunHeading, style: Style): string {
  const { phases, totals } = rowsOf(run, heading.iterations);
  const timed = run.modelled !== null;
  const columns: GridColumn[] = [
    { heading: "phase", figure: false },
    ...FIGURES.map((figure) => ({ heading: figure.heading, figure: true })),
    ...(timed ? [{ heading: "modelled", figure: true }] : []),
  ];
  const cells = ({ label, counts, ns }: Row) => [
    label,
    ...FIGURES.map((figure) => String(figureOf(figure, counts))),
    ...(ns === null ? [] : [formatNs(ns)]),
  ];
  const rows = [...phases.map(cells), ...totals.map(cells).map((row) => row.map((cell) => style.chalk.bold(cell)))];
  const kind = run.chunk === "0" ? "lazy: faults of the guest break the blocks" : "eager";
  return `${style.chalk.bold(`${run.strategy}, ${caseName(run)}`)}, ${kind}\n${grid(columns, rows, style)}`;
}

/** A row a phase and a column a chunk, for each figure that differs; phases in which it does not differ are left out. */
function comparison(runs: readonly PricedRun[], heading: RunHeading, style: Style): string {
  const tables = runs.map((run) => {
    const { phases, totals } = rowsOf(run, heading.iterations);
    return [...phases, ...totals];
  });
  const columns: GridColumn[] = [
    { heading: "", figure: false },
    ...runs.map((run) => ({ heading: run.chunk === "0" ? "chunk 0 (lazy)" : caseName(run), figure: true })),
  ];
  const lines: string[] = [];
  const same: string[] = [];
  const section = (title: string, value: (row: Row) => number, format: (value: number) => string) => {
    const rows = tables[0]!.flatMap((first, i) => {
      const values = tables.map((rows) => value(rows[i]!));
      return values.every((v) => v === values[0]) ? [] : [[first.label, ...values.map(format)]];
    });
    if (rows.length === 0) same.push(title);
    else lines.push("", style.chalk.bold(title), grid(columns, rows, style));
  };
  for (const id of COMPARED) {
    const figure = FIGURES.find((candidate) => candidate.heading === id)!;
    section(figure.title, (row) => figureOf(figure, row.counts), String);
  }
  const { modelled } = runs[0]!;
  if (modelled !== null) section(`modelled time, profile ${modelled.profile}`, (row) => row.ns!, formatNs);
  const lazy = runs.some((run) => run.chunk === "0");
  const what = lazy ? "lazy against eager" : "eager splits against each other";
  const title = style.chalk.bold(`${runs[0]!.strategy}: ${what}, by phase`);
  const left = same.length === 0 ? [] : [`The same in every phase: ${same.join("; ")}.`];
  if (lines.length === 0) return [title, ...left].join("\n");
  return [`${title} (phases that differ)`, ...lines, ...left.flatMap((line) => ["", line])].join("\n");
}

function notes(runs: readonly PricedRun[], heading: RunHeading): string[] {
  const lines = [
    "Counts are exact. broadcast: TLBIs by IPA, each two broadcasts on hardware; ranges: slot flushes and collapses; drops: of mmu_lock.",
  ];
  const { modelled, input } = runs[0]!;
  if (modelled !== null) {
    const guess = runs.some((run) => run.modelled!.restsOnAssumptions) ? ", in which some figures are assumed" : "";
    lines.push(
      `Times are modelled with profile ${modelled.profile}${guess} (s2split list profiles --long); of guests, summed over the vCPUs, ${input.vcpus === 1 ? "one" : `all ${input.vcpus}`} issuing TLBIs at once.`,
    );
    const unpriced = new Map(runs.flatMap((run) => run.modelled!.unpriced.map((one) => [one.counter, one.label])));
    if (unpriced.size > 0)
      lines.push(`Not included, for the profile has no price for: ${[...unpriced.values()].join("; ")}.`);
  }
  const promised = [
    ...(heading.writePercent > 0 && heading.writePercent < 100
      ? [{ option: `-w ${heading.writePercent}`, fault: "writes every page it touches" }]
      : []),
    ...(heading.random ? [{ option: "-a", fault: "touches one page only" }] : []),
  ];
  if (promised.length > 0) {
    const options = promised.map(({ option }) => option).join(" and ");
    const faults = promised.map(({ fault }) => fault).join(" and ");
    lines.push(
      `${options}: done here as promised; in Linux 7.3 the guest of the real test never gets the seed, and vCPU 0 ${faults}.`,
    );
  }
  if (heading.whileDisabling) {
    lines.push("-e: one pass of the guests, spread evenly over the time before, between and after the slots' ioctls.");
  }
  if (runs.some((run) => run.bbm !== null)) {
    lines.push(
      "bbm 2: proposed by Ricardo Koller on 2022-11-12 for CPUs with FEAT_BBM level 2; not in Linux. It changes eager splitting only.",
    );
  }
  return lines;
}
