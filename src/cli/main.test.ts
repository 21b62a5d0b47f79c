import { linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { UserError } from "../errors.js";
import { EXIT } from "../exit.js";
import { asUser } from "../testing/asUser.js";
import { memoryIo, run } from "../testing/inProcess.js";
import { toy } from "../testing/toyMmu.js";
import { main } from "./main.js";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "s2split-cli-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const SCENARIO = JSON.stringify({
  granule: "4K",
  ipaBits: 40,
  memslots: [{ base: "0x0", segments: [{ map: "2M", size: "4M" }] }],
  dirtyLog: { mode: "enable", chunk: "2M" },
});

describe("main", () => {
  it("runs in a process that it leaves as it is, and returns the exit code", async () => {
    const before = process.exitCode;
    const { code, stdout, stderr } = await run(["bench", "-s", "thp", "-b", "4M", "--no-wall"]);
    expect([code, stderr, process.exitCode]).toEqual([EXIT.fine, "", before]);
    expect(stdout).toContain("max-level");
  });

  it("prints help and the version on stdout, and a wrong option in one line on stderr", async () => {
    expect(await run(["--version"])).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: "",
    });
    expect(await run(["bench", "--help"])).toMatchObject({ code: 0, stdout: expect.stringContaining("--backing") });
    expect(await run(["bench", "--backin", "thp"])).toMatchObject({
      code: EXIT.usage,
      stdout: "",
      stderr: expect.stringMatching(/^s2split: unknown option '--backin'.*\n$/),
    });
  });

  it("wraps help to the terminal that it has", async () => {
    const { stdout } = await run(["bench", "--help"], { columns: 90 });
    const options = stdout.slice(0, stdout.indexOf("Examples:")).split("\n");
    expect(Math.max(...options.map((line) => line.length))).toBeLessThanOrEqual(90);
  });

  it("reads standard input and the environment that it is given", async () => {
    const args = ["bench", "--scenario", "-", "--no-wall"];
    expect((await run(args, { stdin: SCENARIO })).stdout).not.toContain("\u001b");
    expect((await run(args, { stdin: SCENARIO, env: { FORCE_COLOR: "1" } })).stdout).toContain("\u001b[");
    expect((await run(args)).stderr).toMatch(/^s2split: standard input: empty; expected a scenario/);
  });

  it("says what is a bug with the stack, and exits 70", async () => {
    const { io, written } = memoryIo();
    const broken = {
      ...io,
      stdout: {
        write: () => {
          throw new TypeError("oops");
        },
      },
    };
    expect(await main(["list", "backings"], broken)).toBe(EXIT.internal);
    expect(written.stderr).toMatch(/^s2split: internal error, please report it: TypeError: oops\n +at /);
  });

  it.each<[string, unknown, number, string]>([
    [
      "a model that contradicts itself",
      Object.assign(new Error("two trees"), { name: "ModelFault" }),
      EXIT.invariant,
      "s2split: model invariant failed: two trees\n",
    ],
    [
      "an error that has no stack",
      Object.assign(new Error("oops"), { stack: undefined }),
      EXIT.internal,
      "s2split: internal error, please report it: oops\n",
    ],
    ["what is no error", "thrown", EXIT.internal, "s2split: internal error, please report it: thrown\n"],
    ["a user's mistake", new UserError("--x: a\nb"), EXIT.usage, "s2split: --x: a b\n"],
  ])("says of %s what it is, with its own code", async (_, error, code, stderr) => {
    const load = () => Promise.reject(error);
    expect(await run(["bench"], { registry: [{ ...toy, load }] })).toEqual({ code, stdout: "", stderr });
  });

  it("has the exit codes that its help lists", async () => {
    const { stdout } = await run(["--help"]);
    const listed = stdout.slice(stdout.indexOf("\nExit codes:\n")).matchAll(/^ {2}(\d+) {2,}\S/gm);
    expect([...listed].map(([, code]) => Number(code))).toEqual(Object.values(EXIT));
    expect(EXIT).toEqual({ fine: 0, regression: 1, usage: 2, invariant: 3, internal: 70, interrupted: 130 });
  });

  it.each([
    [["--memory", "1\u001b[31mQ"], "1 [31mQ"],
    [["--strategy", "max\u202elevel"], "max level"],
    [["--\u001b[2Jx"], "-- [2Jx"],
  ])("cleans %j of what a terminal would obey", async (args, shown) => {
    const { code, stderr } = await run(["bench", "--no-wall", ...args]);
    expect(code).toBe(EXIT.usage);
    expect(stderr).toContain(shown);
    expect(stderr).toMatch(/^[\x20-\x7e]*\n$/);
  });

  it.each([
    [["bench", "--time", "0b1"], "Expected a number from 0.01"],
    [["bench", "--time", "0x1"], "Expected a number from 0.01"],
    [["bench", "--alpha", "0b1"], "Expected a probability"],
    [["run", "-p", "0x1001"], "-p 0x1001: not page-aligned; expected a multiple of 4K"],
    [["measure", "--", ""], "measure: no command"],
  ])("refuses %j", async (args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([EXIT.usage, ""]);
    expect(stderr).toContain(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});

describe("an export never replaces what is read", () => {
  it.each(["t.json", "./t.json", "link.json"])("a scenario given as t.json, written as %s", async (output) => {
    const cwd = folder();
    writeFileSync(join(cwd, "t.json"), SCENARIO);
    linkSync(join(cwd, "t.json"), join(cwd, "link.json"));
    const { code, stderr } = await run(["bench", "--no-wall", "--scenario", "t.json", "--export-json", output], {
      cwd,
    });
    expect([code, readFileSync(join(cwd, "t.json"), "utf8")]).toEqual([EXIT.usage, SCENARIO]);
    expect(stderr).toMatch(/would be written over; expected another file to write\n$/);
  });

  it.each([
    ["bench", "--strategy", "mine.mjs", "--export-markdown", "mine.mjs"],
    ["bench", "--baseline", "mine.mjs", "--export-csv", "mine.mjs"],
    ["verify", "--strategy", "./mine.mjs", "--random", "1", "--save", "mine.mjs", "--force"],
    ["run", "--profile", "./mine.mjs", "--export-json", "mine.mjs"],
    ["merge", "mine.mjs", "--export-json", "mine.mjs"],
    ["calibrate", "mine.mjs", "--output", "mine.mjs", "--force"],
    ["import", "mine.mjs", "--output", "mine.mjs", "--force"],
    ["import-layout", "mine.mjs", "--output", "mine.mjs", "--force"],
  ])("%s %s", async (...args) => {
    const cwd = folder();
    const text = "export default { id: 'mine' };";
    writeFileSync(join(cwd, "mine.mjs"), text);
    const { code, stderr } = await run(args, { cwd });
    expect([code, readFileSync(join(cwd, "mine.mjs"), "utf8")]).toEqual([EXIT.usage, text]);
    expect(stderr).toContain("would be written over");
    expect(readdirSync(cwd)).toEqual(["mine.mjs"]);
  });

  it("nor do two exports share a file", async () => {
    const cwd = folder();
    writeFileSync(join(cwd, "a"), "");
    linkSync(join(cwd, "a"), join(cwd, "b"));
    const args = ["bench", "-s", "4k", "-b", "4M", "--no-wall"];
    for (const [one, other] of [
      ["a", "b"],
      ["x", "./x"],
      ["-", "-"],
    ] as const) {
      const { code, stderr } = await run([...args, "--export-json", one, "--export-csv", other], { cwd });
      expect(code).toBe(EXIT.usage);
      expect(stderr).toContain("is given to both json and csv");
    }
    const both = (one: string, other: string) => [...args, "-q", "--export-json", one, "--export-csv", other];
    expect(await run(both("x", "y"), { cwd })).toMatchObject({ code: 0 });
    expect(await asUser(() => run(both("/dev/null", "/dev/null")))).toMatchObject({ code: 0 });
  });
});

describe("an interrupted bench", () => {
  /**
   * Interrupts before the work, or as soon as it shows progress: while the first strategy of the
   * first case is counted.
   */
  async function interrupted(args: readonly string[], when: "before" | "counting") {
    const { io, written } = memoryIo();
    let interrupt = () => {};
    const stderr = {
      isTTY: true,
      columns: 80,
      write: (text: string) => {
        if (text.includes("counting baseline")) interrupt();
        else io.stderr.write(text);
      },
    };
    const onInterrupt = (listener: () => void) => {
      interrupt = listener;
      if (when === "before") listener();
      return () => {};
    };
    const code = await main(args, { ...io, stderr, onInterrupt });
    return { code, ...written };
  }
  const args = (file: string) => ["bench", "-s", "4k,thp", "-b", "4M", "--no-wall", "--export-json", file];

  it("writes nothing where nothing is finished", async () => {
    const cwd = folder();
    const { code, stdout, stderr } = await interrupted(args(join(cwd, "out.json")), "before");
    expect([code, stdout, readdirSync(cwd)]).toEqual([EXIT.interrupted, "", []]);
    expect(stderr).toBe("s2split: interrupted after 0 of 2 cases; nothing is written\n");
  });

  it("leaves a complete result as it was, and puts the finished strategies of its case beside it", async () => {
    const cwd = folder();
    const file = join(cwd, "out.json");
    writeFileSync(file, "complete");
    const { code, stderr } = await interrupted(args(file), "counting");
    expect([code, readFileSync(file, "utf8")]).toEqual([EXIT.interrupted, "complete"]);
    const part = `${file}.partial.json`;
    expect(JSON.parse(readFileSync(part, "utf8"))).toMatchObject({ partial: true, runs: [{ strategy: "baseline" }] });
    expect(stderr).toContain("interrupted after 0 of 2 cases and 1 of 9 strategies of the next");
    expect(stderr.replaceAll(/\s+/g, " ")).toContain(`what is finished is in ${part}`);
  });
});

describe("options that are numbers with a unit, or one of a few", () => {
  it("bench --time is in seconds", async () => {
    const { stdout } = await run([
      "bench",
      "--time",
      "0.01",
      "-s",
      "thp",
      "-b",
      "2M",
      "--strategy",
      "baseline",
      "--json",
    ]);
    expect(JSON.parse(stdout).options).toMatchObject({ timeMs: 10, runs: null });
  });

  it("advise --chunk takes the chunks of the granule, and 0, and says what they are where it is given another", async () => {
    const args = ["advise", "--backing", "thp", "--memory", "64M", "--mode", "enable", "--json"];
    const { stdout } = await run([...args, "--chunk", "0,2M"]);
    expect(JSON.parse(stdout).rows.map(({ chunk }: { chunk: string }) => chunk)).toEqual(["0", "2M"]);
    const { code, stderr } = await run([...args, "--chunk", "1M"]);
    expect([code, stderr.match(/\n/g)?.length]).toEqual([EXIT.usage, 1]);
    expect(stderr).toContain("expected 4K or 2M or 1G");
  });
});
