import type { TraceEvent, TraceOptions } from "../contract.js";
import type { IterSink } from "./iter.js";

type StepFields = Parameters<IterSink>[2];

/** A step of the iterator at an entry, or of the work around it. Frames are of 4K. */
export interface TdpTraceEvent extends TraceEvent {
  /** Where the iterator stands; null for what is about no entry: `pass`, `step`, `word`. */
  readonly at: { readonly index: number; readonly gfn: number; readonly spte: number; readonly loops: number } | null;
  /**
   * What belongs to this kind of step: the frame of a mark, tables freed, why the lock is dropped.
   */
  readonly fields: StepFields;
}

/** What is about no entry of a walk. */
const AROUND: readonly string[] = ["pass", "step", "word"];
const NOTHING: StepFields = {};

/**
 * Makes trace events of the iterator's steps: pass and step, loop, aside, descend (a loop one level
 * down), up, yield, restart, and what the body did.
 */
export function tracing(sink: (event: TdpTraceEvent) => void, options: TraceOptions): IterSink {
  let phase = "walk";
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  let before = 0;
  const tell = (event: TdpTraceEvent): void => {
    if (left <= 0) return;
    left--;
    sink(event);
  };
  return (event, { level, index, gfn, spte, loops }, fields) => {
    if (event === "pass") phase = `zap level ${fields.zapLevel}`;
    if (event === "step") phase = String(fields.step);
    if (AROUND.includes(event)) {
      before = 0;
      tell({ event, phase, at: null, fields });
      return;
    }
    const at = { index, gfn, spte, loops };
    if (event === "loop" && before > level) tell({ event: "descend", phase, level, at, fields: NOTHING });
    before = level;
    tell({ event, phase, level, at, fields });
  };
}
