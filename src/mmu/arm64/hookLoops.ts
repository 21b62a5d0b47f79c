import { TABLE_OR_PAGE, TYPE_MASK, VALID } from "./descriptor.js";
import type { AfterPages, PassTables, Walker } from "./walk.js";
import type { WalkPosition } from "./walkRules.js";

/** A strategy's hook as the loops below call it. */
export interface LoopedHook<R> {
  readonly hook: (at: WalkPosition) => R;
  /** `this` in the hook. */
  readonly self: unknown;
  /** Calls begun are counted in its first element, for whoever watches from another thread. */
  readonly activity: Int32Array;
  /** What the hook returned that it may not. */
  returned: unknown;
}

/** What the loops return where a hook has returned what it may not. */
export const UNUSABLE = -1;

const nobodyWatches: Int32Array = new Int32Array(1);
const validBit = VALID;
const typeMask = TYPE_MASK;
const tableType = TABLE_OR_PAGE;

/**
 * Makes a hook ready for the loops, in which V8 inlines it. A function that is called from one
 * place with many targets is not inlined; but here the hook lies on a prototype of its own, each
 * prototype makes a hidden class, and V8 knows the constants of up to four hidden classes at one
 * place. From the fifth hook of a process on it is called: that costs some 3 ns a call.
 */
export function looped<R>(
  hook: (at: WalkPosition) => R,
  self: unknown = undefined,
  activity = nobodyWatches,
): LoopedHook<R> {
  return Object.assign(Object.create({ hook, self, activity }), { returned: undefined });
}

/**
 * {@link AfterPages} that calls a hook at each page, until one returns anything but CONTINUE (0).
 *
 * A loop of its own, whose only call is the hook's: what V8 inlines in it does not depend on what
 * it has inlined into the walk.
 */
export function visitPages(
  walker: Walker,
  slot: number,
  count: number,
  looped: LoopedHook<number>,
  at: WalkPosition,
): number {
  const { hook, self, activity } = looped;
  const { words } = walker.mem;
  const { addr, index } = walker;
  let valid = 0;
  for (let i = 0; i < count; i = (i + 1) | 0) {
    const word = (2 * (slot + i)) | 0;
    const lo = words[word]! | 0;
    walker.index = (index + i) | 0;
    walker.addr = addr + i;
    walker.lo = lo;
    walker.hi = words[word + 1]! | 0;
    valid = (valid + (lo & validBit)) | 0;
    activity[0] = (activity[0]! + 1) | 0;
    const code = hook.call(self, at);
    if (code === 0) continue;
    if (code !== 1 && code !== 2) return refuse(looped, code);
    walker.went = (i + 1) | 0;
    walker.code = code;
    return valid;
  }
  walker.addr = addr;
  return valid;
}

/** {@link PassTables} that calls a hook at each table, until one is to be entered. */
export function passTables(
  walker: Walker,
  slot: number,
  count: number,
  next: number,
  looped: LoopedHook<boolean>,
  at: WalkPosition,
): number {
  const { hook, self, activity } = looped;
  const { words } = walker.mem;
  const { index, span } = walker;
  walker.wanted = false;
  for (let i = 0; i < count; i = (i + 1) | 0) {
    const word = (2 * (slot + i)) | 0;
    const lo = words[word]! | 0;
    if ((lo & typeMask) !== tableType) return i;
    walker.index = (index + i) | 0;
    if (i > 0) walker.addr = next + (i - 1) * span;
    walker.lo = lo;
    walker.hi = words[word + 1]! | 0;
    activity[0] = (activity[0]! + 1) | 0;
    const enters = hook.call(self, at);
    if (enters === false) continue;
    if (enters !== true) return refuse(looped, enters);
    walker.wanted = true;
    return i;
  }
  return count;
}

function refuse(looped: LoopedHook<unknown>, returned: unknown): number {
  looped.returned = returned;
  return UNUSABLE;
}

/** For a built-in hook, which sees the walker itself. */
export function plainPages(hook: (at: WalkPosition) => number): AfterPages {
  const plain = looped(hook);
  return (walker, slot, count) => visitPages(walker, slot, count, plain, walker);
}

/** The same of tables. */
export function plainTables(hook: (at: WalkPosition) => boolean): PassTables {
  const plain = looped(hook);
  return (walker, slot, count, next) => passTables(walker, slot, count, next, plain, walker);
}
