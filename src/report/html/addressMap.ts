import { PAGE_LEVEL } from "../../guest/geometry.js";
import { formatAddress, formatSize } from "../../guest/sizes.js";
import { nonEmpty, zip } from "../../lists.js";
import type { MemoryMap, MemoryMapSlot } from "../../mmu/contract.js";
import { endsOf, type MapRow } from "../mapRows.js";
import { type Insert, type Markup, markup } from "./markup.js";
import { grouped } from "./numbers.js";

export interface AddressMapOptions {
  readonly title: string;
  readonly description: string;
  /** What leaves of a level map: "2M blocks", "4K pages". */
  readonly levelName: (level: number) => string;
  /** Unique within the page: names the stripes. */
  readonly id: string;
  /** Of the whole picture, where it is a file of its own; else it takes the width that there is. */
  readonly width?: number;
}

const STRIP = 20;
const HEAT = 9;
const LINE = 16;
const GAP = 12;
/** A label's line has so many letters at most, so that it fits 340 pixels. */
const LETTERS = 45;
/** Per cent of the width between two memslots. */
const SLOT_GAP = 1.5;
/** Shades of the strip of inspected entries. */
const SHADES = 8;

/**
 * Guest memory along one axis: as it was before, and as each strategy left it, with a strip below
 * that is darker where the split walks inspected more. Places are per cent and heights are pixels,
 * so that it fits any width without text being scaled.
 */
export function addressMapSvg(rows: readonly MapRow[], options: AddressMapOptions): Markup {
  const [{ map: first }] = nonEmpty(rows);
  const spans = slotSpans(first);
  const densest = Math.max(...rows.flatMap(({ map }) => map.slots.flatMap(densities)));
  const parts: Markup[] = [];
  let y = 0;
  parts.push(labels(["before"], "", y, false));
  y += LINE + 4;
  parts.push(
    markup`${zip(first.slots, spans).map(([slot, span]) => levelStrip(slot, span, y, slot.bins.before, null, "before", options))}`,
  );
  y += STRIP + GAP;
  for (const row of rows) {
    const lines = labelLines(row);
    parts.push(labels(lines, row.verdict, y, row.wrong));
    y += LINE * lines.length + 4;
    for (const [slot, span] of zip(row.map.slots, spans)) {
      parts.push(levelStrip(slot, span, y, slot.bins.after, slot.bins.unsplit, "after", options));
      parts.push(heatStrip(slot, span, y + STRIP + 2, densest));
    }
    y += STRIP + 2 + HEAT + GAP;
  }
  parts.push(axis(first, spans, y - 4));
  y += LINE + 4;
  const id = options.id;
  return markup`<svg class="map" role="img" aria-labelledby="${id}-t ${id}-d" width="${options.width ?? "100%"}" height="${y}" xmlns="http://www.w3.org/2000/svg"><title id="${id}-t">${options.title}</title><desc id="${id}-d">${options.description}</desc><defs><pattern id="${id}-s" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" class="stripe-ground"/><rect width="2.5" height="6" class="stripe"/></pattern></defs>${parts}</svg>`;
}

/** Left end and width of each slot, in per cent. */
function slotSpans(map: MemoryMap): readonly (readonly [number, number])[] {
  const bytes = map.slots.reduce((sum, slot) => sum + slot.bytes, 0);
  const gap = Math.min(SLOT_GAP, 20 / map.slots.length);
  const room = 100 - gap * (map.slots.length - 1);
  let at = 0;
  return map.slots.map((slot) => {
    const width = (room * slot.bytes) / bytes;
    const span = [at, width] as const;
    at += width + gap;
    return span;
  });
}

function labelLines({ strategies, verdict }: MapRow): string[] {
  const names = strategies.map((name, i) => (i === strategies.length - 1 ? `${name}:` : `${name},`));
  const lines: string[] = [];
  for (const word of [...names, ...verdict.split(" ")]) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= LETTERS) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function labels(lines: readonly string[], _verdict: string, y: number, wrong: boolean): Markup {
  return markup`${lines.map((line, i) => markup`<text x="0" y="${y + 12 + i * LINE}"${wrong && markup` class="wrong"`}>${line}</text>`)}`;
}

/** Neighbouring bins that look the same are one rectangle. */
function levelStrip(
  slot: MemoryMapSlot,
  span: readonly [number, number],
  y: number,
  levels: readonly number[],
  unsplit: readonly boolean[] | null,
  when: string,
  { levelName, id }: AddressMapOptions,
): Markup {
  const kinds = levels.map((level, bin) => (unsplit?.[bin] === true ? `u${level}` : String(level)));
  return markup`${runs(kinds).map(([from, to]) => {
    const left = unsplit?.[from] === true;
    const level = levels[from]!;
    const what = level < 0 ? "nothing mapped" : `mostly ${levelName(level)}`;
    const inspected = slot.bins.inspected.slice(from, to).reduce((a, b) => a + b, 0);
    const more = when === "before" ? "" : `; ${grouped(inspected)} entries inspected by the split walks`;
    const title = `${rangeText(slot, from, to)}: ${when}, ${what}${left ? ", with blocks left unsplit" : ""}${more}`;
    return rectangle(slot, span, from, to, y, STRIP, {
      className: left ? "unsplit" : level < 0 ? "hole" : `l${Math.min(level, PAGE_LEVEL)}`,
      title,
      more: left ? markup` fill="url(#${id}-s)"` : undefined,
    });
  })}`;
}

function heatStrip(slot: MemoryMapSlot, span: readonly [number, number], y: number, densest: number): Markup {
  const shades = densities(slot).map((density) => shadeOf(density, densest));
  return markup`${runs(shades).map(([from, to, shade]) => {
    const inspected = slot.bins.inspected.slice(from, to).reduce((a, b) => a + b, 0);
    const title = `${rangeText(slot, from, to)}: ${grouped(inspected)} entries inspected by the split walks`;
    const opacity = markup` fill-opacity="${Number((shade / SHADES).toFixed(2))}"`;
    return rectangle(slot, span, from, to, y, HEAT, {
      className: shade === 0 ? "cold" : "heat",
      title,
      more: shade > 0 && opacity,
    });
  })}`;
}

/** Inspected entries for each 4 KiB of a bin. */
function densities(slot: MemoryMapSlot): number[] {
  return slot.bins.inspected.map((count, bin) => count / Math.min(slot.binBytes, slot.bytes - bin * slot.binBytes));
}

/** By orders of magnitude: one shade for each factor of 4 below the densest. */
function shadeOf(density: number, densest: number): number {
  if (density === 0) return 0;
  return Math.max(1, Math.round(SHADES + Math.log(density / densest) / Math.log(4)));
}

function rectangle(
  slot: MemoryMapSlot,
  [left, width]: readonly [number, number],
  from: number,
  to: number,
  y: number,
  height: number,
  { className, title, more }: { className: string; title: string; more: Insert },
): Markup {
  const x = left + (width * from * slot.binBytes) / slot.bytes;
  const end = left + (width * Math.min(slot.bytes, to * slot.binBytes)) / slot.bytes;
  return markup`<rect class="${className}" x="${percent(x)}" y="${y}" width="${percent(end - x)}" height="${height}"${more}><title>${title}</title></rect>`;
}

function axis(map: MemoryMap, spans: readonly (readonly [number, number])[], y: number): Markup {
  const lastSpan = spans.at(-1)!;
  const [start, end] = endsOf(map);
  const slots = map.slots.length > 1 ? `${map.slots.length} memslots, ` : "";
  const bytes = formatSize(map.slots.reduce((sum, slot) => sum + slot.bytes, 0));
  return markup`<text class="tick" x="0" y="${y + 12}">${start}</text><text class="tick" x="50%" y="${y + 12}" text-anchor="middle">${slots}${bytes}</text><text class="tick" x="${percent(lastSpan[0] + lastSpan[1])}" y="${y + 12}" text-anchor="end">${end}</text>`;
}

/** The ranges `[from, to)` of equal neighbours, and what they are. */
function runs<T>(values: readonly T[]): readonly (readonly [from: number, to: number, value: T])[] {
  const out: [number, number, T][] = [];
  for (const [i, value] of values.entries()) {
    const last = out.at(-1);
    if (last !== undefined && last[2] === value) last[1] = i + 1;
    else out.push([i, i + 1, value]);
  }
  return out;
}

function rangeText(slot: MemoryMapSlot, from: number, to: number): string {
  const base = Number(slot.baseHex);
  const end = Math.min(slot.bytes, to * slot.binBytes);
  return (
    `${formatAddress(base + from * slot.binBytes)} to ${formatAddress(base + end)} ` +
    `(${formatSize(end - from * slot.binBytes)})`
  );
}

function percent(value: number): string {
  return `${Number(value.toFixed(3))}%`;
}
