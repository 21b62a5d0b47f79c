import type { TraceEvent, TraceOptions } from "../contract.js";
import { alignDown, formatGfn, formatPages, INVERSE_SPAN, ROOT_ENTRIES, SPAN } from "./geometry.js";
import type { GStage, GStageObserver } from "./gstage.js";

type Walk = "write-protect" | "split";

/**
 * Tells the walks of a G-stage entry by entry: attach before the work, once. `limit` and `without` keep work from being done for events
 * that nobody sees.
 *
 * Events: `walk` (a call begins), `entry` (a lookup stopped there, or a split walk read it), `protect`, `split`, `lock-drop`, `flush`.
 */
export function traceWalks(gstage: GStage, sink: (event: TraceEvent) => void, options: TraceOptions): void {
  const without = new Set(options.without);
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  const teller = new Teller(gstage, (event) => {
    if (without.has(event.phase) || left <= 0) return;
    left--;
    sink(event);
  });
  if (!without.has("write-protect")) gstage.naive = true;
  gstage.observer = teller;
}

class Teller implements GStageObserver {
  /** The phase that a flush belongs to. */
  private phase: Walk = "write-protect";

  constructor(
    private readonly gstage: GStage,
    private readonly tell: (event: TraceEvent) => void,
  ) {}

  call(phase: Walk, start: number, end: number): void {
    this.phase = phase;
    const [from, to] = [formatGfn(start), formatGfn(end)];
    const fold = `${phase} call`;
    this.tell({ event: "walk", phase, start: from, end: to, fold, text: `${fold}: ${from} to ${to}` });
  }

  stop(phase: Walk, level: number, gfn: number, kind: "empty" | "leaf" | "table"): void {
    this.phase = phase;
    const gpa = formatGfn(gfn);
    const what = kind === "leaf" ? `leaf of ${formatPages(SPAN[level]!)}` : kind;
    const fold = `level ${level} ${what}`;
    const index = this.indexOf(gfn, level);
    const text = `level ${level} [${index}] ${gpa} ${what}`;
    this.tell({ event: "entry", phase, level, index, gpa, kind, fold, text });
  }

  protect(level: number, gfn: number, changed: boolean): void {
    const fold = changed ? "write permission taken" : "stored again, write-protected already";
    this.tell({ event: "protect", phase: "write-protect", level, gpa: formatGfn(gfn), changed, fold, text: fold });
  }

  split(level: number, gfn: number): void {
    const fold = `leaf of ${formatPages(SPAN[level]!)} becomes a table of ${formatPages(SPAN[level - 1]!)} leaves, in one store`;
    this.tell({ event: "split", phase: "split", level, gpa: formatGfn(gfn), fold, text: fold });
  }

  drop(gfn: number, resched: boolean, unflushed: number): void {
    const stale = unflushed === 0 ? "" : `, ${unflushed} ${unflushed === 1 ? "split" : "splits"} unflushed`;
    const fold = `drops mmu_lock ${resched ? "to yield" : "for pages"}${stale}`;
    const gpa = formatGfn(gfn);
    this.tell({ event: "lock-drop", phase: "split", gpa, resched, unflushed, fold, text: `${fold}, at ${gpa}` });
  }

  flush(kind: string, gfn: number, pages: number): void {
    const fold = `flush (${kind}) of ${formatPages(pages)}`;
    const gpa = formatGfn(gfn);
    this.tell({ event: "flush", phase: this.phase, kind, gpa, pages, fold, text: `${fold} at ${gpa}` });
  }

  private indexOf(gfn: number, level: number): number {
    const entry = Math.floor(alignDown(gfn, level) * INVERSE_SPAN[level]!);
    return entry % (level === this.gstage.geometry.rootLevel ? ROOT_ENTRIES : 512);
  }
}
