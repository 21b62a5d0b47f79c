import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run, unwrapped } from "../../testing/inProcess.js";
import { ROOT } from "../../testing/temporaryFolder.js";

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
