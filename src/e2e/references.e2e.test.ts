import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { ROOT, s2split, temporaryFolder } from "./cli.js";

type BenchCheck = (
  args: readonly string[],
  say: (text: string) => void,
  warn: (text: string) => void,
) => Promise<number>;

const { benchCheck } = (await import(pathToFileURL(join(ROOT, "scripts", "bench-check.mjs")).href)) as {
  benchCheck: BenchCheck;
};

async function check(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const [said, warned]: [string[], string[]] = [[], []];
  const code = await benchCheck(
    args,
    (text) => said.push(text),
    (text) => warned.push(text),
  );
  return { code, stdout: said.join("\n"), stderr: warned.join("\n") };
}

const SMALL = ["backing-thp.json", "holes.json"];

/** Two small scenarios, and a copy of their results to spoil. */
function copied(): { folder: string; flags: string[] } {
  const [scenarios, folder] = [temporaryFolder(), temporaryFolder()];
  for (const name of SMALL) {
    cpSync(join(ROOT, "scenarios", name), join(scenarios, name));
    cpSync(join(ROOT, "results", name), join(folder, name));
  }
  return { folder, flags: ["--scenarios", scenarios, "--results", folder] };
}

describe("the reference results", () => {
  it("are there for every scenario, have no time and no place, and compare accepts them", async () => {
    const json = (folder: string) => readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(".json"));
    expect(json("results")).toEqual(json("scenarios"));
    for (const name of json("results")) {
      const result = JSON.parse(readFileSync(join(ROOT, "results", name), "utf8"));
      expect(result).toMatchObject({ createdAt: null, environment: null, partial: false, options: { wall: false } });
    }
    expect((await s2split(["compare", "results", "results"])).code).toBe(0);
  });

  it("are what the working tree counts", () => {
    // In a process of its own, as npm run bench:check does it: so V8 has met no other types, and
    // that takes half the time.
    const { status, stderr } = spawnSync(process.execPath, ["scripts/bench-check.mjs"], {
      cwd: ROOT,
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  it("fail the check by name where one count, one file or one scenario differs, and an update mends them", async () => {
    const { folder, flags } = copied();
    const thp = join(folder, "backing-thp.json");
    const text = readFileSync(thp, "utf8");
    writeFileSync(thp, text.replace(/"tablesAllocated": \d+/, '"tablesAllocated": 1'));
    rmSync(join(folder, "holes.json"));
    writeFileSync(join(folder, "orphan.json"), text);
    const { code, stdout, stderr } = await check(flags);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^differs: results\/backing-thp\.json\n(?: {2}.*\n|\n)*.*table pages allocated .* 1 +512/m);
    expect(stdout).toContain("differs: results/holes.json\n  has no reference result");
    expect(stdout).toContain("differs: results/orphan.json: no such scenario");
    expect(stderr).toContain("npm run bench:update");
    expect((await check([...flags, "--update"])).code).toBe(0);
    expect((await check(flags)).code).toBe(0);
    expect(readFileSync(thp, "utf8")).toBe(text);
  });

  it("may have been written by another version of the tool", async () => {
    const { folder, flags } = copied();
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      writeFileSync(path, readFileSync(path, "utf8").replace(/"version": "[^"]*"/, '"version": "0.0.1"'));
    }
    expect((await check(flags)).code).toBe(0);
  });
});
