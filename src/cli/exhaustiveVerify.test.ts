import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { x86Shadow } from "../mmu/shadow/mmu.js";
import { MODEL_VERSION } from "../results/types.js";
import { run } from "../testing/inProcess.js";
import { temporaryFolder } from "../testing/temporaryFolder.js";
import { toy } from "../testing/toyMmu.js";
import { runWatched } from "../testing/watched.js";

it("on a terminal, tells how fast an exhaustive search goes on", async () => {
  let now = 0;
  // A millisecond passes from one look at the clock to the next: from the start to the first
  // progress.
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now++);
  const args = ["verify", "--exhaustive", "--mmu", "x86-shadow", "--strategy", "exact", "--shard", "1/400"];
  const { code, stderr } = await run(args, { columns: 80 });
  clock.mockRestore();
  expect(code).toBe(0);
  const { combinations, units } = x86Shadow.exhaustive!("small");
  // The first 16 of the share's 40 units.
  const rate = ((16 * combinations) / units / 1e-3 / 1e6).toFixed(1);
  expect(Math.ceil(units / 400)).toBe(40);
  expect(stderr).toContain(` 40%  ${rate} million combinations a second, 1 s left`);
});

const SHARE = ["verify", "--exhaustive", "--mmu", "x86-shadow", "--strategy", "exact", "--shard", "1/400"];
const RIGHT = "\n\n  right  exact  right on all 2,809 combinations\n\n1 strategy checked, all right within the bound\n";

describe("verify --exhaustive", () => {
  it("prints the bound, a verdict of each strategy, and a sentence of all, beside what it writes", async () => {
    const cwd = temporaryFolder();
    const files = ["--export-json", "out.json", "--export-html", "out.html"];
    const { code, stdout, stderr } = await run([...SHARE, ...files], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.startsWith("KVM/x86 shadow MMU (nested guests): exhaustive, bound small, shard 1 of 400\n")).toBe(
      true,
    );
    expect(stdout.slice(-RIGHT.length)).toBe(RIGHT);
    const text = readFileSync(join(cwd, "out.json"), "utf8");
    expect(JSON.parse(text)).toMatchObject({
      schemaVersion: 1,
      kind: "s2split-exhaustive",
      modelVersion: MODEL_VERSION,
      mmu: "x86-shadow",
      bound: "small",
      shard: { index: 1, count: 400 },
      unitsTried: 40,
      partial: false,
      strategies: [{ strategy: "exact", source: "builtin", combinations: 2809, failing: 0, faults: [] }],
    });
    expect(readFileSync(join(cwd, "out.html"), "utf8")).toContain("2,809");
    expect((await run([...SHARE, "--json"])).stdout).toBe(text);
    expect((await run([...SHARE, "--export-json", "-"])).stdout).toBe(text);
  });

  it("ends with 1 where a strategy is wrong, and saves each fault that full size has", async () => {
    const cwd = temporaryFolder();
    const args = ["verify", "--exhaustive", "--strategy", "skip-return-rfc", "--shard", "3/200", "--save", "f.json"];
    const { code, stdout, stderr } = await run(args, { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/\n\n1 strategy checked, wrong: skip-return-rfc\n$/);
    const saved = stderr.replace(/\n +/g, " ").trimEnd().split("\n");
    // The third shows only in the small geometry.
    const names = [1, 2, 4, 5].map((number) => (number === 1 ? "f.json" : `f-${number}.json`));
    expect(saved).toEqual(
      names.map((name) => {
        const hint = `what a real host's own walker does there: s2split reproduce ${name}`;
        return `s2split: fault ${/\d/.exec(name)?.[0] ?? 1} is in ${name}; ${hint}`;
      }),
    );
    expect(readdirSync(cwd).sort()).toEqual([...names].sort());
    expect(JSON.parse(readFileSync(join(cwd, "f.json"), "utf8"))).toMatchObject({
      memslots: [{ base: "0x40000000", segments: [{ map: "1G", size: "1G", writeProtected: true }] }],
      dirtyLog: { mode: "clear", chunk: "4K" },
    });
    expect(await run(args, { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining("is there already") });
  });

  it("that is interrupted tells what it has, writes no verdict, and ends with 130", async () => {
    const cwd = temporaryFolder();
    const json = join(cwd, "out.json");
    const args = [...SHARE, "--export-json", json, "--export-html", join(cwd, "out.html")];
    const { code, stdout, stderr, released } = await runWatched(args, { at: "" });
    expect([code, released, readdirSync(cwd)]).toEqual([130, true, []]);
    expect(stdout).toMatch(/^KVM\/x86 shadow [\s\S]*\n\n[\s\S]*\n$/);
    expect(stderr.replace(/\n +/g, " ")).toBe(`s2split: interrupted; ${json} is not written\n`);
    expect((await runWatched(SHARE, { at: "" })).stderr).toBe("");
  });

  it("refuses an MMU without a bound, and threads for a custom strategy", async () => {
    expect(await run(["verify", "--exhaustive"], { registry: [toy] })).toEqual({
      code: 2,
      stdout: "",
      stderr: "s2split: --exhaustive: a toy has no small geometry; expected --random N or --scenario FILE\n",
    });
    const module = join(temporaryFolder(), "mine.mjs");
    writeFileSync(module, 'export default { id: "mine" };');
    expect(await run(["verify", "--exhaustive", "--strategy", module, "--jobs", "2"])).toEqual({
      code: 2,
      stdout: "",
      stderr: `s2split: --jobs 2 with ${module}: a custom strategy runs in one thread; expected --jobs 1\n`,
    });
  });
});

describe("merge of shares of a search", () => {
  /** The verdicts of a share as those of a whole. */
  async function whole(change: (result: { strategies: { failing: number }[] }) => void = () => {}): Promise<string> {
    const path = join(temporaryFolder(), "share.json");
    const result = JSON.parse((await run([...SHARE, "--json"])).stdout);
    change(result);
    writeFileSync(path, JSON.stringify({ ...result, shard: { index: 1, count: 1 }, unitsTried: result.units }));
    return path;
  }

  it("prints what the search would, writes JSON alone, and ends as the search does", async () => {
    const share = await whole();
    const { code, stdout, stderr } = await run(["merge", share]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.startsWith("KVM/x86 shadow MMU (nested guests): exhaustive, bound small\n")).toBe(true);
    expect(stdout.slice(-RIGHT.length)).toBe(RIGHT);
    expect(await run(["merge", share, "--quiet"])).toEqual({ code: 0, stdout: "", stderr: "" });
    const json = await run(["merge", share, "--export-json", "-"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: "s2split-exhaustive", shard: null, mmu: "x86-shadow" });
    const file = join(temporaryFolder(), "out.json");
    expect((await run(["merge", share, "--export-json", file])).stdout).toBe(stdout);
    expect(readFileSync(file, "utf8")).toBe(json.stdout);
  });

  it("refuses other exports, and a file of another kind", async () => {
    const share = await whole();
    expect((await run(["merge", share, "--export-csv", join(temporaryFolder(), "x")])).stderr).toBe(
      "s2split: merge: verdicts of verify are exported as JSON alone; expected --export-json\n",
    );
    const other = join(temporaryFolder(), "other.json");
    writeFileSync(other, "{}");
    expect((await run(["merge", share, other])).stderr).toBe(
      `s2split: ${other}: is of another kind than the first file; expected a share of an exhaustive search\n`,
    );
  });
});
