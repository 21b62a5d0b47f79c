import type { Mmu } from "../../mmu/contract.js";
import { totalAt } from "../../mmu/counters.js";
import type { RunResult, ScenarioResult } from "../../results/types.js";
import { columnsOf } from "../columns.js";
import { sumAt } from "../sums.js";
import { formatChange } from "../units.js";
import { resultWords } from "../verdictWords.js";
import type { Plot } from "./charts/draw.js";
import { logChart, type PartsRow, partsChart } from "./charts/strategies.js";
import type { Cell, Figure, FigureTable, KeyEntry, Section } from "./page.js";

/** A part of what userspace waits for: a counter, and what it is called. */
interface Part {
  readonly path: string;
  readonly label: string;
  readonly unit: string;
}

/**
 * What a picture of strategies adds up: the parts of the whole where the MMU has one, else its
 * first headline figure.
 */
export function partsOf(mmu: Mmu): readonly Part[] {
  const { totals, columns, counters } = mmu;
  const whole = totals?.columns.find(({ heading }) => heading === totals.comparedHeading);
  const paths = whole?.paths ?? columns.slice(0, 1).map(({ path }) => path);
  return paths.map((path) => {
    const declaration = counters.find((counter) => counter.path === path);
    return { path, label: declaration?.label ?? path, unit: declaration?.unit ?? "" };
  });
}

/** Strategies on a case: the parts of the whole as bars, and each on a log scale. */
export function strategiesSection(
  plot: Plot | null,
  scenario: ScenarioResult,
  runs: readonly RunResult[],
  mmu: Mmu,
): Section {
  const parts = partsOf(mmu).filter(({ path }) => runs.some(({ counts }) => totalAt(counts, path) !== undefined));
  const rows: PartsRow[] = runs.map((run) => ({
    name: run.strategy,
    values: parts.map(({ path }) => totalAt(run.counts, path) ?? 0),
    wrong: run.findings.length > 0,
  }));
  const wrong = rows.some((row) => row.wrong);
  const see =
    parts.length > 1
      ? "Each bar is what userspace waits for: a strategy can shorten one part of it, and the other parts stay."
      : "Each bar is what the walks of one strategy went over.";
  return {
    title: "Strategies",
    see: `${see}${wrong ? " What is pale or hollow is of a wrong result: entries that were passed over are no gain." : ""}`,
    unit: parts[0]?.unit ?? "",
    kind: "exact",
    key: parts.map(({ label }, i): KeyEntry => ({ label, mark: `p${i}`, shape: "box" })),
    figures: plot === null ? [] : strategyFigures(plot, scenario, rows, parts),
    table: strategyTable(runs, mmu, parts),
  };
}

function strategyFigures(
  plot: Plot,
  scenario: ScenarioResult,
  rows: readonly PartsRow[],
  parts: readonly Part[],
): Figure[] {
  const labels = parts.map(({ label }) => label);
  const whole = parts.length > 1 ? "The whole, part by part" : (labels[0] ?? "");
  const of = `on ${scenario.name}, by strategy`;
  return [
    {
      title: whole,
      svg: partsChart(plot, { title: `${whole} ${of}`, description: describeRows(rows, labels) }, rows, labels),
    },
    {
      title: "The same on a log scale, each part alone",
      svg: logChart(
        plot,
        { title: `${labels.join(" and ")} ${of}, log scale`, description: describeRows(rows, labels) },
        rows,
        labels,
      ),
    },
  ];
}

/** The figures of a chart as a sentence; those that are many are in the table. */
function describeRows(rows: readonly PartsRow[], labels: readonly string[]): string {
  const told = rows
    .slice(0, 12)
    .map(({ name, values, wrong }) => `${name} ${values.join(" and ")}${wrong ? " (wrong)" : ""}`);
  return (
    `${labels.join(" and ")}: ` + `${told.join("; ")}${rows.length > 12 ? "; and more, see the table of figures" : ""}.`
  );
}

function strategyTable(runs: readonly RunResult[], mmu: Mmu, parts: readonly Part[]): FigureTable {
  const base = runs.find(({ strategy }) => strategy === mmu.baseline);
  const paths = parts.map(({ path }) => path);
  const labels = [...parts.map(({ label }) => label), ...(parts.length > 1 ? ["together"] : [])];
  const others = mmu.columns.filter(
    ({ path }) => !paths.includes(path) && runs.some(({ counts }) => totalAt(counts, path) !== undefined),
  );
  const figures = [...labels.flatMap((label) => [label, "change"]), ...others.map(({ heading }) => heading)];
  const rows = runs.map((run): Cell[] => [
    run.strategy,
    ...parts.flatMap(({ path }) => withChange(run, base, [path])),
    ...(parts.length > 1 ? withChange(run, base, paths) : []),
    ...others.map(({ path }) => totalAt(run.counts, path) ?? null),
    `${run.findings.length === 0 ? "" : "WRONG: "}${resultWords(run, mmu.findingWords)}`,
  ]);
  return { columns: columnsOf(["strategy"], figures, ["result"]), rows };
}

function withChange(run: RunResult, base: RunResult | undefined, paths: readonly string[]): Cell[] {
  const value = sumAt(run, paths);
  const before = base === undefined ? undefined : sumAt(base, paths);
  if (value === undefined) return [null, null];
  if (run === base || before === undefined) return [value, ""];
  return [value, { value: before === 0 ? 0 : (value - before) / before, text: formatChange(before, value) }];
}
