import type { ModelledRun, PricedRun } from "../../cost/selftestTime.js";
import { groupBy, isNonEmpty, type NonEmpty, nonEmpty } from "../../lists.js";
import { columnsOf } from "../columns.js";
import { caseName, FIGURES, figureOf, figureOfStep, phaseWords } from "../runRows.js";
import { formatNs } from "../units.js";
import { loadPlot, type Plot } from "./charts/draw.js";
import { type PartsRow, partsChart } from "./charts/strategies.js";
import type { Cell, Group, Page, Section } from "./page.js";

/** Who waits: the parts of each bar. */
const WAITERS = [
  { id: "ioctl", label: "in ioctls: userspace waits" },
  { id: "guest", label: "in guests, once memory is populated" },
] as const;

/**
 * The page of the whole selftest: who waits for what, with eager splitting off and with each chunk.
 */
export async function runPage(runs: readonly PricedRun[]): Promise<Page> {
  const plot = await loadPlot();
  const [{ input }] = nonEmpty(runs);
  return {
    title: "dirty_log_perf_test, simulated",
    lead:
      "Lazy splitting (chunk 0) against eager, over the whole test: what the ioctls do, and what is left for the " +
      "guests.",
    facts: [
      { name: "Granule", value: input.granule },
      { name: "vCPUs", value: String(input.vcpus) },
      { name: "Memslots", value: String(input.slots.length) },
    ],
    groups: [...groupBy(runs, ({ strategy }) => strategy)].map(([strategy, own]) => strategyGroup(plot, strategy, own)),
    notes: [
      "Counts are exact: the same on every machine; the tests of s2split hold them equal to those of the " +
        "kernel's own code.",
    ],
  };
}

function strategyGroup(plot: Plot, strategy: string, runs: NonEmpty<PricedRun>): Group {
  const timed = runs.flatMap(({ modelled, ...run }) => (modelled === null ? [] : [{ ...run, modelled }]));
  return {
    title: strategy,
    sections: [...(isNonEmpty(timed) ? [timeSection(plot, strategy, timed)] : []), countsSection(plot, strategy, runs)],
  };
}

/** A drawing for each figure that there is any of. */
function countsSection(plot: Plot, strategy: string, runs: NonEmpty<PricedRun>): Section {
  const counted = FIGURES.filter((figure) =>
    runs.some(({ totals }) => WAITERS.some(({ id }) => figureOf(figure, totals[id]) > 0)),
  );
  const phases = runs[0].steps.map(({ phase }) => phaseWords(phase));
  return {
    ...common("What is done, and who waits for it", "counts, as each drawing says"),
    kind: "exact",
    figures: counted.map((figure) => {
      const rows = runs.map((run): PartsRow => {
        return { name: caseName(run), values: WAITERS.map(({ id }) => figureOf(figure, run.totals[id])), wrong: false };
      });
      return { title: capital(figure.title), svg: drawn(plot, strategy, figure.title, rows) };
    }),
    table: {
      columns: columnsOf(["figure", "case"], phases),
      rows: counted.flatMap((figure) =>
        runs.map((run): Cell[] => [
          figure.title,
          caseName(run),
          ...run.steps.map((step) => figureOfStep(figure, step)),
        ]),
      ),
    },
  };
}

function capital(text: string): string {
  return text.startsWith("mmu_lock") ? text : `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function timeSection(plot: Plot, strategy: string, runs: NonEmpty<PricedRun & { modelled: ModelledRun }>): Section {
  const rows = runs.map((run): PartsRow => {
    return { name: caseName(run), values: WAITERS.map(({ id }) => run.modelled.totalsNs[id]), wrong: false };
  });
  const columns = runs[0].steps.map(({ phase }) => phaseWords(phase));
  return {
    ...common("Modelled time", `nanoseconds, with profile ${runs[0].modelled.profile}; of guests summed over vCPUs`),
    kind: "modelled",
    figures: [{ title: "By chunk", svg: drawn(plot, strategy, "modelled time", rows, formatNs) }],
    table: {
      columns: columnsOf(["case"], columns),
      rows: runs.map((run): Cell[] => [
        caseName(run),
        ...run.modelled.stepsNs.map((value) => ({ value, text: formatNs(value) })),
      ]),
    },
  };
}

function common(title: string, unit: string) {
  return {
    title,
    see:
      "Eager splitting moves work from the guests to the ioctls; the shorter the whole bar, the less of it there " +
      "is.",
    unit,
    key: WAITERS.map(({ label }, i) => ({ label, mark: `p${i}`, shape: "box" as const })),
  };
}

function drawn(
  plot: Plot,
  strategy: string,
  what: string,
  rows: readonly PartsRow[],
  format?: (value: number) => string,
) {
  const told = rows.map(({ name, values }) => `${name}: ${values.map(format ?? String).join(" and ")}`);
  const text = {
    title: `${what} by chunk, under ${strategy}`,
    description: `In ioctls and in guests. ${told.join("; ")}.`,
  };
  return partsChart(
    plot,
    text,
    rows,
    WAITERS.map(({ label }) => label),
    format === undefined ? {} : { format },
  );
}
