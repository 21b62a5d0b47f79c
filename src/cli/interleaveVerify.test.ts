import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MODEL_VERSION } from "../results/types.js";
import { run, unwrapped } from "../testing/inProcess.js";
import { runWatched } from "../testing/watched.js";

describe("verify --interleave", () => {
  it("names the wrong strategies with their schedule, and ends with 1", async () => {
    const args = ["verify", "--interleave", "--actions", "0", "--strategy", "max-level,skip-new-table-naive"];
    const { code, stdout } = await run(args);
    expect(code).toBe(1);
    expect(stdout).toContain("right  max-level");
    expect(stdout).toContain("with nobody else acting");
    expect(stdout).toContain("2 strategies checked, wrong: skip-new-table-naive");
  });

  it("says dirty page lost where hardware tracks pages", async () => {
    const args = ["verify", "--interleave", "--actions", "0", "--dirty-tracking", "hardware"];
    const { stdout } = await run([...args, "--strategy", "skip-new-table-naive"]);
    expect(stdout).toContain("dirty page lost: a block was left unsplit");
  });

  it("tells Linux's own fault apart from those of strategies, and ends with 0", async () => {
    const args = ["verify", "--interleave", "--actions", "0", "--mmu", "x86-tdp", "--strategy", "used-count", "--json"];
    const { code, stdout } = await run(args);
    expect(code).toBe(0);
    const { strategies } = JSON.parse(stdout) as {
      strategies: readonly { faults: unknown[]; kernelFaults: unknown[] }[];
    };
    expect(strategies[0]!.faults).toEqual([]);
    expect(strategies[0]!.kernelFaults).toHaveLength(1);
  });

  it.each([
    [["--actions", "2"], "--actions without --interleave"],
    [["--interleave", "--random", "5"], "--interleave with --random"],
    [["--interleave", "--bound", "small"], "--bound without --exhaustive"],
    [["--export-json", "x.json"], "--export-json without --exhaustive or --interleave"],
    [["--interleave", "--mmu", "x86-shadow"], "has no other parties"],
    [["--interleave", "--mmu", "x86-tdp", "--dirty-tracking", "hardware"], "PML"],
  ])("refuses %s", async (args, message) => {
    const { code, stderr } = await run(["verify", ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe("exports of verify --interleave", () => {
  it("are its JSON and a page with the smallest schedules", async () => {
    const folder = await mkdtemp(join(tmpdir(), "s2split-"));
    const [json, html] = [join(folder, "out.json"), join(folder, "out.html")];
    const args = ["--actions", "0", "--strategy", "skip-new-table-naive", "--export-json", json, "--export-html", html];
    await run(["verify", "--interleave", ...args]);
    const result = JSON.parse(await readFile(json, "utf8")) as { kind: string };
    expect(result.kind).toBe("s2split-interleave");
    const page = await readFile(html, "utf8");
    expect(page).toContain("skip-new-table-naive: unsplit-block");
    expect(page).toContain("block-16/enable/chunk-4");
    await rm(folder, { recursive: true });
  });
});

describe("verify --interleave to its end, or not", () => {
  const args = ["verify", "--interleave", "--actions", "0", "--strategy", "skip-new-table-naive"];

  it("prints its verdicts or writes them, as JSON alone where that goes to standard output", async () => {
    const right = await run([...args.slice(0, -1), "max-level"]);
    expect([right.code, right.stderr]).toEqual([0, ""]);
    expect(right.stdout).toMatch(
      /^KVM\/arm64 stage-2: against a guest that moves, up to 0 actions\n[\s\S]*\n\n {2}right {2}max-level [^\n]*\n\n1 strategy checked, all right within the bound\n$/,
    );
    const wrong = await run(args);
    expect(wrong.stdout).toMatch(/\n\n1 strategy checked, wrong: skip-new-table-naive\n$/);
    const json = await run([...args, "--json"]);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      kind: "s2split-interleave",
      mmu: "arm64",
      modelVersion: MODEL_VERSION,
      actions: 0,
      dirtyTracking: "faults",
      partial: false,
    });
    expect((await run([...args, "--export-json", "-"])).stdout).toBe(json.stdout);
    const file = join(await mkdtemp(join(tmpdir(), "s2split-")), "out.json");
    expect((await run([...args, "--export-json", file])).stdout).toBe(wrong.stdout);
    expect(await readFile(file, "utf8")).toBe(json.stdout);
    await rm(dirname(file), { recursive: true });
  });

  it("saves schedules, the first in the file that was named, and says where", async () => {
    const cwd = await mkdtemp(join(tmpdir(), "s2split-"));
    const both = [...args.slice(0, -1), "skip-new-table-naive,skip-return-rfc", "--save", "s.json"];
    const { stderr } = await run(both, { cwd });
    const files = (await readdir(cwd)).sort((a, b) => a.length - b.length || a.localeCompare(b));
    expect(files.slice(0, 2)).toEqual(["s.json", "s-2.json"]);
    expect(stderr).toBe(files.map((file, i) => `s2split: fault ${i + 1} is in ${file}\n`).join(""));
    for (const file of files) {
      expect(JSON.parse(await readFile(join(cwd, file), "utf8"))).toMatchObject({ kind: "s2split-interleaving" });
    }
    expect((await run(both, { cwd })).stderr).toBe(
      "s2split: s.json: is there already; expected another --save, or --force\n",
    );
    const shown = await run([...args, "--save", "-"], { cwd });
    expect([shown.stderr, shown.stdout.includes('"kind": "s2split-interleaving"')]).toEqual(["", true]);
    await rm(cwd, { recursive: true });
  });

  it("that is interrupted tells what it has, writes no verdict, and ends with 130", async () => {
    const cwd = await mkdtemp(join(tmpdir(), "s2split-"));
    const json = join(cwd, "out.json");
    const cut = await runWatched([...args, "--export-json", json, "--export-html", join(cwd, "x.html")], { at: "" });
    expect([cut.code, cut.released, await readdir(cwd)]).toEqual([130, true, []]);
    expect(cut.stdout).toMatch(/^KVM\/arm64 stage-2: /);
    expect(cut.stderr.replace(/\n +/g, " ")).toBe(`s2split: interrupted; ${json} is not written\n`);
    expect((await runWatched(args, { at: "" })).stderr).toBe("");
    await rm(cwd, { recursive: true });
  });

  it("tells a terminal how many millions of runs there were", async () => {
    const { progress } = await runWatched(args);
    expect(progress[0]).toMatch(/^ +\d+% {2}0\.0 million runs$/);
  });
});

describe("a saved schedule", () => {
  let folder: string;
  let file: string;
  const saved = {
    schemaVersion: 1,
    kind: "s2split-interleaving",
    mmu: "x86-tdp",
    strategy: "used-count",
    dirtyTracking: "faults",
    unit: "hole/enable/no-pml/lazy",
    schedule: [
      {
        place: 3,
        where:
          "while logging is being enabled, with mmu_lock held for reading, when a walk has read the level-2 " +
          "entry of gfn 512",
        action: "a vCPU writes page 512",
      },
    ],
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "s2split-"));
    file = join(folder, "schedule.json");
    await writeFile(file, JSON.stringify(saved));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ["arm64", "skip-new-table-naive", "1 block unsplit, first at 0x0"],
    ["riscv", "posted-v1", "1 block unsplit, first at 0x4000"],
  ])("of %s is what --save writes and trace takes", async (mmu, strategy, says) => {
    const path = join(folder, `${mmu}.json`);
    await run(["verify", "--interleave", "--mmu", mmu, "--actions", "0", "--strategy", strategy, "--save", path]);
    const { code, stdout } = await run(["trace", "--scenario", path]);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`result: WRONG, ${says}`)]);
  });

  it("is told by trace, with what others do in its place", async () => {
    const { code, stdout } = await run(["trace", "--scenario", file]);
    expect(code).toBe(0);
    const lines = stdout.split("\n").map((line) => line.trim());
    const at = lines.indexOf("a vCPU writes page 512");
    expect(lines.slice(at - 1, at + 3)).toEqual([
      "level 3 [0] table",
      "a vCPU writes page 512",
      "into the table of level 2",
      "level 2 [1] non-present, passed over",
    ]);
    expect(lines.at(-2)).toBe("result: WRONG, dirty page lost at 0x600000");
  });

  it("is replayed by verify under its own strategy, or another that is asked for", async () => {
    const own = await run(["verify", "--scenario", file]);
    expect([own.code, unwrapped(own.stdout)]).toEqual([1, expect.stringContaining("WRONG  used-count")]);
    expect(own.stdout).toContain("1 strategy checked, wrong: used-count");
    const other = await run(["verify", "--scenario", file, "--strategy", "only-present"]);
    expect([other.code, other.stdout]).toEqual([0, expect.stringContaining("1 strategy checked, all right")]);
  });

  it("is no scenario for other commands", async () => {
    const { code, stderr } = await run(["bench", "--scenario", file]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("is a schedule of verify --interleave; expected a scenario"),
    ]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["an unknown guest", { unit: "hole/enable/no-pml/eagr" }, 'as "hole/enable/no-pml/eager"'],
    ["a step that is none", { schedule: [7] }, "standard input.schedule[0]: is a number; expected an object"],
    [
      "a place that the run has not",
      { schedule: [{ place: 3000, where: "", action: "" }] },
      "expected a place from 0 to",
    ],
    [
      "what cannot happen there",
      { schedule: [{ place: 3, where: "", action: "the sun rises" }] },
      "cannot happen there",
    ],
    [
      "a place that is another now",
      { schedule: [{ place: 0, where: "here", action: "a vCPU writes page 512" }] },
      'expected "here"',
    ],
    ["too many steps", { schedule: [1, 2, 3, 4] }, "has 4 elements; expected from 0 to 3"],
    ["another MMU", { mmu: "x86-shadow" }, "x86-shadow has no interleavings"],
    ["a strategy that is not built in", { strategy: "mine" }, "expected --strategy with its module"],
  ])("with %s is refused in one line", async (_, change, message) => {
    const stdin = JSON.stringify({ ...saved, ...change });
    const { code, stderr } = await run(["verify", "--scenario", "-"], { stdin });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr.trim()).not.toContain("\n");
  });
});
