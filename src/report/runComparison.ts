import type { NonEmpty } from "../lists.js";
import { columnsOf } from "./columns.js";
import { grid } from "./grid.js";
import { figureNamed, figureOf, type Row, type RunGroup } from "./runRows.js";
import type { Style } from "./style.js";
import { formatCount, formatNs } from "./units.js";

/** What lazy and eager splitting are set against each other by. */
const COMPARED = ["faults", "broadcast", "visits", "drops"];

/**
 * A row a phase and a column a chunk, for each figure that differs; phases in which it does not
 * differ are left out.
 */
export function comparison(groups: NonEmpty<RunGroup>, style: Style): string {
  const tables = groups.map(({ phases, totals }) => [...phases, ...totals]);
  const isLazy = ({ runs }: RunGroup) => runs[0].chunk === "0";
  const columns = columnsOf(
    [""],
    groups.map((group) => (isLazy(group) ? "chunk 0 (lazy)" : group.name)),
  );
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
    const figure = figureNamed(id);
    section(figure.title, (row) => figureOf(figure, row.counts), formatCount);
  }
  const { modelled, strategy } = groups[0].runs[0];
  if (modelled !== null) section(`modelled time, profile ${modelled.profile}`, (row) => row.ns!, formatNs);
  const what = groups.some(isLazy) ? "lazy against eager" : "eager splits against each other";
  const title = style.chalk.bold(`${strategy}: ${what}, by phase`);
  const left = same.length === 0 ? [] : [`The same in every phase: ${same.join("; ")}.`];
  if (lines.length === 0) return [title, ...left].join("\n");
  return [`${title} (phases that differ)`, ...lines, ...left.flatMap((line) => ["", line])].join("\n");
}
