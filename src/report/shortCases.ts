import { groupBy, nonEmpty, zip } from "../lists.js";
import type { Mmu } from "../mmu/contract.js";
import type { RunResult, ScenarioResult } from "../results/types.js";
import { baseOf, type GridArguments, mainGrid } from "./caseGrids.js";
import { folded, grid } from "./grid.js";
import { assumedOf, scenarioParts } from "./scenarioText.js";
import type { Style } from "./style.js";
import { caseNotes } from "./verdictMarks.js";

/** A scenario of a result, and its runs: the baseline's and others. */
export interface CaseRuns {
  readonly scenario: ScenarioResult;
  readonly runs: readonly RunResult[];
}

/**
 * The cases of a sweep, in a few lines each: what all of them have in common is said once,
 * strategies with the same figures and verdict share a row, and cases with the same table share it.
 * Nothing exact is left out of what these tables have: counts of the split walk.
 */
export function shortCases(cases: readonly CaseRuns[], mmu: Mmu, style: Style): string[] {
  const parts = cases.map(({ scenario }) => scenarioParts(scenario, mmu));
  const [first, ...others] = nonEmpty(parts);
  const common = first.filter((part) => others.every((one) => one.includes(part)));
  const titled = zip(cases, parts).map(([one, all]) => {
    const own = all.filter((part) => !common.includes(part));
    const title = [style.chalk.bold(one.scenario.name), ...(own.length === 0 ? [] : [own.join(", ")])].join(": ");
    return { title, table: tableOf(one, mmu, style) };
  });
  return [
    `${cases.length} cases: ${common.join(", ")}`,
    ...[...groupBy(titled, ({ table }) => table)].map(([table, of]) =>
      [...of.map(({ title }) => title), table].join("\n"),
    ),
  ];
}

function tableOf({ scenario, runs }: CaseRuns, mmu: Mmu, style: Style): string {
  const base = baseOf(runs, mmu);
  const { same, columns, rows } = folded(...sharedRows(mainGrid(runs, base, mmu, [], style)));
  return [
    ...assumedOf(scenario).map((one) => style.chalk.yellow(`Assumed: ${one}`)),
    ...(same === "" ? [] : [`The same under every strategy: ${same}.`]),
    grid(columns, rows, style),
    ...caseNotes(runs, mmu, style).filter((line) => line !== ""),
  ].join("\n");
}

/** Strategies whose cells are all equal, the verdict's among them, in one row that names them. */
function sharedRows([columns, rows]: GridArguments): GridArguments {
  const shared = groupBy(rows, ([, ...cells]) => cells.join("\0"));
  return [columns, [...shared.values()].map((of) => [of.map(([name]) => name).join(", "), ...of[0].slice(1)])];
}
