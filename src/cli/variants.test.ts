import { describe, expect, it } from "vitest";
import { EXIT } from "../exit.js";
import { run } from "../testing/inProcess.js";

const words = (...words: string[]) =>
  JSON.stringify({
    granule: "4K",
    ipaBits: 40,
    memslots: [{ base: "0x40000000", segments: [{ map: "4K", size: "260K" }], dirty: { words } }],
    dirtyLog: { mode: "clear", chunk: "2M" },
  });

const FULL = "0xffffffffffffffff";

describe("a scenario file whose dirty words reach past its slot's end", () => {
  it.each(["bench", "verify"])("is taken by %s as by the kernel, with a note on stderr", async (command) => {
    const options = command === "bench" ? ["--no-wall"] : [];
    const args = [command, "--scenario", "-", "--strategy", "max-level", ...options];
    const { code, stdout, stderr } = await run(args, { stdin: words(FULL, FULL) });
    expect(code).toBe(EXIT.fine);
    expect(stdout).toContain("max-level");
    expect(stderr).toContain(
      "note: -: memslots[0].dirty: 63 dirty pages lie past the slot's end and do nothing, as in the kernel\n",
    );
    const exact = await run(args, { stdin: words(FULL, "0x1") });
    expect([exact.stdout, exact.stderr.includes("note:")]).toEqual([stdout, false]);
  });
});

describe("a riscv scenario file that has words or runs reaching past the slot's end", () => {
  const scenario = (dirty: object) =>
    JSON.stringify({
      mmu: "riscv",
      gstage: "sv39x4",
      memslots: [{ base: "0x40000000", segments: [{ map: "4K", size: "400K" }], dirty }],
      dirtyLog: { mode: "clear", eagerSplit: true },
    });
  const args = ["bench", "--no-wall", "--scenario", "-", "--strategy", "baseline"];

  it.each([
    ["words", { words: ["0xffffffffffffffff", "0xffffffffffffffff", "0x1"] }, 29],
    ["runs", { runs: [[0, 101]] }, 1],
  ])("is run as if %s ended at the slot's, with a note on stderr", async (_, dirty, past) => {
    const given = await run(args, { stdin: scenario(dirty) });
    expect(given.code).toBe(EXIT.fine);
    expect(given.stderr).toMatch(
      new RegExp(
        `^note: -: memslots\\[0\\]\\.dirty: ${past} dirty pages? lies? past the slot's end and do(?:es)? ` +
          "nothing, as in the kernel\\n$",
      ),
    );
    const exact = await run(args, { stdin: scenario({ runs: [[0, 100]] }) });
    expect(exact).toEqual({ ...given, stderr: "" });
  });

  it("is refused where a run begins past it", async () => {
    const { code, stderr } = await run(args, { stdin: scenario({ runs: [[100, 1]] }) });
    expect(code).toBe(EXIT.usage);
    expect(stderr).toContain("memslots[0].dirty [100, 1]: not a run of pages of this slot; expected ");
  });
});

describe("a scenario file whose dirty runs overlap", () => {
  it.each(["arm64", "riscv"])(
    "is taken on %s as the pages that they have together, with a note on stderr",
    async (mmu) => {
      const scenario = (...runs: [number, number][]) =>
        JSON.stringify({
          ...(mmu === "arm64" ? { granule: "4K", ipaBits: 40 } : { mmu, gstage: "sv39x4" }),
          memslots: [{ base: "0x40000000", segments: [{ map: "2M", size: "4M" }], dirty: { runs } }],
          dirtyLog: mmu === "arm64" ? { mode: "clear", chunk: "2M" } : { mode: "clear", eagerSplit: true },
        });
      const args = ["bench", "--no-wall", "--scenario", "-", "--strategy", "baseline"];
      const twice = await run(args, { stdin: scenario([0, 100], [50, 100]) });
      expect(twice.stderr).toBe("note: -: memslots[0].dirty: runs overlap, in 50 pages; each page is dirty once\n");
      expect(await run(args, { stdin: scenario([0, 150]) })).toEqual({ ...twice, stderr: "" });
    },
  );
});

describe("variants of a clear", () => {
  it("are cases of their own, named where they are not Linux", async () => {
    const { code, stdout } = await run([
      ...["bench", "-s", "thp", "-b", "4M", "--mode", "clear", "--chunk", "2M", "--no-wall", "--strategy", "max-level"],
      ...["--clear-range", "word,2M", "--dsb", "per-call,per-change"],
    ]);
    expect(code).toBe(EXIT.fine);
    const headings = stdout.matchAll(/^thp-4M(?:: (.*))?$/gm);
    expect([...headings].map(([, variants]) => variants)).toEqual([
      undefined,
      // Barriers are in no table: a case that differs in them alone shares one.
      "dsb per-change-proposed",
      "clear-range 2M-proposed",
      "dsb per-change-proposed, clear-range 2M-proposed",
    ]);
  });

  it.each([
    [["--clear-range", "4M", "--mode", "clear"], "--clear-range 4M: unknown; expected word, 2M, chunk, ioctl"],
    [["--clear-range", "2M", "-g"], "--clear-range: enabling clears nothing; expected --mode clear"],
    [["--dsb", "never"], "--dsb never: unknown; expected per-block, per-call, per-change"],
    [["--tlbi-range", "maybe"], "Allowed choices are on, off"],
    [["--mmu", "x86-tdp", "--clear-range", "2M"], "--clear-range"],
  ])("are refused with %j", async (options, message) => {
    const { code, stderr } = await run(["bench", "--no-wall", ...options]);
    expect([code, stderr.trim().split("\n").length]).toEqual([EXIT.usage, 1]);
    expect(stderr).toContain(message);
  });
});
