import Table from "cli-table3";
import { zip } from "../lists.js";
import type { TableColumn } from "./columns.js";
import { displayWidth } from "./displayWidth.js";
import type { Style } from "./style.js";
import { brokenLine, indentOf } from "./wrapLines.js";

type Rows = readonly (readonly string[])[];

const GAP = "  ";
/** A cell of text is not broken into lines narrower than this, if it can be helped. */
const NARROW_TEXT = 24;
/**
 * Nor than this share of the widest cell of its column: in two lines, as a rule, but not in more.
 */
const NARROWEST_SHARE = 0.6;

const BLANK = Object.fromEntries([
  ["top", ""],
  ["top-mid", ""],
  ["top-left", ""],
  ["top-right", ""],
  ["bottom", ""],
  ["bottom-mid", ""],
  ["bottom-left", ""],
  ["bottom-right", ""],
  ["left", ""],
  ["left-mid", ""],
  ["mid", ""],
  ["mid-mid", ""],
  ["right", ""],
  ["right-mid", ""],
  ["middle", GAP],
] as const);

/**
 * A table without borders, as benchstat has them. Where the terminal is too narrow for it headings
 * are broken into lines, then cells of text, and then columns go into blocks below each other, each
 * with the first column. A figure is never broken.
 *
 * @param rows cells, already styled
 * @param keys how many of the first columns say what a row is: each block has them
 */
export function grid(columns: readonly TableColumn[], rows: Rows, style: Style, keys = 1): string {
  const layout = fitting(columns, rows, style.columns);
  if (layout !== null) return drawn(columns, rows, layout, style);
  return blocksOf(columns, rows, style.columns, keys)
    .map((block) => {
      const part = only(columns, block);
      const cells = rows.map((row) => only(row, block));
      return drawn(part, cells, fitting(part, cells, style.columns) ?? narrowest(part, cells), style);
    })
    .join("\n\n");
}

/** Whether a table has room in one block. */
export function fits(columns: readonly TableColumn[], rows: Rows, { columns: room }: Style): boolean {
  return fitting(columns, rows, room) !== null;
}

/** Whether a table has room in one block, with no heading and no cell broken. */
export function fitsUnbroken(columns: readonly TableColumn[], rows: Rows, { columns: room }: Style): boolean {
  return total(naturalWidths(columns, rows)) <= room;
}

/** A table without the columns that are equal in all of several rows, and what they are. */
export interface FoldedGrid {
  readonly columns: readonly TableColumn[];
  readonly rows: Rows;
  /** "TLBIs 512, tables 512"; empty where none is. */
  readonly same: string;
}

/**
 * Takes out columns of figures that are equal in all rows, each with the column of its changes:
 * they are said once.
 */
export function folded(columns: readonly TableColumn[], rows: Rows): FoldedGrid {
  const gone = new Set<number>();
  const same: string[] = [];
  for (const [i, { heading, figure }] of columns.entries()) {
    const [first, ...others] = cellsOf(rows, i);
    if (heading === "" || !figure || others.length === 0 || others.some((cell) => cell !== first)) continue;
    gone.add(i);
    const next = columns[i + 1];
    if (next?.heading === "" && next.figure) gone.add(i + 1);
    same.push(`${heading} ${first}`);
  }
  const kept = columns.flatMap((_, i) => (gone.has(i) ? [] : [i]));
  return { columns: only(columns, kept), rows: rows.map((row) => only(row, kept)), same: same.join(", ") };
}

/** Those of a list that stand at these places. */
function only<T>(list: readonly T[], places: readonly number[]): T[] {
  return list.filter((_, i) => places.includes(i));
}

function drawn(columns: readonly TableColumn[], rows: Rows, { widths, names }: Layout, style: Style): string {
  const sized = zip(columns, widths);
  const table = new Table({
    chars: BLANK,
    // cli-table3 colours head and borders even into a pipe unless these are empty.
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0, compact: true },
    head: sized.map(([{ heading }, width]) => style.chalk.bold(brokenCell(heading, width, BROKEN_HEADING))),
    colAligns: columns.map((column) => (column.figure ? "right" : "left")),
    rowAligns: ["bottom"],
  });
  for (const row of rows) {
    table.push(zip(row, sized).map(([cell, [{ figure }, width]]) => (figure ? cell : brokenCell(cell, width, names))));
  }
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/** Widths of columns, and the length from which on a name within is broken where its parts meet. */
interface Layout {
  readonly widths: readonly number[];
  readonly names: number;
}

/**
 * A layout within `room`, as little broken as can be: headings, then text, then names; null where
 * it takes more.
 */
function fitting(columns: readonly TableColumn[], rows: Rows, room: number): Layout | null {
  const whole = Number.POSITIVE_INFINITY;
  const steps: readonly Layout[] = [
    { widths: naturalWidths(columns, rows), names: whole },
    {
      widths: columns.map(({ heading }, i) => Math.max(longestWord(heading, BROKEN_HEADING), widestCell(rows, i))),
      names: whole,
    },
    { widths: leastWidths(columns, rows, () => NARROW_TEXT, whole), names: whole },
    { widths: leastWidths(columns, rows, halved, whole), names: whole },
    narrowest(columns, rows),
  ];
  const step = steps.findIndex(({ widths }) => total(widths) <= room);
  const [wider, found] = [steps[step - 1], steps[step]];
  if (wider === undefined || found === undefined) return found ?? null;
  return { ...found, widths: widened(found.widths, wider.widths, room) };
}

function narrowest(columns: readonly TableColumn[], rows: Rows): Layout {
  return { widths: leastWidths(columns, rows, halved, BROKEN_CELL), names: BROKEN_CELL };
}

function naturalWidths(columns: readonly TableColumn[], rows: Rows): number[] {
  return columns.map((column, i) => Math.max(displayWidth(column.heading), widestCell(rows, i)));
}

const halved = (widest: number) => Math.min(NARROW_TEXT, Math.ceil(NARROWEST_SHARE * widest));

/**
 * As narrow as columns can be.
 *
 * @param text how narrow one of text may be, by its widest cell
 * @param names length from which on names are broken
 */
function leastWidths(
  columns: readonly TableColumn[],
  rows: Rows,
  text: (widest: number) => number,
  names: number,
): number[] {
  return columns.map(({ heading, figure }, i) => {
    const widest = widestCell(rows, i);
    const min = longestWord(heading, BROKEN_HEADING);
    if (figure) return Math.max(min, widest);
    return Math.max(min, Math.min(text(widest), widest), ...cellsOf(rows, i).map((cell) => longestWord(cell, names)));
  });
}

/** Room that is left goes, a character at a time, to the column that lacks most. */
function widened(widths: readonly number[], wanted: readonly number[], room: number): number[] {
  const wide = [...widths];
  for (let left = room - total(wide); left > 0; left--) {
    const lacks = zip(wanted, wide).map(([want, width]) => want - width);
    const max = Math.max(...lacks);
    if (max <= 0) break;
    wide[lacks.indexOf(max)]!++;
  }
  return wide;
}

/**
 * Columns by block, as even as can be: the keys in each, and one without a heading with the one
 * before it.
 */
function blocksOf(columns: readonly TableColumn[], rows: Rows, room: number, keyCount: number): number[][] {
  const keys = columns.slice(0, keyCount).map((_, i) => i);
  const { widths } = narrowest(columns, rows);
  const groups: number[][] = [];
  for (const [i, { heading }] of columns.entries()) {
    if (i < keyCount) continue;
    const last = groups.at(-1);
    if (heading === "" && last !== undefined) last.push(i);
    else groups.push([i]);
  }
  const hasRoom = (block: readonly number[]) => total(only(widths, block)) <= room;
  const filled: number[][] = [];
  for (const group of groups) {
    const last = filled.at(-1);
    if (last !== undefined && hasRoom([...last, ...group])) last.push(...group);
    else filled.push([...keys, ...group]);
  }
  const each = Math.ceil(groups.length / filled.length);
  const even = filled.map((_, i) => [...keys, ...groups.slice(i * each, (i + 1) * each).flat()]);
  return even.every((block) => block.length > keyCount && hasRoom(block)) ? even : filled;
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);
}

function widestCell(rows: Rows, i: number): number {
  return Math.max(0, ...cellsOf(rows, i).map(displayWidth));
}

function cellsOf(rows: Rows, i: number): string[] {
  return rows.map((row) => row[i]!);
}

/** Names (of cases, of files) from this length on may be broken where their parts meet. */
const BROKEN_CELL = 17;
const BROKEN_HEADING = 9;
/** Marks such a place, behind the blank that stands for it. */
const MEET = "\u200b";
const BETWEEN_PARTS = /(?<=\S) \u200b/g;

/** Indentation counts: it is kept before what is broken. */
function longestWord(text: string, from: number): number {
  return indentOf(text).length + Math.max(...breakable(text, from).trim().split(" ").map(displayWidth));
}

function breakable(text: string, from: number): string {
  return text
    .split(" ")
    .map((word) => (word.length < from ? word : word.replace(/(?<=\w[-/,=_])(?=\w)/g, ` ${MEET}`)))
    .join(" ");
}

function brokenCell(cell: string, width: number, from: number): string {
  if (displayWidth(cell) <= width) return cell;
  return brokenLine(breakable(cell, from), width, "")
    .map((line) => line.replace(BETWEEN_PARTS, "").replaceAll(MEET, ""))
    .join("\n");
}
