import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { memoryIo, run, unwrapped } from "../../testing/inProcess.js";
import { ROOT, temporaryFolder } from "../../testing/temporaryFolder.js";
import { toy, toyCase } from "../../testing/toyMmu.js";
import { main } from "../main.js";

const lines = (text: string) => text.trimEnd().split("\n");

describe("trace", () => {
  it("answers in one screen what max-level still inspects after a 1G block is split, and what of it is visited", async () => {
    const { code, stdout } = await run(["trace", "--strategy", "max-level", "-s", "hugetlb-1g"]);
    expect(code).toBe(0);
    expect(lines(stdout).length).toBeLessThan(24);
    expect(stdout).toContain("512 x level 2 table, made by this walk: not visited, not entered (deepest level is 2)");
    expect(unwrapped(stdout)).toContain("in tables that the walk had just made: 512 inspected, 0 visited");
  });

  it("folds a gigabyte of pages to a few lines", async () => {
    const { stdout } = await run(["trace", "-s", "4k"]);
    expect(lines(stdout).length).toBeLessThan(12);
    expect(stdout).toContain("512 times, the first at 0x40000000, the last at 0x7fe00000:");
    expect(stdout).toContain("512 x level 3 page r-x: visited, nothing to do");
  });

  it("gives one event a line as JSON, as many as --limit says", async () => {
    const { stdout } = await run(["trace", "--json", "--phase", "all", "--limit", "7", "-s", "thp", "-b", "4M"]);
    const events = lines(stdout).map((line) => JSON.parse(line) as { event: string; phase: string; text: string });
    expect(events).toHaveLength(7);
    expect(events[0]).toMatchObject({ event: "walk", phase: "write-protect" });
    expect(events.every(({ text }) => text.length > 0)).toBe(true);
  });

  it.each([
    ["write-protect", "write permission taken"],
    ["nested", "invalid: visited, page mapped"],
    ["split", "split into pages"],
  ])("tells phase %s alone", async (phase, what) => {
    const { stdout } = await run(["trace", "--phase", phase, "-s", "thp", "-b", "4M"]);
    expect(stdout).toContain(what);
    expect(lines(stdout).filter((line) => / entries .* inspected/.test(line))).toEqual([
      expect.stringMatching(`^${phase}: `),
    ]);
  });

  it("sets two strategies side by side, in a terminal's width", async () => {
    const scenario = join(ROOT, "scenarios", "fault-tlbi-wrong-ipa.json");
    const { stdout } = await run(
      ["trace", "--strategy", "skip-return-rfc", "--against", "skip-return", "--scenario", scenario],
      { env: { COLUMNS: "120" } },
    );
    expect(lines(stdout)[0]).toMatch(/^skip-return-rfc +\| skip-return$/);
    expect(stdout).toMatch(/1 TLBI to a wrong +\|.*\n +IPA: 0x40400000/);
    expect(stdout).toContain("skip-return-rfc: result: WRONG, 1 TLBI to a wrong IPA, first 0x40400000 for 0x40200000");
    expect(stdout).toContain("skip-return: result: right");
    const table = lines(stdout.slice(0, stdout.indexOf("\n\n")));
    expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it("names the strategy of each event where two are told as JSON", async () => {
    const { stdout } = await run([
      ...[
        "trace",
        "--json",
        "--limit",
        "3",
        "--strategy",
        "max-level",
        "--against",
        "baseline",
        "-s",
        "4k",
        "-b",
        "4M",
      ],
    ]);
    const told = lines(stdout).map((line) => (JSON.parse(line) as { strategy: string }).strategy);
    expect(told).toEqual(["max-level", "max-level", "max-level", "baseline", "baseline", "baseline"]);
  });

  it.each([
    ["several scenarios", ["-s", "4k,thp"], "the options make 2 scenarios"],
    ["an unknown phase", ["--phase", "nestled", "-s", "4k", "-b", "4M"], "no such phase"],
    ["several strategies", ["--strategy", "all"], "names several"],
  ])("refuses %s with exit code 2", async (_, args, message) => {
    const { code, stdout, stderr } = await run(["trace", ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });

  it("works for x86 by the same command", async () => {
    const { code, stdout } = await run([
      "trace",
      "--scenario",
      join(ROOT, "scenarios", "x86-zap-hello.json"),
      "--limit",
      "20",
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain("stopped after 20 events");
  });
});

describe("the guest that trace takes where the options leave several", () => {
  it.each([
    [["--mmu", "x86-shadow"]],
    [["--mmu", "x86-shadow", "--alias", "few"]],
    [["--mmu", "x86-tdp", "--workload", "zap", "--resched-every", "97"]],
    [["--mmu", "x86-tdp"]],
  ])("is one with %j", async (args) => {
    const { code, stderr } = await run(["trace", ...args, "--limit", "200"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  it("is the hello VM for a zap: two roots, the second empty", async () => {
    const { stdout } = await run(["trace", "--mmu", "x86-tdp", "--workload", "zap"]);
    expect(stdout).toContain("root 1: zap level 4");
  });
});

describe("what trace prints", () => {
  const SPLIT = ["trace", "-s", "thp", "-b", "4M"];

  it("is the walk, a summary, whether it was stopped, and whether its result is right", async () => {
    const { code, stdout, stderr } = await run([...SPLIT, "--limit", "3"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(`baseline
split walk, page cache topped up to 513: 0x40000000 to 0x40400000
  level 1 [1] 0x40000000 table: not visited, entered
  level 2 [0] 0x40000000 block 2M r-x -> 0x8040000000: visited, split into pages, the new table entered

split: 2 entries (level 1: 1, level 2: 1) inspected, 1 visitor call (level 2: 1)
stopped after 3 events
result: right
`);
  });

  it("names the strategy of a line of JSON only where there are two", async () => {
    const { stdout } = await run([...SPLIT, "--json", "--limit", "1"]);
    expect(Object.keys(JSON.parse(stdout))).not.toContain("strategy");
    const two = await run([...SPLIT, "--json", "--limit", "1", "--against", "max-level"]);
    expect(lines(two.stdout).map((line) => JSON.parse(line).strategy)).toEqual(["baseline", "max-level"]);
  });

  it("says that it was stopped only where there was more to tell", async () => {
    const { stdout } = await run(["trace", "-s", "thp", "-b", "2M", "--json"]);
    const events = lines(stdout).length;
    const told = async (limit: number) => (await run(["trace", "-s", "thp", "-b", "2M", "--limit", `${limit}`])).stdout;
    expect(await told(events - 1)).toContain(`\nstopped after ${events - 1} events\n`);
    expect(await told(events)).not.toContain("stopped");
    expect(await told(events)).toBe((await run(["trace", "-s", "thp", "-b", "2M"])).stdout);
  });

  it("names the strategy of each line where there are two, and sets their walks side by side", async () => {
    const { stdout } = await run([...SPLIT, "--strategy", "max-level", "--against", "baseline"]);
    const said = stdout.split("\n");
    expect(said[0]).toMatch(/^max-level +\| baseline$/);
    expect(stdout.slice(stdout.indexOf("\n\n"))).toBe(`

max-level: split: 3 entries (level 1: 1, level 2: 2) inspected, 2 visitor calls (level 2: 2)
max-level: result: right

baseline: split: 1,027 entries (level 1: 1, level 2: 2, level 3: 1,024) inspected, 1,026 visitor calls (level 2: 2,
  level 3: 1,024); in tables that the walk had just made: 1,024 inspected, 1,024 visited
baseline: result: right
`);
  });

  it("says what is wrong with the result", async () => {
    const { stdout } = await run(["trace", "--scenario", "fault-passed-over", "--strategy", "skip-return-rfc"]);
    expect(lines(stdout).at(-1)).toBe("result: WRONG, 1 block unsplit, first at 0x40200000");
  });

  it("has nothing to tell of a phase that may be asked for and does not occur", async () => {
    const { code, stdout } = await run(["trace", "-s", "4k", "-b", "4M", "--phase", "nested"]);
    const nothing = { code: 0, stdout: "baseline\n\n\nresult: right\n" };
    expect({ code, stdout }).toEqual(nothing);
    // Of a phase that is known, too, where the guest has none at all.
    expect(await run(["trace", "-s", "thp", "-b", "2M", "--chunk", "0", "--phase", "split"])).toMatchObject(nothing);
  });

  it("tells all phases only where they are asked for, or one", async () => {
    const phases = async (...more: string[]) => {
      const { stdout } = await run(["trace", "-s", "thp", "-b", "2M", "--json", ...more]);
      return [...new Set(lines(stdout).map((line) => (JSON.parse(line) as { phase: string }).phase))];
    };
    expect(await phases()).toEqual(["split"]);
    expect(await phases("--phase", "all")).toEqual(["write-protect", "split", "nested"]);
    expect(await phases("--phase", "nested")).toEqual(["nested"]);
    expect(await phases("--phase", "write-protect")).toEqual(["write-protect"]);
  });

  it("is a page where one is asked for, of each strategy", async () => {
    const page = join(temporaryFolder(), "page.html");
    const { code, stdout } = await run([...SPLIT, "--against", "max-level", "--export-html", page]);
    expect(code).toBe(0);
    expect(stdout).toBe((await run([...SPLIT, "--against", "max-level"])).stdout);
    const html = readFileSync(page, "utf8");
    expect(html.match(/data-walk="/g)).toHaveLength(2);
    for (const text of ["thp-4M", "max-level", "baseline", "split into pages"]) expect(html).toContain(text);
  });
});

describe("a trace of many lines", () => {
  /** What is written at once, by its lines. */
  async function written(args: readonly string[]) {
    const { io } = memoryIo();
    const pieces: string[] = [];
    const stdout = { write: (text: string) => pieces.push(text) };
    expect(await main(args, { ...io, stdout })).toBe(0);
    for (const piece of pieces) expect(piece.endsWith("\n")).toBe(true);
    return { pieces: pieces.map((piece) => piece.split("\n").length - 1), text: pieces.join("") };
  }

  it("is written a thousand of them at a time, as JSON or for another program", async () => {
    const json = await written(["trace", "-s", "thp", "-b", "8M", "--json"]);
    expect(json.pieces).toEqual([1000, 1000, json.pieces.at(-1)]);
    expect(json.text).toBe((await run(["trace", "-s", "thp", "-b", "8M", "--json"])).stdout);
    const exact = await written(["trace", "-s", "thp", "-b", "8M", "--json", "--limit", "2000"]);
    expect(exact.pieces).toEqual([1000, 1000]);
    const casemate = await written(["trace", "-s", "thp", "-b", "2M", "--format", "casemate"]);
    expect(casemate.pieces).toEqual([1000, casemate.pieces.at(-1)]);
    const numbers = casemate.text
      .trimEnd()
      .split("\n")
      .map((line) => Number(/^\(\S+ (\d+) /.exec(line)![1]));
    expect(numbers).toEqual(numbers.map((_, i) => i));
  });

  it("for another program says on stderr what is found, beside what cannot be told", async () => {
    const right = await run(["trace", "-s", "thp", "-b", "2M", "--format", "casemate"]);
    expect([right.code, right.stderr]).toEqual([0, "baseline: right\n"]);
    const args = ["trace", "--format", "casemate", "--scenario", "fault-passed-over", "--strategy", "skip-return-rfc"];
    const wrong = await run(args);
    expect([wrong.code, wrong.stderr.split("\n").at(-2)]).toEqual([
      0,
      "skip-return-rfc: WRONG, 1 block unsplit, first at 0x40200000",
    ]);
  });
});

it("an MMU that cannot be traced says so", async () => {
  const untraced = {
    ...toy,
    load: async () => {
      const mmu = await toy.load();
      return { ...mmu, cases: () => [toyCase({ mmu, trace: undefined } as never)] };
    },
  };
  const { code, stderr } = await run(["trace"], { registry: [untraced] });
  expect([code, stderr]).toEqual([2, "s2split: trace: a toy cannot be traced\n"]);
});
