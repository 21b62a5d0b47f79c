import { describe, expect, it } from "vitest";
import {
  describeThrown,
  guardHook,
  guardNotice,
  guardTableHook,
  hookActivity,
  hookNames,
  LoopGuard,
  placeIn,
} from "./hooks.js";

const OWNER = { id: "mine", source: "./lib/mine.mjs" };
const WHOSE = 'strategy "mine" (./lib/mine.mjs): its enter()';
const isNumber = (value: unknown): value is number => typeof value === "number";

function failing(error: unknown) {
  return () => {
    throw error;
  };
}

/** Calls begun and ended since the last call, and the hook that was called last. */
function activity() {
  const before = [...hookActivity];
  return () => ({
    begun: hookActivity[0]! - before[0]!,
    ended: hookActivity[1]! - before[1]!,
    last: hookNames[hookActivity[2]!],
  });
}

/** What one hook is called by, in each of the forms that guards have. */
const GUARDS: readonly (readonly [form: string, guarded: (hook: (at: number) => unknown) => () => unknown])[] = [
  [
    "at an entry",
    (hook) => {
      const guarded = guardHook(
        OWNER,
        "enter",
        hook,
        (at: number) => at,
        isNumber,
        (at) => `a number above ${at}`,
      );
      return () => guarded(7);
    },
  ],
  [
    "at a table",
    (hook) => {
      const guarded = guardTableHook(
        OWNER,
        "enter",
        (_: string, index) => hook(index),
        isNumber,
        (at) => `a number above ${at}`,
      );
      return () => guarded("table", 7);
    },
  ],
];

describe.each(GUARDS)("a hook that is asked %s", (_, guarded) => {
  it("gives what it returns, and is counted before and after", () => {
    const since = activity();
    const seen: unknown[] = [];
    const ask = guarded((at) => {
      seen.push({ at, ...since() });
      return at + 1;
    });
    expect(ask()).toBe(8);
    expect(seen).toEqual([{ at: 7, begun: 1, ended: 0, last: WHOSE }]);
    expect(since()).toEqual({ begun: 1, ended: 1, last: WHOSE });
  });

  it("is told by its name with what it throws, and has ended then", () => {
    const since = activity();
    expect(guarded(failing(new TypeError("no such\n\tthing")))).toThrow(`${WHOSE} threw TypeError: no such thing`);
    expect(since()).toEqual({ begun: 1, ended: 1, last: WHOSE });
  });

  it.each<[returned: unknown, what: string]>([
    [undefined, "nothing"],
    [null, "null"],
    ["x", 'string "x"'],
    [true, "boolean true"],
    ["x".repeat(38), `string "${"x".repeat(38)}"`],
    ["x".repeat(39), `string "${"x".repeat(36)}...`],
    [Object.create(null), "object that cannot be shown"],
    [Promise.resolve(3), "a promise (hooks are called within a walk, and cannot be asynchronous)"],
  ])("is told with what it returns where that is of no use: %o", (returned, what) => {
    expect(guarded(() => returned)).toThrow(`${WHOSE} returned ${what}; expected a number above 7`);
  });
});

it("a hook's expectation may be the same for all entries, and its view another than the walk's position", () => {
  const given: unknown[] = [];
  const hook = (at: unknown) => void given.push(at);
  const guarded = guardHook<unknown, number>(OWNER, "enter", hook, () => ({ view: true }), isNumber, "a number");
  expect(() => guarded({})).toThrow(`${WHOSE} returned nothing; expected a number`);
  expect(given).toEqual([{ view: true }]);
});

it("a hook that is told something may return anything but a promise", () => {
  const since = activity();
  const given: unknown[] = [];
  const told = guardNotice(OWNER, "enter", (...range) => given.push(range));
  expect(told(3, 5)).toBeUndefined();
  expect([given, since()]).toEqual([[[3, 5]], { begun: 1, ended: 1, last: WHOSE }]);
  expect(() => guardNotice(OWNER, "enter", () => Promise.resolve())(0, 1)).toThrow(
    `${WHOSE} returned a promise (hooks are called within a walk, and cannot be asynchronous); expected nothing`,
  );
  expect(() => guardNotice(OWNER, "enter", failing("a string"))(0, 1)).toThrow(`${WHOSE} threw "a string"`);
});

it("a hook in a loop is named when the loop begins, and all its calls have ended when that does", () => {
  const guard = new LoopGuard(OWNER, "enter");
  hookActivity[2] = 0;
  const since = activity();
  guard.began();
  guard.activity[0]! += 3;
  expect(since()).toEqual({ begun: 3, ended: 0, last: WHOSE });
  guard.ended();
  expect(since()).toMatchObject({ begun: 3 });
  expect(hookActivity[1]).toBe(hookActivity[0]);
  expect(guard.threw(new Error("x")).message).toBe(`${WHOSE} threw Error: x`);
  expect(guard.unusable(3, "a truth").message).toBe(`${WHOSE} returned number 3; expected a truth`);
});

it("what was thrown is told on one line of at most 300 characters", () => {
  expect(describeThrown(new RangeError("a\u0000\u001fb\u007f\u009fc\u00a0d"))).toBe("RangeError: a b c\u00a0d");
  expect(describeThrown(new Error("x".repeat(400)))).toBe(`Error: ${"x".repeat(293)}`);
  expect([describeThrown(undefined), describeThrown({})]).toEqual(["undefined", "[object Object]"]);
});

it.each<[stack: string | undefined, place: string]>([
  ["Error\n  at enter (file:///a/mine.mjs:12:5)\n  at file:///a/mine.mjs:20:1", ", at mine.mjs:12:5"],
  ["Error\n  at enter (C:\\a\\mine.mjs:12)", ", at mine.mjs:12"],
  ["Error\n  at file:///a/mine.mjs?v=2:3:4", ", at mine.mjs:3:4"],
  ["Error\n  at (mine.mjs:3:4)", ", at mine.mjs:3:4"],
  ["Error\n  at file:///a/yours.mjs:12:5", ""],
  ["Error\n  at file:///a/mineXmjs:12:5", ""],
  ["Error\n  at file:///a/notmine.mjs:12:5", ""],
  [undefined, ""],
])("the place of an error is that of the innermost frame in the module: %j", (stack, place) => {
  expect(placeIn("./lib/mine.mjs", Object.assign(new Error("x"), { stack }))).toBe(place);
  expect(placeIn("lib\\mine.mjs", Object.assign(new Error("x"), { stack }))).toBe(place);
});

it("what is no error has no place", () => {
  expect(placeIn("mine.mjs", { stack: "at /mine.mjs:1:2" })).toBe("");
});
