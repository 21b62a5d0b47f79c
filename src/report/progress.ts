import type { TextOutput } from "../files/streams.js";

/** Progress on one line of a terminal; nothing where stderr is none. */
export class Progress {
  private shown = false;
  private last = 0;

  constructor(
    private readonly stream: TextOutput,
    private readonly enabled: boolean,
  ) {}

  /** @param share 0 to 1 */
  show(share: number, what: string): void {
    const now = Date.now();
    // A terminal redraw costs more than most runs; ten a second are enough to see that it moves.
    if (!this.enabled || !this.stream.isTTY || now - this.last < 100) return;
    this.last = now;
    const columns = this.stream.columns || 80;
    const text = `${String(Math.floor(100 * share)).padStart(3)}%  ${what}`;
    this.stream.write(`\r\u001b[2K${text.slice(0, columns - 1)}`);
    this.shown = true;
  }

  /** Clears the line, before anything else is printed. */
  clear(): void {
    if (this.shown) this.stream.write("\r\u001b[2K");
    this.shown = false;
  }
}
