import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { environmentHere } from "../bench/environment.js";
import { DEFAULT_COMPARE_OPTIONS } from "../compare/types.js";
import { MODEL_VERSION, type ResultFile } from "../results/types.js";
import { memoryIo } from "../testing/inProcess.js";
import { environment, resultFile, runResult, scenarioResult, toyMachine, wall } from "../testing/resultBuilder.js";
import { holdAgainst, readBaseline } from "./baseline.js";

const folder = mkdtempSync(join(tmpdir(), "s2split-baseline-"));
afterAll(() => rmSync(folder, { recursive: true }));
const tool = { name: "s2split" as const, version: "0.1.0", modelVersion: MODEL_VERSION };
const TIMED = [runResult({ wall: wall([3, 1, 2]) }), runResult({ strategy: "max-level" })];

/** What a baseline file is taken as, or why it is not. */
async function read(more: Partial<ResultFile>, flags: object): Promise<string> {
  const path = join(folder, "base.json");
  writeFileSync(path, JSON.stringify(resultFile({ tool, environment: environmentHere(), ...more })));
  const { io } = memoryIo();
  return readBaseline({ baseline: path, wall: true, ...flags } as Parameters<typeof readBaseline>[0], io).then(
    (files) => `${files!.length} file`,
    (error: Error) => error.message.replace(`${path}: `, ""),
  );
}

it("a baseline is held against wall times where any run of it was timed, on a machine like this one", async () => {
  const gate = { wallThreshold: 0.05 };
  expect(await read({ runs: TIMED }, gate)).toBe("1 file");
  expect(await read({ runs: [runResult()] }, gate)).toBe(
    "has no wall times to hold against --wall-threshold; expected a result of bench without --no-wall",
  );
  expect(await read({ runs: TIMED, environment }, gate)).toMatch(
    /^environment\.\w+ is .*, and .* here; expected wall times of this environment \(--any-environment compares them all the same\)$/,
  );
  expect(await read({ runs: TIMED, environment }, { ...gate, anyEnvironment: true })).toBe("1 file");
  expect(await read({ runs: TIMED }, { ...gate, wall: false })).toBe(
    "--wall-threshold: no wall times with --no-wall; expected one of the two",
  );
});

it("counts alone are held against those of any machine, of the same model", async () => {
  expect(await read({ runs: [runResult()], environment }, {})).toBe("1 file");
  expect(await read({ partial: true }, {})).toBe(
    "partial: its run was interrupted; expected a complete result as the baseline",
  );
  const other = { ...tool, modelVersion: MODEL_VERSION + 1 };
  expect(await read({ tool: other }, {})).toBe(
    `tool.modelVersion is ${MODEL_VERSION + 1}; expected ${MODEL_VERSION}, as this s2split has`,
  );
});

it("without a baseline there is nothing to hold against, and nothing that a threshold could be for", async () => {
  const { io } = memoryIo();
  const none = { wall: true, maxIncrease: 0, alpha: 0.05 };
  expect(await readBaseline(none, io)).toBeNull();
  await expect(readBaseline({ ...none, wallThreshold: 0.1 }, io)).rejects.toThrow(
    "--wall-threshold: nothing to compare with; expected --baseline FILE too",
  );
});

describe("a fresh result beside its baseline", () => {
  const io = { registry: [{ ...toyMachine, load: async () => toyMachine }] as never };
  const other = { scenario: "4k/enable" };
  const whole = resultFile({
    scenarios: [scenarioResult(), scenarioResult("4k/enable", { name: "4k" })],
    runs: [runResult(), runResult({ strategy: "max-level" }), runResult(other)],
  });
  const held = async (base: ResultFile[], next: Partial<ResultFile>, chosen?: string[]) => {
    const named = base.map((result, i) => ({ path: `base-${i}.json`, result }));
    const set = chosen === undefined ? undefined : new Set(chosen);
    const { summary, cells } = await holdAgainst(named, resultFile(next), set, DEFAULT_COMPARE_OPTIONS, io);
    return {
      regressions: summary.regressions,
      cells: cells.map(({ scenario, strategy }) => `${scenario} ${strategy}`),
    };
  };
  const both = { runs: [runResult(), runResult({ strategy: "max-level" })] };

  it("is compared in the cases that were benched, one baseline file or several", async () => {
    const cells = ["thp/enable baseline", "thp/enable max-level"];
    expect(await held([whole], both)).toEqual({ regressions: 0, cells });
    const apart = ["thp/enable", "4k/enable"].map((id) => ({
      ...whole,
      scenarios: whole.scenarios.filter((one) => one.id === id),
      runs: whole.runs.filter(({ scenario }) => scenario === id),
    }));
    expect(await held(apart, both)).toEqual({ regressions: 0, cells });
  });

  it("lacks a strategy only where that was asked for", async () => {
    const one = { runs: [runResult()] };
    expect((await held([whole], one)).regressions).toBe(1);
    expect((await held([whole], one, ["max-level"])).regressions).toBe(1);
    expect((await held([whole], one, ["baseline"])).regressions).toBe(0);
    // The baseline always runs, asked for or not.
    expect((await held([whole], both, ["max-level"])).cells).toHaveLength(2);
  });

  it("that has nothing in common with it is told what keeps the two apart", async () => {
    const chunk = scenarioResult("thp/other", { variables: { mode: "enable", chunk: "2M" } });
    const next = { scenarios: [chunk], runs: [runResult({ scenario: "thp/other" })] };
    await expect(held([whole], next)).rejects.toThrow(
      /no scenario in common: of "thp" variables\.chunk is "1G" and "2M"/,
    );
  });
});
