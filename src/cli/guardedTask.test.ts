import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { watchModules } from "../load/watch.js";
import { run } from "../testing/inProcess.js";
import { temporaryFolder } from "../testing/temporaryFolder.js";
import type { GuardedTask, Heard, Told } from "./guard.js";
import { type GuardPort, runTask } from "./guardedTask.js";

const PIPE = { isTTY: false, columns: undefined };

afterEach(() => watchModules({ loading: () => {}, loaded: () => {}, adopted: () => {} }));

/** Runs a task as its thread would; the one that watches answers what it is told by `answer`. */
async function task(
  argv: readonly string[],
  more: Partial<GuardedTask> = {},
  answer: (told: Told, hear: (heard: Heard) => void) => void = () => {},
) {
  const told: Told[] = [];
  const held: string[] = [];
  let hear: (heard: Heard) => void = () => {};
  const port = {
    on: (_: "message", listener: typeof hear) => {
      hear = listener;
    },
    postMessage: (one: Told) => {
      told.push(one);
      answer(one, hear);
    },
    ref: () => held.push("ref"),
    unref: () => held.push("unref"),
  };
  await runTask({ argv, env: {}, stdout: PIPE, stderr: PIPE, ...more }, port as unknown as GuardPort);
  const text = (stream: string) =>
    told.map((one) => (one.kind === "write" && one.stream === stream ? one.text : "")).join("");
  return { told, held, stdout: text("stdout"), stderr: text("stderr"), last: told.at(-1) };
}

const SCENARIO = JSON.stringify({
  granule: "4K",
  ipaBits: 40,
  memslots: [{ base: "0x0", segments: [{ map: "2M", size: "4M" }] }],
  dirtyLog: { mode: "enable", chunk: "2M" },
});
const BENCH = ["bench", "--no-wall", "--strategy", "max-level"];

/** A module of a strategy in a folder of its own. */
function moduleOf(text: string): string {
  const path = join(temporaryFolder(), "mine.mjs");
  writeFileSync(path, text);
  return path;
}

describe("the command line in a thread that is watched", () => {
  it("says there what it says here, to terminals as they are", async () => {
    const help = await task(["bench", "--help"], { stdout: { isTTY: true, columns: 90 } });
    expect(help.stdout).toBe((await run(["bench", "--help"], { columns: 90 })).stdout);
    expect(help.last).toEqual({ kind: "done", code: 0 });
    const wrong = await task(["list", "wishes"]);
    expect([wrong.stdout, wrong.stderr]).toEqual(["", (await run(["list", "wishes"])).stderr]);
    expect(wrong.last).toEqual({ kind: "done", code: 2 });
    const coloured = await task(["list", "backings"], { env: { FORCE_COLOR: "1" } });
    expect(coloured.stdout).toContain("\u001b[");
  });

  it("asks for its input, and keeps the thread alive for that alone", async () => {
    const pieces = [SCENARIO.slice(0, 9), SCENARIO.slice(9), null];
    const { stdout, stderr, told, held } = await task([...BENCH, "--scenario", "-"], {}, (one, hear) => {
      if (one.kind !== "read") return;
      const piece = pieces.shift()!;
      hear({ kind: "input", bytes: piece === null ? null : Buffer.from(piece) });
    });
    const here = await run([...BENCH, "--scenario", "-"], { stdin: SCENARIO });
    expect({ code: 0, stdout, stderr }).toEqual(here);
    expect(told.filter(({ kind }) => kind === "read")).toHaveLength(3);
    expect(held).toEqual(["unref", "ref", "unref", "ref", "unref", "ref", "unref"]);
  });

  it("says that it listens for interruptions and hears them", async () => {
    const { told, stderr, last } = await task([...BENCH, "-s", "4k,thp", "-b", "4M"], {}, (one, hear) => {
      if (one.kind === "listening" && one.listeners > 0) hear({ kind: "interrupt" });
    });
    expect(told.filter(({ kind }) => kind === "listening")).toEqual([
      { kind: "listening", listeners: 1 },
      { kind: "listening", listeners: 0 },
    ]);
    expect([stderr, last]).toEqual([
      "s2split: interrupted after 0 of 2 cases; nothing is written\n",
      { kind: "done", code: 130 },
    ]);
  });

  it("tells what module it loads, and which hooks it has then", async () => {
    const path = moduleOf('export default { id: "mine", enter: () => true };');
    const { told, last } = await task([...BENCH, "-s", "thp", "-b", "4M", "--strategy", path]);
    const [loading, loaded, adopted] = told.filter(({ kind }) => /^(?:load|adopt)/.test(kind));
    expect([loading, loaded]).toEqual([{ kind: "loading", path }, { kind: "loaded" }]);
    expect(adopted).toMatchObject({ kind: "adopted", activity: expect.any(Int32Array) });
    expect((adopted as Told & { kind: "adopted" }).names.at(-1)).toBe(`strategy "mine" (${path}): its enter()`);
    expect(last).toEqual({ kind: "done", code: 0 });
  });

  it("ends with 2 where a module has replaced a built-in, and says which, once", async () => {
    const replaces = "Math.hypot = Math.ceil;";
    const { hypot } = Math;
    const quiet = moduleOf(`export default { id: "mine", enter: () => { ${replaces} return true; } };`);
    const verify = ["verify", "-s", "thp", "-b", "4M", "--strategy"];
    const replaced = await task([...verify, quiet]);
    expect([replaced.stderr, replaced.last]).toEqual([
      "s2split: a custom strategy replaced Math.hypot, on which figures rest; expected a module that leaves " +
        "built-ins alone\n",
      { kind: "done", code: 2 },
    ]);
    expect(Math.hypot).toBe(hypot);
    const throwing = moduleOf(`export default { id: "mine", enter: () => { ${replaces} throw new Error("oh"); } };`);
    const failed = await task([...verify, throwing]);
    expect(failed.stderr).toMatch(/^s2split: [^\n]* threw Error: oh[^\n]*\n$/);
    expect(failed.last).toEqual({ kind: "done", code: 2 });
  });
});
