import { formatAddress } from "../../guest/sizes.js";
import type { TraceEvent, TraceWords } from "../contract.js";

/** A step of nested eager splitting: `split`, `top-up`, `yield`, `give-up`. */
export interface ShadowTraceEvent extends TraceEvent {
  /**
   * The frame (4K), and what belongs to this kind of step: descriptors taken or put into the cache,
   * why the lock is dropped.
   */
  readonly fields: Readonly<Record<string, number | string>>;
}

/** How these steps read. */
export const shadowTraceWords: TraceWords<ShadowTraceEvent> = {
  text: (e) => `${gpaOf(e)} ${foldOf(e)}`,
  fold: foldOf,
  place: gpaOf,
  json: (e) => ({ event: e.event, phase: e.phase, text: `${gpaOf(e)} ${foldOf(e)}`, gpa: gpaOf(e), ...e.fields }),
};

function gpaOf({ fields }: ShadowTraceEvent): string {
  return formatAddress(Number(fields.gfn) * 4096);
}

/** A step without its place: what it did, at which level. */
function foldOf({ event, fields: f }: ShadowTraceEvent): string {
  if (event === "split") return `level ${f.level} role ${f.role}: ${f.table} table, ${f.descriptors} descriptors`;
  if (event === "top-up") {
    return (
      `level ${f.level}: lock dropped for ${f.why}, +${f.descriptors} descriptors, +${f.headers} headers, ` +
      `+${f.pages} pages`
    );
  }
  if (event === "yield") return `level ${f.level}: lock dropped for a resched after this reverse map`;
  return `level ${f.level}: given up, too few MMU pages`;
}
