import { Worker } from "node:worker_threads";
import { printable } from "../errors.js";
import { EXIT } from "../exit.js";
import type { Io } from "./io.js";

/** What the thread of {@link runGuarded} is started with. */
export interface GuardedTask {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: OutputAbout;
  readonly stderr: OutputAbout;
}

export interface OutputAbout {
  readonly isTTY: boolean;
  readonly columns: number | undefined;
}

/** What the thread tells. */
export type Told =
  | { readonly kind: "write"; readonly stream: "stdout" | "stderr"; readonly text: string }
  | { readonly kind: "read" }
  | { readonly kind: "listening"; readonly listeners: number }
  | { readonly kind: "loading"; readonly path: string }
  | { readonly kind: "loaded" }
  | { readonly kind: "adopted"; readonly activity: Int32Array; readonly names: readonly string[] }
  | { readonly kind: "done"; readonly code: number };

/** What the thread is told. */
export type Heard = { readonly kind: "interrupt" } | { readonly kind: "input"; readonly bytes: Uint8Array | null };

/**
 * Longer than any honest module takes to load, and any honest hook to return;
 * S2SPLIT_MODULE_TIMEOUT_MS says otherwise.
 */
const LONGEST_MS = 10_000;
const LOOK_EVERY_MS = 100;

/** The thread, as far as it is watched. */
export type GuardedThread = Pick<Worker, "on" | "postMessage" | "terminate">;

const startThread = (workerData: GuardedTask): GuardedThread =>
  new Worker(new URL("./guarded.js", import.meta.url), { workerData });

/**
 * Runs the command line in a thread of its own, for custom modules are anybody's code: one that
 * ends the program, waits for ever, keeps a timer, rejects late or never returns must not make a
 * gate pass, or hang it. Whatever becomes of the thread, this one says so in a line and has an exit
 * code.
 *
 * @returns the exit code of the command, or {@link EXIT.usage} where a module is to blame
 */
export async function runGuarded(argv: readonly string[], io: Io, startIt = startThread): Promise<number> {
  const about = ({ isTTY, columns }: Io["stdout"]): OutputAbout => ({ isTTY: isTTY === true, columns });
  const worker = startIt({ argv, env: { ...io.env }, stdout: about(io.stdout), stderr: about(io.stderr) });
  const guard = new Guard(worker, io);
  try {
    return await guard.ended;
  } finally {
    guard.release();
    await worker.terminate();
  }
}

class Guard {
  readonly ended: Promise<number>;
  private end: (code: number) => void = () => {};
  private over = false;
  private releaseSignals: (() => void) | null = null;
  private input: AsyncIterator<Uint8Array | string> | null = null;
  /** What is being waited for, and since when. */
  private loading: { readonly path: string; readonly since: number } | null = null;
  private hooks: { readonly activity: Int32Array; readonly names: readonly string[] } | null = null;
  private call = { number: -1, since: 0 };
  private readonly timer: NodeJS.Timeout;
  private readonly longestMs: number;

  constructor(
    private readonly worker: GuardedThread,
    private readonly io: Io,
  ) {
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
    const longest = Number(io.env.S2SPLIT_MODULE_TIMEOUT_MS);
    this.longestMs = longest > 0 ? longest : LONGEST_MS;
    worker.on("message", (told: Told) => this.hear(told));
    // An error overtakes what the thread has told before it, which has all come when the thread's
    // end is known.
    let ending = "ended the program before there was a result (process.exit, or a wait for nothing)";
    worker.on("error", (error: unknown) => {
      const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      ending = `failed outside its hooks: ${what}`;
    });
    worker.on("exit", () => this.blame(ending));
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  release(): void {
    this.over = true;
    clearInterval(this.timer);
    this.releaseSignals?.();
  }

  private hear(told: Told): void {
    if (this.over) return;
    switch (told.kind) {
      case "write":
        this.io[told.stream].write(told.text);
        break;
      case "read":
        void this.read();
        break;
      case "listening":
        this.listen(told.listeners > 0);
        break;
      case "loading":
        this.loading = { path: told.path, since: Date.now() };
        break;
      case "loaded":
        this.loading = null;
        break;
      case "adopted":
        this.hooks = told;
        break;
      case "done":
        this.over = true;
        this.end(told.code);
        break;
    }
  }

  private blame(what: string): void {
    if (this.over) return;
    this.over = true;
    const whose = this.loading === null ? "a custom strategy" : this.loading.path;
    this.io.stderr.write(
      `s2split: ${printable(`${whose}: ${what}`)}; expected a module that only exports a strategy\n`,
    );
    this.end(EXIT.usage);
  }

  private async read(): Promise<void> {
    this.input ??= this.io.stdin[Symbol.asyncIterator]();
    const { done, value } = await this.input.next();
    const bytes = done === true ? null : typeof value === "string" ? Buffer.from(value) : value;
    this.worker.postMessage({ kind: "input", bytes } satisfies Heard);
  }

  private listen(wanted: boolean): void {
    if (!wanted) {
      this.releaseSignals?.();
      this.releaseSignals = null;
    } else {
      this.releaseSignals ??= this.io.onInterrupt(() => this.worker.postMessage({ kind: "interrupt" } satisfies Heard));
    }
  }

  /**
   * A thread that is blocked tells nothing: what it began last, and when, is all there is to go by.
   */
  private look(): void {
    const now = Date.now();
    if (this.loading !== null) {
      if (now - this.loading.since >= this.longestMs) this.blame(`still loading after ${this.longestMs / 1000} s`);
      return;
    }
    if (this.hooks === null) return;
    const { activity, names } = this.hooks;
    const begun = Atomics.load(activity, 0);
    if (begun === Atomics.load(activity, 1) || begun !== this.call.number) {
      this.call = { number: begun, since: now };
    } else if (now - this.call.since >= this.longestMs) {
      this.over = true;
      const name = names[Atomics.load(activity, 2)] ?? "a strategy's hook";
      this.io.stderr.write(
        `s2split: ${printable(name)} has not returned for ${this.longestMs / 1000} s, and probably never will; ended\n`,
      );
      this.end(EXIT.usage);
    }
  }
}
