/**
 * One step of a walk, as data: an MMU adds fields of its own, numbers rather than text, since a
 * walk tells of many more steps than anybody reads. What it means is said by {@link TraceWords},
 * for the steps that are shown.
 */
export interface TraceEvent {
  readonly event: string;
  /** Which walk: "write-protect", "split", "nested"... */
  readonly phase: string;
  /** Level of the entry, where the step is about one. */
  readonly level?: number;
  /** Whether the entry was visited; absent where walks do not tell inspecting from visiting. */
  readonly visited?: boolean;
  /** Whether the entry is in a table that this walk has made. */
  readonly inNewTable?: boolean;
}

/**
 * What is done beside the walks, by userspace or by another party: it says itself, and no MMU has
 * words for it.
 */
export interface DoneEvent extends TraceEvent {
  readonly event: "ioctl" | "action";
  readonly phase: "userspace" | "others";
  readonly text: string;
}

/** Told what walks and others do, step by step. */
export type StepSink = (event: TraceEvent | DoneEvent) => void;

/**
 * How an MMU's steps read. `E` is its own events: it is asked only about those that its cases told.
 */
export interface TraceWords<E extends TraceEvent = TraceEvent> {
  /** A step in one line. */
  text(event: E): string;
  /**
   * The same without what differs between neighbours: steps in a row of which it is the same are
   * shown as one. Default: without numbers.
   */
  fold?(event: E): string;
  /**
   * Whether two steps of one phase have the same fold, without making it: asked for every step.
   * Default: compares the folds.
   */
  sameFold?(a: E, b: E): boolean;
  /** Where the step is, an address in hexadecimal with `0x`; "" where nowhere. Default: nowhere. */
  place?(event: E): string;
  /**
   * The step for `--json`: addresses in hexadecimal, what is encoded decoded. Default: the event as
   * it is, and its text.
   */
  json?(event: E): Readonly<Record<string, unknown>>;
}
