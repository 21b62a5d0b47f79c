import { UserError } from "../errors.js";

/**
 * A custom strategy that threw, or gave what cannot be used. It is the user's fault to
 * find: the message names the strategy, its file, the hook and the place in it; nobody sees a stack
 * of this program.
 */
class StrategyError extends UserError {
  override readonly name = "StrategyError";
}

/**
 * Which hook is running, for whoever watches from another thread: calls begun, calls ended, and the
 * number of the last begun in {@link hookNames}. Begun and ended differ while a hook runs.
 */
export const hookActivity = new Int32Array(new SharedArrayBuffer(12));
/** `its enter() of strategy "x" (./x.mjs)`, by the number in {@link hookActivity}. */
export const hookNames: string[] = [];

/** Where a hook belongs, for messages. */
export interface HookOwner {
  readonly id: string;
  /** Path of the module as the user gave it. */
  readonly source: string;
}

/**
 * A user's hook made safe to call from a walk: it sees a read-only view of where the walk is, its
 * exceptions are reported as its own, and what it returns must be what `expects` says.
 *
 * @param view makes the read-only view: the MMU's, and one for each hook, for it may be the same
 *   object each time
 * @param accepts whether a returned value can be used
 * @param expects what is expected, for the message
 */
export function guardHook<P, R>(
  owner: HookOwner,
  name: string,
  hook: (at: P) => unknown,
  view: (at: P) => P,
  accepts: (value: unknown, at: P) => value is R,
  expects: string | ((at: P) => string),
): (at: P) => R {
  const number = numbered(owner, name);
  const activity = hookActivity;
  // Written out: a walk calls it for every entry, and a closure for each call would cost as much
  // again.
  return (at) => {
    const begun = (activity[0]! + 1) | 0;
    activity[2] = number;
    activity[0] = begun;
    let value: unknown;
    try {
      value = hook(view(at));
    } catch (error) {
      throw threw(owner, name, error);
    } finally {
      activity[1] = begun;
    }
    if (!accepts(value, at)) throw unusable(owner, name, value, typeof expects === "string" ? expects : expects(at));
    return value;
  };
}

/**
 * The same for a hook that is called in a loop, over many entries: the loop counts each call that
 * it begins in `activity[0]`. Call `began` before the loop, `ended` after it, whatever comes of it,
 * and throw what `threw` and `unusable` return.
 */
export class LoopGuard {
  readonly activity = hookActivity;
  private readonly number: number;

  constructor(
    private readonly owner: HookOwner,
    private readonly name: string,
  ) {
    this.number = numbered(owner, name);
  }

  began(): void {
    hookActivity[2] = this.number;
  }

  ended(): void {
    hookActivity[1] = hookActivity[0]!;
  }

  threw(error: unknown): Error {
    return threw(this.owner, this.name, error);
  }

  unusable(value: unknown, expects: string): Error {
    return unusable(this.owner, this.name, value, expects);
  }
}

/** The same for a hook that is asked about a table, which it sees as it is, and an entry of it. */
export function guardTableHook<T, R>(
  owner: HookOwner,
  name: string,
  hook: (table: T, index: number) => unknown,
  accepts: (value: unknown, index: number) => value is R,
  expects: (index: number) => string,
): (table: T, index: number) => R {
  const number = numbered(owner, name);
  return (table, index) => {
    const value = call(owner, name, number, () => hook(table, index));
    if (!accepts(value, index)) throw unusable(owner, name, value, expects(index));
    return value;
  };
}

/** The same for a hook that is told something and returns nothing. */
export function guardNotice(
  owner: HookOwner,
  name: string,
  hook: (startGfn: number, endGfn: number) => unknown,
): (startGfn: number, endGfn: number) => void {
  const number = numbered(owner, name);
  return (startGfn, endGfn) => {
    const value = call(owner, name, number, () => hook(startGfn, endGfn));
    if (isPromise(value)) throw unusable(owner, name, value, "nothing");
  };
}

function numbered(owner: HookOwner, name: string): number {
  return hookNames.push(`strategy "${owner.id}" (${owner.source}): its ${name}()`) - 1;
}

function call(owner: HookOwner, name: string, number: number, hook: () => unknown): unknown {
  hookActivity[2] = number;
  hookActivity[0]!++;
  try {
    return hook();
  } catch (error) {
    throw threw(owner, name, error);
  } finally {
    hookActivity[1]!++;
  }
}

function threw(owner: HookOwner, name: string, error: unknown): StrategyError {
  const what = describeThrown(error);
  return new StrategyError(
    `strategy "${owner.id}" (${owner.source}): its ${name}() threw ${what}${placeIn(owner.source, error)}`,
  );
}

function unusable(owner: HookOwner, name: string, value: unknown, expects: string): StrategyError {
  let what = value === undefined ? "nothing" : value === null ? "null" : `${typeof value} ${brief(value)}`;
  if (isPromise(value)) {
    what = "a promise (hooks are called within a walk, and cannot be asynchronous)";
    // Its rejection is of no interest any more, and must not end the process.
    void Promise.resolve(value).catch(() => {});
  }
  return new StrategyError(
    `strategy "${owner.id}" (${owner.source}): its ${name}() returned ${what}; expected ${expects}`,
  );
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

function brief(value: unknown): string {
  try {
    const text = typeof value === "string" ? JSON.stringify(value) : String(value);
    return text.length > 40 ? `${text.slice(0, 37)}...` : text;
  } catch {
    return "that cannot be shown";
  }
}

/** "TypeError: x is not a function", for whatever was thrown, on one line. */
export function describeThrown(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : brief(error);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no terminal may get them
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").slice(0, 300);
}

/**
 * ", at my-walker.mjs:12:5", from the innermost frame of a stack that lies in the module; "" where
 * there is none.
 */
export function placeIn(source: string, error: unknown): string {
  const stack = error instanceof Error && typeof error.stack === "string" ? error.stack : "";
  const file = source.split(/[\\/]/).at(-1)!;
  const escaped = file.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const found = new RegExp(`[/\\\\(]${escaped}(?:\\?[^:\\s]*)?:(\\d+)(?::(\\d+))?`).exec(stack);
  if (found === null) return "";
  return `, at ${file}:${found[1]}${found[2] === undefined ? "" : `:${found[2]}`}`;
}
