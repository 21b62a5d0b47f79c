import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ResultFile } from "../../results/types.js";
import type { Case } from "../contract.js";
import { totalAt } from "../counters.js";
import { loadMmu } from "../registry.js";

const FOLDER = new URL("../../../scenarios/", import.meta.url);
const files = readdirSync(FOLDER).filter((file) => /^x86-.*\.json$/.test(file));

async function load(file: string): Promise<Case> {
  const value = JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as { mmu: string };
  return (await loadMmu(value.mmu)).parse(value, file);
}

/** The reference results, which bench-check holds equal to what is counted now. */
function resultOf(file: string): ResultFile {
  return JSON.parse(readFileSync(new URL(`../../../results/${file}`, import.meta.url), "utf8")) as ResultFile;
}

/** A figure that a scenario's text names: file, strategy, counter, value. */
const FIGURES: readonly [string, string, string, number][] = [
  ["x86-zap-hello", "baseline", "loops", 9216],
  ["x86-zap-hello", "skip-not-present-posted", "loops", 303],
  ["x86-zap-hello", "used-bitmap", "loops", 18],
  ["x86-zap-hello", "baseline", "zapped", 8],
  ["x86-split-4k", "baseline", "loops", 514],
  ["x86-split-2m", "baseline", "loops", 2050],
  ["x86-split-2m", "baseline", "loopsIfAllocationDidNotRestart", 514],
  ["x86-split-1g", "baseline", "mmuLockDropsTotal", 513],
  ["x86-split-1g-to-2m", "baseline", "spAllocs", 1],
  ["x86-split-contended", "baseline", "reschedYields", 511],
  ["x86-split-partial", "baseline", "split2m", 1],
  ["x86-enable-2m", "baseline", "steps/split/loops", 2050],
  ["x86-enable-2m", "baseline", "steps/clear_dirty/loops", 262658],
  ["x86-enable-2m-lazy", "baseline", "loops", 1028],
  ["x86-clear-1g-2m", "baseline", "wpEnd/calls", 512],
  ["x86-clear-1g-2m", "baseline", "wpStart/setSpte", 0],
  ["x86-shadow-no-alias", "double", "mmuLockDrops", 13],
  ["x86-shadow-no-alias", "exact", "descConsumed", 0],
  ["x86-shadow-one-per-page", "exact", "mmuLockDrops", 512],
  ["x86-shadow-one-per-page", "default-capacity", "mmuLockDrops", 25],
  ["x86-shadow-one-per-page", "double", "mmuLockDrops", 13],
  ["x86-shadow-every-gfn", "double", "mmuLockDrops", 256],
  ["x86-shadow-every-gfn", "default-capacity", "mmuLockDrops", 512],
  ["x86-shadow-same-role", "double", "descConsumed", 512],
  ["x86-shadow-few-mmu-pages", "double", "splits2m", 200],
  ["x86-shadow-few-mmu-pages", "double", "final/hugeLeft", 312],
];

/** Scenarios that show something wrong: the strategies it is wrong with, by finding. */
const WRONG: Readonly<Record<string, { code: string; strategies: readonly string[] }>> = {
  "x86-zap-yield-livelock": { code: "livelock", strategies: ["skip-not-present-posted"] },
  "x86-clear-crossing-missed": {
    code: "still-writable",
    strategies: ["baseline", "only-present", "used-count", "used-bitmap"],
  },
};

describe("the x86 scenarios", () => {
  it("are there, each with its file's name and a text that says what it shows", async () => {
    expect(files.length).toBeGreaterThanOrEqual(20);
    for (const file of files) {
      const { scenario } = await load(file);
      expect(`${scenario.name}.json`).toBe(file);
      expect(scenario.description?.length ?? 0).toBeGreaterThan(60);
    }
  });

  for (const [name, strategy, path, value] of FIGURES) {
    it(`${name} has ${path} ${value} with ${strategy}, as its text says`, () => {
      const { counts } = resultOf(`${name}.json`).runs.find((run) => run.strategy === strategy)!;
      expect(totalAt(counts, path)).toBe(value);
    });
  }

  it("are right with every strategy, but for those that show a fault", async () => {
    for (const file of files) {
      const { mmu, applies, scenario } = await load(file);
      const wrong = WRONG[scenario.name!];
      const found = resultOf(file).runs.map((run) => [run.strategy, run.findings.map(({ code }) => code)]);
      const expected = mmu.strategies
        .filter((strategy) => applies(strategy))
        .map(({ id }) => [id, wrong?.strategies.includes(id) ? [wrong.code] : []]);
      expect(found, file).toEqual(expected);
    }
  });
});
