import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { DEFAULT_COMPARE_OPTIONS } from "../compare/types.js";
import { memoryIo } from "../testing/inProcess.js";
import { resultFile, runResult, toyCounts, toyMachine, withCount } from "../testing/resultBuilder.js";
import { temporaryFolder } from "../testing/temporaryFolder.js";
import { addGateOptions, compareNamed, compareOptionsOf, type GateFlags, tellGithub } from "./gate.js";

/** The flags that a command line gives. */
function flagsOf(...args: string[]): GateFlags {
  const command = addGateOptions(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return command.parse(args, { from: "user" }).opts<GateFlags>();
}

describe("the gate", () => {
  it("lets no counter rise, and no wall time gate, where nothing is said", () => {
    expect(compareOptionsOf(flagsOf(), 7)).toEqual({
      maxIncrease: 0,
      wallThreshold: null,
      alpha: 0.05,
      seed: 7,
      allowMissing: false,
      anyEnvironment: false,
    });
    expect(compareOptionsOf(flagsOf(), 1)).toEqual(DEFAULT_COMPARE_OPTIONS);
  });

  it("takes what is said", () => {
    const flags = flagsOf("--max-increase", "1.5%", "--wall-threshold", "10", "--alpha", "1e-3", "--allow-missing");
    expect(compareOptionsOf(flags, 1)).toEqual({
      maxIncrease: 0.015,
      wallThreshold: 0.1,
      alpha: 0.001,
      seed: 1,
      allowMissing: true,
      anyEnvironment: false,
    });
    expect(compareOptionsOf(flagsOf("--any-environment"), 1)).toMatchObject({
      allowMissing: false,
      anyEnvironment: true,
    });
  });

  it.each([
    ["0", 0],
    ["0%", 0],
    [".5%", 0.005],
    [" 5 ", 0.05],
    ["1000000", 10_000],
  ])("takes %j as a percentage: %d", (text, value) => {
    expect(flagsOf("--max-increase", text).maxIncrease).toBe(value);
  });

  it.each(["", "1000000.1", "-1", "5%%", "x5", "5x", "5.", "1e2", "0x5"])("takes %j for no percentage", (text) => {
    expect(() => flagsOf("--wall-threshold", text)).toThrow("Expected a percentage, such as 5%.");
  });

  it.each([
    ["1e-9", 1e-9],
    [".05", 0.05],
    ["0.999999", 0.999999],
    ["5E-2", 0.05],
  ])("takes %j as a probability", (text, value) => {
    expect(flagsOf("--alpha", text).alpha).toBe(value);
  });

  it.each(["", "0", "9e-10", "1", "1.5", "-0.1", "5%", "0.", "0x1"])("takes %j for no probability", (text) => {
    expect(() => flagsOf("--alpha", text)).toThrow("Expected a probability between 0 and 1.");
  });
});

describe("GitHub Actions", () => {
  const registry = [{ ...toyMachine, load: async () => toyMachine }] as never;
  const base = resultFile({ runs: [runResult()] });
  const worse = resultFile({ runs: [runResult({ counts: withCount(toyCounts, "split/lockDrops", 5) })] });

  async function told(next: typeof base, env: Record<string, string>, stdoutIsTaken = false) {
    const { io, written } = memoryIo({ env, registry });
    const sides = [[{ path: "base.json", result: base }], [{ path: "new.json", result: next }]] as const;
    const comparison = await compareNamed(...sides, DEFAULT_COMPARE_OPTIONS, io);
    await tellGithub(comparison, stdoutIsTaken, io);
    return written;
  }

  it("has an annotation of each regression on stdout, or on stderr where stdout is taken", async () => {
    const line =
      "::error file=base.json,title=s2split%3A regression::thp/enable, baseline: lock drops: 2 -> 5 drops (+150.0%25)\n";
    expect(await told(worse, { GITHUB_ACTIONS: "true" })).toEqual({ stdout: line, stderr: "", both: line });
    expect(await told(worse, { GITHUB_ACTIONS: "true" }, true)).toEqual({ stdout: "", stderr: line, both: line });
  });

  it("has none where nothing got worse, nor has anybody elsewhere", async () => {
    expect((await told(base, { GITHUB_ACTIONS: "true" })).both).toBe("");
    const summary = join(temporaryFolder(), "summary.md");
    expect((await told(worse, { GITHUB_STEP_SUMMARY: summary })).both).toBe("");
    expect(existsSync(summary)).toBe(false);
  });

  it("has the summary behind what the step has said before, and the verdict where it cannot be written", async () => {
    const folder = temporaryFolder();
    const summary = join(folder, "summary.md");
    writeFileSync(summary, "before\n");
    await told(worse, { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: summary });
    expect(readFileSync(summary, "utf8")).toMatch(/^before\n## s2split: 1 regressed\n/);
    mkdirSync(join(folder, "folder"));
    const env = { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: join(folder, "folder") };
    expect((await told(base, env)).stderr).toBe("s2split: GITHUB_STEP_SUMMARY cannot be written (EISDIR)\n");
  });
});
