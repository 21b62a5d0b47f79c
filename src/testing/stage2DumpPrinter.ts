import { type Granule, geometryOf, needsLpa2, spanBytes } from "../guest/geometry.js";
import { formatSize } from "../guest/sizes.js";

/**
 * A leaf or a run of equal leaves, as the printer takes them: ascending, aligned to `leafBytes`,
 * not overlapping.
 */
export interface PrintedRun {
  readonly start: number;
  readonly bytes: number;
  /** Page or block size. */
  readonly leafBytes: number;
  readonly writable: boolean;
  readonly executeNever?: boolean;
}

/**
 * Whose form is printed: one X column, last range left out; px/ux fields, last range left out;
 * px/ux, last range printed.
 */
export type DumpForm = "6.12" | "7.2" | "7.3";
export const DUMP_FORMS: readonly DumpForm[] = ["6.12", "7.2", "7.3"];

interface Printed {
  readonly start: number;
  end: number;
  readonly level: number;
  readonly attributes: string;
}

/**
 * Prints the dump that a kernel would print of a tree with these leaves: the other direction of the
 * importer, written on its own from the format and walking a tree rather than inverting the reader.
 */
export function printStage2Dump(
  runs: readonly PrintedRun[],
  granule: Granule,
  ipaBits: number,
  form: DumpForm,
): string {
  const geometry = geometryOf(granule, ipaBits, needsLpa2(granule, ipaBits));
  const printed: Printed[] = [];
  const note = (start: number, end: number, level: number, attributes: string) => {
    const last = printed.at(-1);
    if (last !== undefined && last.level === level && last.attributes === attributes) last.end = end;
    else printed.push({ start, end, level, attributes });
  };
  const walk = (start: number, end: number, level: number, inside: readonly PrintedRun[]) => {
    const span = spanBytes(geometry, level);
    let at = start;
    let next = 0;
    while (at < end) {
      while (next < inside.length && inside[next]!.start + inside[next]!.bytes <= at) next++;
      const run = inside[next];
      if (run === undefined || run.start >= at + span) {
        // Nothing up to the entry of the next run: as many invalid entries, one range.
        const to = run === undefined ? end : Math.min(end, Math.floor(run.start / span) * span);
        note(at, to, level, "");
        at = to;
      } else if (run.leafBytes === span) {
        const to = Math.min(end, run.start + run.bytes);
        note(at, to, level, fields(run, level, form));
        at = to;
      } else {
        const last = inside.findIndex((one, i) => i >= next && one.start >= at + span);
        walk(at, at + span, level + 1, inside.slice(next, last < 0 ? undefined : last));
        at += span;
      }
    }
  };
  walk(0, 2 ** ipaBits, geometry.startLevel, runs);
  const shown = form === "7.3" ? printed : printed.slice(0, -1);
  return ["---[ Guest IPA ]---", ...shown.map(line), ""].join("\n");
}

function fields(run: PrintedRun, level: number, form: DumpForm): string {
  const execute = form === "6.12" ? (run.executeNever ? "X" : " ") : run.executeNever ? "PXNUXN" : "px ux ";
  return ["", " ", "R", run.writable ? "W" : " ", execute, "AF", level < 3 ? "BLK" : "   "].join(" ");
}

function line({ start, end, level, attributes }: Printed): string {
  const hex = (address: number) => `0x${address.toString(16).padStart(16, "0")}`;
  return `${hex(start)}-${hex(end)}   ${formatSize(end - start).padStart(10)} ${level}${attributes}`;
}
