import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ResultFile, RunResult } from "../../results/types.js";
import { run } from "../../testing/inProcess.js";
import { temporaryFolder } from "../../testing/temporaryFolder.js";

const SWEEP = ["bench", "-s", "4k,thp,mixed", "-b", "64M", "--mode", "both", "--chunk", "2M,1G", "-q"];

async function parts(count: number, extra: readonly string[]): Promise<{ folder: string; files: string[] }> {
  const folder = temporaryFolder();
  const files: string[] = [];
  for (let index = 1; index <= count; index++) {
    const file = join(folder, `part-${index}.json`);
    const { code, stderr } = await run([...SWEEP, ...extra, "--shard", `${index}/${count}`, "--export-json", file]);
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
    await run([...SWEEP, "--no-wall", "--export-json", whole]);
    const { code, stderr } = await run(["merge", ...[...files].reverse(), "-q", "--export-json", merged]);
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
    await run([...SWEEP, "--runs", "6", "--export-json", whole]);
    const { code, stdout } = await run(["merge", ...files, "--export-json", merged, "--export-csv", csv]);
    expect(code).toBe(0);
    expect(stdout).toContain("skip-return-rfc");
    expect(comparable(merged)).toBe(comparable(whole));
    expect(readFileSync(csv, "utf8").split("\r\n")).toHaveLength(2 + 12 * 9);
  });

  it("refuses what is missing, doubled or foreign, by name, and writes nothing", async () => {
    const { folder, files } = await parts(3, ["--no-wall"]);
    const out = join(folder, "out.json");
    const foreign = join(folder, "foreign.json");
    await run([...SWEEP, "--no-wall", "--seed", "2", "--shard", "2/3", "--export-json", foreign]);
    const cases: [string[], RegExp][] = [
      [[files[0]!], /merge: missing shards 2\/3, 3\/3; expected all 3 parts/],
      [[...files, files[1]!], /part-2\.json: is shard 2\/3, which .*part-2\.json is too/],
      [[files[0]!, foreign, files[2]!], /foreign\.json: is foreign: options is /],
    ];
    for (const [given, expected] of cases) {
      const { code, stderr } = await run(["merge", ...given, "--export-json", out]);
      expect(code).toBe(2);
      expect(stderr).toMatch(expected);
      expect(stderr.trimEnd()).not.toContain("\n");
      expect(existsSync(out)).toBe(false);
    }
    const bad = await run([...SWEEP, "--shard", "4/3"]);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toMatch(/--shard "4\/3": not a part; expected I\/N/);
  });
});
