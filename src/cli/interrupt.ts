/**
 * Ctrl-C and SIGTERM as a flag that long work looks at between runs, so that what is finished is kept. A second signal ends at once.
 */
export class Interrupt {
  private signalled = false;
  private readonly listener = () => {
    if (this.signalled) process.exit(130);
    this.signalled = true;
  };

  constructor() {
    process.on("SIGINT", this.listener);
    process.on("SIGTERM", this.listener);
  }

  get stopped(): boolean {
    return this.signalled;
  }

  /** Gives the signals back. */
  release(): void {
    process.off("SIGINT", this.listener);
    process.off("SIGTERM", this.listener);
  }
}
