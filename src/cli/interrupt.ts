import type { Io } from "./io.js";

/**
 * An interruption as a flag that long work looks at between runs, and as a signal that ends work in
 * threads, so that what is finished is kept.
 */
export class Interrupt {
  private readonly controller = new AbortController();
  /** Gives the signals back. */
  readonly release: () => void;

  constructor(io: Io) {
    this.release = io.onInterrupt(() => this.controller.abort());
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get stopped(): boolean {
    return this.signal.aborted;
  }
}
