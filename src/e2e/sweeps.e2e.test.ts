import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { ROOT, s2split, spawned, temporaryFolder } from "./cli.js";

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
