import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { ResultFile, RunResult } from "../results/types.js";
import { ROOT, s2split, spawned, temporaryFolder } from "./cli.js";

const SWEEP = ["bench", "-s", "4k,thp,mixed", "-b", "64M", "--mode", "both", "--chunk", "2M,1G", "-q"];

async function parts(count: number, extra: readonly string[]): Promise<{ folder: string; files: string[] }> {
  const folder = temporaryFolder();
  const files: string[] = [];
  for (let index = 1; index <= count; index++) {
    const file = join(folder, `part-${index}.json`);
    const { code, stderr } = await s2split([...SWEEP, ...extra, "--shard", `${index}/${count}`, "--export-json", file]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    files.push(file);
  }
  return { folder, files };
}

/** A result as text without what may differ: times and environment. */
function comparable(path: string): string {
  const result = JSON.parse(readFileSync(path, "utf8")) as ResultFile;
  const runs = result.runs.map((run): RunResult => ({ ...run, wall: run.wall === null ? null : {} }));
  return JSON.stringify({ ...result, createdAt: null, environment: null, runs });
}

describe("a sweep in parts", () => {
  it("merges to the unsharded result, byte for byte but for its time", async () => {
    const { folder, files } = await parts(3, ["--no-wall"]);
    const [whole, merged] = [join(folder, "whole.json"), join(folder, "merged.json")];
    await s2split([...SWEEP, "--no-wall", "--export-json", whole]);
    const { code, stderr } = await s2split(["merge", ...[...files].reverse(), "-q", "--export-json", merged]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const timeless = (path: string) => readFileSync(path, "utf8").replace(/"createdAt": "[^"]*"/, "");
    expect(timeless(merged)).toBe(timeless(whole));
    expect(files.map((file) => (JSON.parse(readFileSync(file, "utf8")) as ResultFile).scenarios.length)).toEqual([
      4, 4, 4,
    ]);
  });

  it("merges wall times too, and exports as bench does", async () => {
    const { folder, files } = await parts(2, ["--runs", "6"]);
    const [whole, merged, csv] = ["whole.json", "merged.json", "merged.csv"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await s2split([...SWEEP, "--runs", "6", "--export-json", whole]);
    const { code, stdout } = await s2split(["merge", ...files, "--export-json", merged, "--export-csv", csv]);
    expect(code).toBe(0);
    expect(stdout).toContain("skip-return-rfc");
    expect(comparable(merged)).toBe(comparable(whole));
    expect(readFileSync(csv, "utf8").split("\r\n")).toHaveLength(2 + 12 * 9);
  });

  it("refuses what is missing, doubled or foreign, by name, and writes nothing", async () => {
    const { folder, files } = await parts(3, ["--no-wall"]);
    const out = join(folder, "out.json");
    const foreign = join(folder, "foreign.json");
    await s2split([...SWEEP, "--no-wall", "--seed", "2", "--shard", "2/3", "--export-json", foreign]);
    const cases: [string[], RegExp][] = [
      [[files[0]!], /merge: missing shards 2\/3, 3\/3; expected all 3 parts/],
      [[...files, files[1]!], /part-2\.json: is shard 2\/3, which .*part-2\.json is too/],
      [[files[0]!, foreign, files[2]!], /foreign\.json: is foreign: options is /],
    ];
    for (const [given, expected] of cases) {
      const { code, stderr } = await s2split(["merge", ...given, "--export-json", out]);
      expect(code).toBe(2);
      expect(stderr).toMatch(expected);
      expect(stderr.trimEnd()).not.toContain("\n");
      expect(existsSync(out)).toBe(false);
    }
    const bad = await s2split([...SWEEP, "--shard", "4/3"]);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toMatch(/--shard "4\/3": not a part; expected I\/N/);
  });
});

describe("exports", () => {
  it("writes every format from one run", async () => {
    const folder = temporaryFolder();
    const ids = ["json", "csv", "markdown", "ndjson", "bmf", "github-benchmark"];
    const args = ids.flatMap((id) => [`--export-${id}`, join(folder, id)]);
    const { code, stdout } = await s2split(["bench", "-b", "16M", "-s", "thp", "--runs", "6", ...args]);
    expect(code).toBe(0);
    expect(stdout).toContain("max-level");
    const text = (id: string) => readFileSync(join(folder, id), "utf8");
    expect(readdirSync(folder).sort()).toEqual([...ids].sort());
    expect(JSON.parse(text("json")).kind).toBe("s2split-result");
    expect(text("csv")).toMatch(/^scenario,.*wall\/split\/median_ns/);
    expect(text("markdown")).toContain("| strategy |");
    expect(text("ndjson").trimEnd().split("\n")).toHaveLength(9);
    expect(Object.keys(JSON.parse(text("bmf")))).toContain("thp-16M/enable/chunk=1G/max-level");
    expect(JSON.parse(text("github-benchmark"))[0]).toMatchObject({
      unit: expect.any(String),
      value: expect.any(Number),
    });
  });

  it("sends one to stdout and refuses two, or one file for two", async () => {
    const { stdout } = await s2split(["bench", "-b", "16M", "-s", "thp", "--no-wall", "--export-csv", "-"]);
    expect(stdout).toMatch(/^scenario,/);
    const both = await s2split(["bench", "-b", "16M", "--no-wall", "--export-csv", "-", "--json"]);
    expect(both.code).toBe(2);
    expect(both.stderr).toMatch(/standard output: is given to both/);
    const file = join(temporaryFolder(), "x");
    const same = await s2split(["bench", "-b", "16M", "--no-wall", "--export-csv", file, "--export-bmf", file]);
    expect(same.code).toBe(2);
    expect(existsSync(file)).toBe(false);
  });

  it("leaves the old file whole where the disk gives out in the middle of writing", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "out.json");
    writeFileSync(path, "old");
    // A limit on the size of files stops the write part way, as a full disk does.
    const command =
      `ulimit -f 8; "${process.execPath}" bin/s2split.js bench -b 16M --no-wall ` + `-q --export-json "${path}"`;
    const { status } = spawnSync("bash", ["-c", command], { cwd: ROOT });
    expect(status).not.toBe(0);
    expect(readFileSync(path, "utf8")).toBe("old");
  });
});

describe("s2split noise", () => {
  it("runs bench twice, finds the counts equal and suggests a threshold", async () => {
    const args = ["noise", "-s", "thp", "-b", "16M", "--runs", "6", "--strategy", "max-level"];
    const { code, stdout, stderr } = await s2split(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/Counts are equal in 2 runs\. Of 4 wall times of the same code/);
    expect(stdout).toMatch(/Suggested: --wall-threshold \d+%/);
    const json = JSON.parse((await s2split([...args, "--json"])).stdout);
    expect(json).toMatchObject({ kind: "s2split-noise", comparisons: 4 });
    expect(json.suggestedThreshold).toBeGreaterThanOrEqual(json.largestChange);
  });

  it("on Ctrl-C exits 130, writes no file and claims none", async () => {
    const folder = temporaryFolder();
    const strategy = join(folder, "slow.mjs");
    const marker = join(folder, "marker");
    writeFileSync(
      strategy,
      `import { writeFileSync } from "node:fs";
      import { defineStrategy, WALK_BLOCK } from "s2split";
      const enter = () => { writeFileSync(${JSON.stringify(marker)}, ""); return true; };
      export default defineStrategy({ id: "slow", summary: "says that it runs", flags: WALK_BLOCK, enter });`,
    );
    const page = join(folder, "page.html");
    const args = ["noise", "-s", "4k", "-b", "4M", "--runs", "10000", "--strategy", strategy, "--export-html", page];
    const { code, stdout, stderr } = await spawned(args, {
      during: (child) => {
        vi.waitFor(() => expect(existsSync(marker)).toBe(true), { timeout: 60_000 }).then(() => child.kill("SIGINT"));
      },
    });
    expect([code, stdout]).toEqual([130, ""]);
    expect(stderr).toMatch(/^s2split: interrupted after [01] of 1 cases[^/]*\n$/);
    expect(readdirSync(folder).sort()).toEqual(["marker", "slow.mjs"]);
  });

  it("ends as bench does for options that bench refuses", async () => {
    const { code, stderr } = await s2split(["noise", "-s", "thq"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/backing "thq": unknown/);
  });
});

describe("s2split list", () => {
  it.each(["strategies", "scenarios", "backings", "profiles"])("lists %s as text and as JSON", async (what) => {
    const text = await s2split(["list", what]);
    const json = await s2split(["list", what, "--json"]);
    expect([text.code, json.code]).toEqual([0, 0]);
    const listings = JSON.parse(json.stdout) as { name: string; summary: string }[];
    expect(listings.length).toBeGreaterThan(2);
    for (const { name } of listings) expect(text.stdout).toContain(name);
  });

  it("lists scenarios that bench takes", async () => {
    const { stdout } = await s2split(["list", "scenarios", "--json"]);
    const [first] = JSON.parse(stdout) as { path: string }[];
    expect((await s2split(["bench", "--scenario", first!.path, "--no-wall", "-q"])).code).toBe(0);
  });

  it("refuses what it cannot list", async () => {
    const { code, stderr } = await s2split(["list", "wishes"]);
    expect(code).toBe(2);
    expect(stderr).toContain("strategies, scenarios, backings");
  });
});

describe("s2split completion", () => {
  const installed = (shell: string) => spawnSync(shell, ["-c", "true"]).status === 0;

  /** What bash offers on each of these command lines, whose last word, after a blank perhaps none, is being typed. One bash answers all. */
  async function completed(lines: readonly string[]): Promise<string[]> {
    const { stdout: script } = await s2split(["completion", "bash"]);
    const asks = lines.map((line) => {
      const words = ["s2split", ...line.split(" ")];
      const all = words.map((word) => `'${word}'`).join(" ");
      return `unset COMPREPLY; COMP_WORDS=(${all}); COMP_CWORD=${words.length - 1}; _s2split; echo "\${COMPREPLY[*]}"`;
    });
    const said = execFileSync("bash", ["-c", [script, ...asks].join("\n")], { encoding: "utf8" });
    return said.split("\n").slice(0, -1);
  }

  it.skipIf(!installed("bash"))("completes commands, options, values and lists of values in bash", async () => {
    const chunks = "0 4K 2M 1G 16K 32M 64K 512M";
    const expected: Readonly<Record<string, string>> = {
      co: "compare completion",
      "bench --export-n": "--export-ndjson",
      "compare --wall": "--wall-threshold",
      "bench --strategy max": "max-level",
      "bench --strategy baseline,skip-l": "baseline,skip-level",
      "bench -s hugetlb-1": "hugetlb-1g",
      "bench --mode ": "enable clear both",
      "list str": "strategies",
      "bench -s anonymous_t": "anonymous_thp",
      "run -m 1": "1 12 13 14 15 16",
      "bench --chunk ": chunks,
      "run --chunk ": chunks,
      "advise --chunk ": chunks,
      "import-layout --chunk ": chunks,
      "bench --mmu x86-t": "x86-tdp",
      "--color ": "auto always never",
      "bench --color al": "always",
      "--color never comp": "compare completion",
      "--co": "--color",
      "compare x": "",
    };
    const lines = Object.keys(expected);
    const [backings, ...offered] = await completed(["run -s ", ...lines]);
    expect(Object.fromEntries(lines.map((line, i) => [line, offered[i]]))).toEqual(expected);
    expect(backings!.split(" ")).toEqual(expect.arrayContaining(["thp", "hugetlb-1g", "anonymous_thp"]));
  });

  it.each(["bash", "zsh", "fish"])("is a script that %s can parse", async (shell) => {
    const { code, stdout } = await s2split(["completion", shell]);
    expect(code).toBe(0);
    for (const command of ["bench", "compare", "merge", "noise", "list"]) expect(stdout).toContain(command);
    if (installed(shell)) {
      const folder = temporaryFolder();
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "script"), stdout);
      expect(spawnSync(shell, ["-n", join(folder, "script")], { encoding: "utf8" })).toMatchObject({
        status: 0,
        stderr: "",
      });
    }
  });

  it("refuses another shell", async () => {
    expect((await s2split(["completion", "cmd"])).code).toBe(2);
  });
});
