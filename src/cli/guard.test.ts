import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { memoryIo, type RunHow } from "../testing/inProcess.js";
import { type GuardedTask, type GuardedThread, type Heard, runGuarded, type Told } from "./guard.js";
import type { Io } from "./io.js";

/** A thread that does nothing: what it hears is kept, what it tells is up to the test. */
class QuietThread extends EventEmitter {
  readonly heard: Heard[] = [];
  terminated = 0;

  postMessage(heard: Heard): void {
    this.heard.push(heard);
  }

  async terminate(): Promise<number> {
    this.terminated++;
    return 1;
  }
}

function guarded({ argv = ["bench"], ...how }: RunHow & Partial<Io> & { argv?: string[] } = {}) {
  const thread = new QuietThread();
  const { io, written } = memoryIo(how as RunHow);
  const given = how as Partial<Io>;
  const tasks: GuardedTask[] = [];
  const own = {
    ...io,
    ...(given.onInterrupt && { onInterrupt: given.onInterrupt }),
    ...(typeof given.stdin === "object" && { stdin: given.stdin }),
  };
  const ended = runGuarded(argv, own, (task) => {
    tasks.push(task);
    return thread as unknown as GuardedThread;
  });
  return { thread, written, tasks, ended, tell: (told: Told) => thread.emit("message", told) };
}

/** What has been promised is done. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the thread of a custom module", () => {
  it("is started with the command line, the environment and what the streams are", async () => {
    const pipe = guarded({ argv: ["verify", "--strategy", "x.mjs"], env: { A: "1" } });
    const none = { isTTY: false, columns: undefined };
    expect(pipe.tasks).toEqual([
      { argv: ["verify", "--strategy", "x.mjs"], env: { A: "1" }, stdout: none, stderr: none },
    ]);
    const terminal = guarded({ columns: 90 });
    const both = { isTTY: true, columns: 90 };
    expect(terminal.tasks).toMatchObject([{ stdout: both, stderr: both }]);
    for (const { tell, ended } of [pipe, terminal]) {
      tell({ kind: "done", code: 0 });
      await ended;
    }
  });

  it("writes to the streams that it names until it has a code, which is the program's, and is ended then", async () => {
    const { tell, thread, written, ended } = guarded();
    tell({ kind: "write", stream: "stdout", text: "out" });
    tell({ kind: "write", stream: "stderr", text: "err" });
    expect([thread.terminated, vi.getTimerCount()]).toEqual([0, 1]);
    tell({ kind: "done", code: 3 });
    tell({ kind: "write", stream: "stdout", text: "late" });
    tell({ kind: "done", code: 4 });
    expect(await ended).toBe(3);
    thread.emit("exit", 1);
    expect([written, thread.terminated, vi.getTimerCount()]).toEqual([
      { stdout: "out", stderr: "err", both: "outerr" },
      1,
      0,
    ]);
  });

  it("gets standard input piece by piece, as bytes, and is told that it has ended", async () => {
    const stdin = (async function* () {
      yield Buffer.from("bytes");
      yield "text";
    })();
    const { tell, thread, ended } = guarded({ stdin: stdin as never });
    for (let i = 0; i < 3; i++) {
      expect(thread.heard).toHaveLength(i);
      tell({ kind: "read" });
      await settled();
    }
    expect(thread.heard).toEqual([
      { kind: "input", bytes: Buffer.from("bytes") },
      { kind: "input", bytes: Buffer.from("text") },
      { kind: "input", bytes: null },
    ]);
    tell({ kind: "done", code: 0 });
    await ended;
  });

  it("has interruptions passed on as long as it listens, and the signals given back when it is done", async () => {
    const signals: (() => void)[] = [];
    const onInterrupt = (listener: () => void) => {
      signals.push(listener);
      return () => void signals.splice(signals.indexOf(listener), 1);
    };
    const { tell, thread, ended } = guarded({ onInterrupt });
    tell({ kind: "listening", listeners: 0 });
    expect(signals).toHaveLength(0);
    tell({ kind: "listening", listeners: 1 });
    tell({ kind: "listening", listeners: 2 });
    expect(signals).toHaveLength(1);
    signals[0]!();
    expect(thread.heard).toEqual([{ kind: "interrupt" }]);
    tell({ kind: "listening", listeners: 0 });
    expect(signals).toHaveLength(0);
    tell({ kind: "listening", listeners: 1 });
    expect(signals).toHaveLength(1);
    tell({ kind: "done", code: 0 });
    await ended;
    expect(signals).toHaveLength(0);
  });
});

const EXPECTED = "expected a module that only exports a strategy\n";
const ENDED = "ended the program before there was a result (process.exit, or a wait for nothing)";

describe("a thread that ends without a code is a module's fault, told in one line:", () => {
  it.each<[string, readonly Told[], unknown, string]>([
    ["whoever it was", [], undefined, `a custom strategy: ${ENDED}`],
    ["a module that was loading", [{ kind: "loading", path: "a.mjs" }], undefined, `a.mjs: ${ENDED}`],
    [
      "one that had loaded",
      [{ kind: "loading", path: "a.mjs" }, { kind: "loaded" }],
      undefined,
      `a custom strategy: ${ENDED}`,
    ],
    ["an error", [], new TypeError("late\nvery"), "a custom strategy: failed outside its hooks: TypeError: late very"],
    ["what is no error", [], "thrown", "a custom strategy: failed outside its hooks: thrown"],
  ])("%s", async (_, before, error, line) => {
    const { tell, thread, written, ended } = guarded();
    for (const told of before) tell(told);
    if (error !== undefined) thread.emit("error", error);
    expect(written.stderr).toBe("");
    thread.emit("exit", 1);
    thread.emit("exit", 1);
    expect(await ended).toBe(2);
    expect(written).toMatchObject({ stdout: "", stderr: `s2split: ${line}; ${EXPECTED}` });
  });
});

describe("a thread that is blocked", () => {
  it.each<[string, Record<string, string>, number, number, string]>([
    ["after 10 s", {}, 9_900, 100, "10"],
    ["after 10 s, where the limit is none", { S2SPLIT_MODULE_TIMEOUT_MS: "0" }, 9_900, 100, "10"],
    ["after the limit", { S2SPLIT_MODULE_TIMEOUT_MS: "300" }, 299, 1, "0.3"],
  ])("by a module that loads is ended %s, not before", async (_, env, fine, more, seconds) => {
    const { tell, written, ended } = guarded({ env });
    tell({ kind: "loading", path: "slow.mjs" });
    vi.advanceTimersByTime(fine);
    expect(written.stderr).toBe("");
    vi.advanceTimersByTime(more);
    expect(written.stderr).toBe(`s2split: slow.mjs: still loading after ${seconds} s; ${EXPECTED}`);
    expect(await ended).toBe(2);
  });

  it("is told from one whose module has loaded in time", () => {
    const { tell, written } = guarded({ env: { S2SPLIT_MODULE_TIMEOUT_MS: "300" } });
    tell({ kind: "loading", path: "slow.mjs" });
    vi.advanceTimersByTime(200);
    tell({ kind: "loaded" });
    vi.advanceTimersByTime(60_000);
    expect(written.stderr).toBe("");
    tell({ kind: "done", code: 0 });
  });

  it.each([
    [["its enter()", "its leave()"], "its leave()"],
    [["its enter()"], "a strategy's hook"],
  ])("by a hook of %j that does not return is ended when one call has taken the limit", async (names, name) => {
    const { tell, written, ended } = guarded({ env: { S2SPLIT_MODULE_TIMEOUT_MS: "300" } });
    // Number of the call that has begun, of the one that has ended, and whose it is.
    const activity = new Int32Array([1, 1, 1]);
    tell({ kind: "adopted", activity, names });
    vi.advanceTimersByTime(1000);
    // Calls that begin and do not end, but others have begun in between.
    for (let i = 0; i < 9; i++) {
      activity[0]!++;
      vi.advanceTimersByTime(300);
    }
    expect(written.stderr).toBe("");
    vi.advanceTimersByTime(99);
    expect(written.stderr).toBe("");
    vi.advanceTimersByTime(1);
    expect(written.stderr).toBe(`s2split: ${name} has not returned for 0.3 s, and probably never will; ended\n`);
    expect(await ended).toBe(2);
  });

  it("is not taken for one whose hooks have returned, or that has none", () => {
    const { tell, written } = guarded();
    vi.advanceTimersByTime(60_000);
    tell({ kind: "adopted", activity: new Int32Array([7, 7, 0]), names: [] });
    vi.advanceTimersByTime(60_000);
    expect(written.stderr).toBe("");
    tell({ kind: "done", code: 0 });
  });
});
