import type { TraceEvent, TraceOptions } from "../contract.js";
import type { GStage, GStageObserver } from "./gstage.js";

type Walk = "write-protect" | "split";

/** A call begins. Frames are of 4K. */
interface WalkEvent extends TraceEvent {
  readonly event: "walk";
  readonly startGfn: number;
  readonly endGfn: number;
}

/** A lookup stopped there, or a split walk read it. */
interface EntryEvent extends TraceEvent {
  readonly event: "entry";
  readonly level: number;
  readonly index: number;
  readonly gfn: number;
  readonly kind: "empty" | "leaf" | "table";
}

interface ProtectEvent extends TraceEvent {
  readonly event: "protect";
  readonly level: number;
  readonly gfn: number;
  /** Whether it was writable before. */
  readonly changed: boolean;
}

interface SplitEvent extends TraceEvent {
  readonly event: "split";
  readonly level: number;
  readonly gfn: number;
}

interface LockDropEvent extends TraceEvent {
  readonly event: "lock-drop";
  readonly gfn: number;
  /** To yield, rather than for pages. */
  readonly resched: boolean;
  /** Splits that no flush has followed yet. */
  readonly unflushed: number;
}

interface FlushEvent extends TraceEvent {
  readonly event: "flush";
  readonly kind: string;
  readonly gfn: number;
  readonly pages: number;
}

export type RiscvTraceEvent = WalkEvent | EntryEvent | ProtectEvent | SplitEvent | LockDropEvent | FlushEvent;

/**
 * Tells the walks of a G-stage entry by entry: attach before the work, once. `limit` and `without`
 * keep events from being told.
 */
export function traceWalks(gstage: GStage, sink: (event: RiscvTraceEvent) => void, options: TraceOptions): void {
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
    private readonly tell: (event: RiscvTraceEvent) => void,
  ) {}

  call(phase: Walk, startGfn: number, endGfn: number): void {
    this.phase = phase;
    this.tell({ event: "walk", phase, startGfn, endGfn });
  }

  stop(phase: Walk, level: number, gfn: number, kind: "empty" | "leaf" | "table"): void {
    this.phase = phase;
    this.tell({ event: "entry", phase, level, index: this.indexOf(gfn, level), gfn, kind });
  }

  protect(level: number, gfn: number, changed: boolean): void {
    this.tell({ event: "protect", phase: "write-protect", level, gfn, changed });
  }

  split(level: number, gfn: number): void {
    this.tell({ event: "split", phase: "split", level, gfn });
  }

  drop(gfn: number, resched: boolean, unflushed: number): void {
    this.tell({ event: "lock-drop", phase: "split", gfn, resched, unflushed });
  }

  flush(kind: string, gfn: number, pages: number): void {
    this.tell({ event: "flush", phase: this.phase, kind, gfn, pages });
  }

  private indexOf(gfn: number, level: number): number {
    const { shape, rootLevel } = this.gstage.geometry;
    return level === rootLevel ? shape.rootIndex(gfn, level) : shape.index(gfn, level);
  }
}
