import { PAGE_LEVEL } from "../../guest/geometry.js";
import { formatSize, parseSize } from "../../guest/sizes.js";
import type { Mmu } from "../../mmu/contract.js";
import { totalAt } from "../../mmu/counters.js";
import type { RunResult, ScenarioResult } from "../../results/types.js";
import { sumAt } from "../benchTable.js";
import { formatChange } from "../units.js";
import { resultWords } from "../verdictWords.js";
import { type AddressMapRow, addressMapSvg } from "./addressMap.js";
import type { Plot } from "./charts/draw.js";
import { logChart, type PartsRow, partsChart } from "./charts/strategies.js";
import { addressMapRows, type MapBudget } from "./maps.js";
import type { Cell, Figure, KeyEntry, Section, TableColumn } from "./page.js";

/** A part of what userspace waits for: a counter, and what it is called. */
interface Part {
  readonly path: string;
  readonly label: string;
  readonly unit: string;
}

/** What a picture of strategies adds up: the parts of the whole where the MMU has one, else its first headline figure. */
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
    warnings: [],
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
  return `${labels.join(" and ")}: ${told.join("; ")}${rows.length > 12 ? "; and more, see the table of figures" : ""}.`;
}

function strategyTable(runs: readonly RunResult[], mmu: Mmu, parts: readonly Part[]): Section["table"] {
  const base = runs.find(({ strategy }) => strategy === mmu.baseline);
  const columns: TableColumn[] = [
    { heading: "strategy", figure: false },
    ...parts.flatMap(({ label }) => [
      { heading: label, figure: true },
      { heading: "change", figure: true },
    ]),
  ];
  const paths = parts.map(({ path }) => path);
  if (parts.length > 1) columns.push({ heading: "together", figure: true }, { heading: "change", figure: true });
  const others = mmu.columns.filter(
    ({ path }) => !paths.includes(path) && runs.some(({ counts }) => totalAt(counts, path) !== undefined),
  );
  columns.push(...others.map(({ heading }) => ({ heading, figure: true })), { heading: "result", figure: false });
  const rows = runs.map((run): Cell[] => [
    run.strategy,
    ...parts.flatMap(({ path }) => withChange(run, base, [path])),
    ...(parts.length > 1 ? withChange(run, base, paths) : []),
    ...others.map(({ path }) => totalAt(run.counts, path) ?? null),
    `${run.findings.length === 0 ? "" : "WRONG: "}${resultWords(run, mmu.findingWords)}`,
  ]);
  return { columns, rows };
}

function withChange(run: RunResult, base: RunResult | undefined, paths: readonly string[]): Cell[] {
  const value = sumAt(run, paths);
  const before = base === undefined ? undefined : sumAt(base, paths);
  if (value === undefined) return [null, null];
  if (run === base || before === undefined) return [value, ""];
  return [value, { value: before === 0 ? 0 : (value - before) / before, text: formatChange(before, value) }];
}

/** The address map of a case, or nothing where its MMU draws none. @param id unique within the page */
export function addressMapSection(
  scenario: ScenarioResult,
  runs: readonly RunResult[],
  mmu: Mmu,
  id: string,
  budget: MapBudget,
): Section | undefined {
  const rows = addressMapRows(scenario, runs, mmu, budget);
  if (rows.length === 0) return undefined;
  const levelName = levelNames(scenario);
  const levels = [
    ...new Set(rows.flatMap(({ map }) => map.slots.flatMap(({ bins }) => [...bins.before, ...bins.after]))),
  ];
  const wrong = rows.some(({ map }) => map.slots.some(({ bins }) => bins.unsplit.includes(true)));
  const key: KeyEntry[] = levels
    .filter((level) => level >= 0)
    .sort()
    .map((level) => ({ label: `mostly ${levelName(level)}s`, mark: `l${Math.min(level, PAGE_LEVEL)}`, shape: "box" }));
  if (levels.includes(-1)) key.push({ label: "mostly nothing mapped", mark: "hole", shape: "box" });
  if (wrong) key.push({ label: "blocks left unsplit", mark: "unsplit", shape: "stripes" });
  key.push({ label: "entries inspected by the split walks: the stronger, the more", mark: "heat", shape: "box" });
  return {
    title: "Address map",
    see: wrong
      ? "Guest memory from left to right: where a strip is striped, blocks that were to be split are still blocks, and the thin strip below shows that no walk inspected them."
      : "Guest memory from left to right, before and as each strategy left it; the thin strip below is stronger where the split walks inspected more.",
    unit: "bytes of guest memory; entries",
    kind: "exact",
    key,
    figures: [
      {
        title: `Guest memory of ${scenario.name}`,
        svg: addressMapSvg(rows, {
          title: `Address map of ${scenario.name}`,
          description: describeMap(rows),
          levelName,
          id,
        }),
        wide: true,
      },
    ],
    warnings: [],
    table: mapTable(rows, levelName),
  };
}

function describeMap(rows: readonly AddressMapRow[]): string {
  return rows.map(({ strategies, verdict: words }) => `${strategies.join(", ")}: ${words}`).join(". ");
}

/** Bins by what maps most of them: the figures of the picture. */
function mapTable(rows: readonly AddressMapRow[], levelName: (level: number) => string): Section["table"] {
  const body = rows.flatMap(({ strategies, map }) =>
    map.slots.flatMap(({ baseHex, binBytes, bins }): Cell[][] => {
      const before = tally(bins.before, levelName);
      const after = tally(bins.after, levelName);
      const inspected = bins.inspected.reduce((a, b) => a + b, 0);
      const unsplit = bins.unsplit.filter((left) => left).length;
      return [
        [strategies.join(", "), baseHex, formatSize(binBytes), bins.after.length, before, after, unsplit, inspected],
      ];
    }),
  );
  const text = (heading: string) => ({ heading, figure: false });
  const figure = (heading: string) => ({ heading, figure: true });
  return {
    columns: [
      text("strategy"),
      text("memslot"),
      text("bin"),
      figure("bins"),
      text("before, in bins"),
      text("after, in bins"),
      figure("bins with unsplit blocks"),
      figure("entries inspected, split walk"),
    ],
    rows: body,
  };
}

function tally(levels: readonly number[], levelName: (level: number) => string): string {
  const counts = new Map<number, number>();
  for (const level of levels) counts.set(level, (counts.get(level) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([level, count]) => `${count} of ${level < 0 ? "nothing" : `${levelName(level)}s`}`)
    .join(", ");
}

/** What a leaf of a level maps, with its size where the scenario names its granule. */
function levelNames(scenario: ScenarioResult): (level: number) => string {
  const { granule } = scenario.scenario as { granule?: unknown };
  if (typeof granule !== "string" || !/^(?:4|16|64)K$/.test(granule)) return (level) => `level ${level} leave`;
  const page = parseSize(granule);
  return (level) =>
    `${formatSize(page * (page / 8) ** (PAGE_LEVEL - level))} ${level === PAGE_LEVEL ? "page" : "block"}`;
}
