import { nonEmpty } from "../../lists.js";
import type { MemoryMap } from "../../mmu/contract.js";
import { endsOf, type MapRow } from "../mapRows.js";
import { type Canvas, keyText } from "./canvas.js";

/** A column of the drawing: what most of its bins are. */
interface Column {
  readonly before: number;
  readonly after: number;
  readonly unsplit: boolean;
  /** Entries inspected for each byte. */
  readonly density: number;
}

/**
 * Guest memory from left to right: before, and under each strategy as it was left, with how densely
 * it was inspected below.
 */
export function memoryMapText(rows: readonly MapRow[], levelName: (level: number) => string, canvas: Canvas): string {
  const { glyphs, style } = canvas;
  const drawn = rows.map((row) => ({ ...row, columns: columnsOf(row.map, canvas.columns) }));
  const densest = Math.max(...drawn.flatMap(({ columns }) => columns.map(({ density }) => density)));
  const glyph = (level: number) => (level < 0 ? glyphs.hole : glyphs.levels[Math.min(level, 3)]!);
  const levels = [
    ...new Set(drawn.flatMap(({ columns }) => columns.flatMap(({ before, after }) => [before, after]))),
  ].sort();
  const key = levels.map(
    (level) => `${level < 0 ? "(blank)" : glyph(level).repeat(2)} mostly ${level < 0 ? "nothing" : levelName(level)}`,
  );
  if (drawn.some(({ columns }) => columns.some(({ unsplit }) => unsplit)))
    key.push(`${glyphs.unsplit.repeat(2)} blocks left unsplit`);
  const shades = glyphs.shades.slice(1);
  key.push(`below: entries inspected, few ${shades[0]} to many ${shades.at(-1)}`);
  const [{ map, columns: before }] = nonEmpty(drawn);
  const [from, to] = endsOf(map);
  const lines = [keyText(key, canvas), "", "before", before.map((column) => glyph(column.before)).join("")];
  for (const { strategies, verdict, wrong, columns } of drawn) {
    const heading = `${strategies.join(", ")}: ${verdict}`;
    lines.push("", wrong ? style.chalk.red(heading) : heading);
    lines.push(
      columns.map(({ after, unsplit }) => (unsplit ? style.chalk.red(glyphs.unsplit) : glyph(after))).join(""),
    );
    lines.push(
      columns
        .map(({ density }) => glyphs.shades[shadeOf(density, densest, glyphs.shades.length - 1)]!)
        .join("")
        .trimEnd(),
    );
  }
  lines.push(`${from}${to.padStart(Math.max(to.length + 1, before.length - from.length))}`);
  return lines.join("\n");
}

/** A factor of 4 a shade; anything that was inspected is seen. */
function shadeOf(density: number, densest: number, max: number): number {
  if (density === 0) return 0;
  return Math.max(1, Math.round(max + Math.log(density / densest) / Math.log(4)));
}

/** The memslots one after the other, a column for about as many bytes. */
function columnsOf({ slots }: MemoryMap, width: number): Column[] {
  const bytes = slots.reduce((sum, slot) => sum + slot.bytes, 0);
  return slots.flatMap((slot) => {
    const count = Math.min(slot.bins.after.length, Math.max(1, Math.floor((width * slot.bytes) / bytes)));
    return Array.from({ length: count }, (_, column): Column => {
      const from = Math.floor((column * slot.bins.after.length) / count);
      const to = Math.max(from + 1, Math.floor(((column + 1) * slot.bins.after.length) / count));
      const here = <T>(values: readonly T[]) => values.slice(from, to);
      const size = Math.min(slot.bytes, to * slot.binBytes) - from * slot.binBytes;
      return {
        before: commonest(here(slot.bins.before)),
        after: commonest(here(slot.bins.after)),
        unsplit: here(slot.bins.unsplit).includes(true),
        density: here(slot.bins.inspected).reduce((a, b) => a + b, 0) / size,
      };
    });
  });
}

/** The value that occurs most; of equals the first. */
function commonest(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((a, b) => (b[1] > a[1] ? b : a))[0];
}
