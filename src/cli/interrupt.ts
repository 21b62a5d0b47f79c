/**
 * Ctrl-C and SIGTERM as a flag that long work looks at between runs, and as a signal that ends work in threads, so that what is finished is
 * kept. A second one ends at once.
 */
export class Interrupt {
  private readonly controller = new AbortController();
  private readonly listener = () => {
    if (this.stopped) process.exit(130);
    this.controller.abort();
  };

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  constructor() {
    process.on("SIGINT", this.listener);
    process.on("SIGTERM", this.listener);
  }

  get stopped(): boolean {
    return this.signal.aborted;
  }

  /** Gives the signals back. */
  release(): void {
    process.off("SIGINT", this.listener);
    process.off("SIGTERM", this.listener);
  }
}
