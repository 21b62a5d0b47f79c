import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { whenCutShort } from "../cleanup.js";
import { mmus } from "../mmu/registry.js";
import { temporaryFolder } from "../testing/temporaryFolder.js";
import { processIo } from "./processIo.js";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

let restore: (() => void)[] = [];
afterEach(() => {
  for (const undo of restore.reverse()) undo();
  restore = [];
  vi.restoreAllMocks();
});

/**
 * Takes an emitter's listeners of an event away until the test is done, and then what came in their
 * place.
 */
function clear(emitter: NodeJS.EventEmitter, event: string): void {
  const before = emitter.listeners(event) as (() => void)[];
  emitter.removeAllListeners(event);
  restore.push(() => {
    emitter.removeAllListeners(event);
    for (const listener of before) emitter.on(event, listener);
  });
}

/** Gives an object a property for the time of the test. */
function lend(object: object, name: string, value: unknown): void {
  const before = Object.getOwnPropertyDescriptor(object, name);
  Object.defineProperty(object, name, { value, configurable: true });
  restore.push(() => {
    if (before === undefined) Reflect.deleteProperty(object, name);
    else Object.defineProperty(object, name, before);
  });
}

/** The io of this process, whose listeners go with the test; none but its own hear anything. */
function ownIo() {
  for (const event of [...SIGNALS, "exit"]) clear(process, event);
  for (const stream of [process.stdout, process.stderr]) clear(stream, "error");
  const exit = vi.spyOn(process, "exit").mockImplementation(() => undefined as never);
  const kill = vi.spyOn(process, "kill").mockImplementation(() => true);
  return { io: processIo(), exit, kill };
}

const signal = (name: (typeof SIGNALS)[number]) => process.emit(name, name);

describe("the io of a process", () => {
  it("is what the process has", () => {
    const { io } = ownIo();
    expect([io.stdin, io.env, io.registry]).toEqual([process.stdin, process.env, mmus]);
    for (const [isTTY, columns] of [
      [true, 90],
      [false, undefined],
    ]) {
      lend(process.stdout, "isTTY", isTTY);
      lend(process.stdout, "columns", columns);
      expect([io.stdout.isTTY, io.stdout.columns]).toEqual([isTTY, columns]);
    }
  });

  it.each(SIGNALS)("tells of %s whoever listens, once, then dies of it, with what is unfinished undone", (name) => {
    const { io, kill } = ownIo();
    const told: string[] = [];
    const withdrawn = io.onInterrupt(() => told.push("withdrawn"));
    const listener = () => told.push("listener");
    io.onInterrupt(listener);
    io.onInterrupt(listener);
    whenCutShort(() => told.push("undone"));
    withdrawn();
    signal(name);
    expect([told, kill.mock.calls]).toEqual([["listener", "listener"], []]);
    signal(name);
    expect([told.at(-1), kill.mock.calls]).toEqual(["undone", [[process.pid, name]]]);
    for (const one of SIGNALS) expect(process.listenerCount(one)).toBe(0);
  });

  it("undoes what is unfinished when the process ends", () => {
    ownIo();
    const undo = vi.fn();
    whenCutShort(undo);
    process.emit("exit", 0);
    expect(undo).toHaveBeenCalledTimes(1);
  });
});

describe("a stream of the process", () => {
  const failed = (code: string | undefined, message = "oh no") => Object.assign(new Error(message), { code });

  it("writes what it is given, until its reader has gone", () => {
    const { io, exit } = ownIo();
    const write = vi.spyOn(process.stdout, "write").mockImplementation(() => false);
    expect(io.stdout.write("one")).toBe(false);
    process.stdout.emit("error", failed("EPIPE"));
    expect(io.stdout.write("two")).toBe(true);
    expect([write.mock.calls, exit.mock.calls]).toEqual([[["one"]], []]);
  });

  it.each<[string, string | undefined, boolean, string | null]>([
    ["a terminal that was closed", "EIO", true, null],
    ["a disk that fails", "EIO", false, "EIO"],
    ["a full disk", "ENOSPC", true, "ENOSPC"],
    ["what has no code", undefined, false, "oh no"],
  ])("of %s ends the program in a line, unless nobody is left to read it", (_, code, isTTY, shown) => {
    const { io, exit } = ownIo();
    const path = join(temporaryFolder(), "stderr");
    const fd = openSync(path, "w");
    lend(process.stderr, "fd", fd);
    lend(process.stdout, "isTTY", isTTY);
    process.stdout.emit("error", failed(code));
    closeSync(fd);
    expect(readFileSync(path, "utf8")).toBe(
      shown === null ? "" : `s2split: standard output: cannot be written (${shown})\n`,
    );
    expect(exit.mock.calls).toEqual(shown === null ? [] : [[2]]);
    expect(io.stdout.write("more")).toBe(true);
    // With both on a full disk there is nothing to say it on.
    process.stderr.emit("error", failed("ENOSPC"));
    expect(exit).toHaveBeenLastCalledWith(2);
  });
});
