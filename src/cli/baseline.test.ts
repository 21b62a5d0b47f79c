import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { environmentHere } from "../bench/environment.js";
import { MODEL_VERSION, type ResultFile } from "../results/types.js";
import { memoryIo } from "../testing/inProcess.js";
import { environment, resultFile, runResult, wall } from "../testing/resultBuilder.js";
import { readBaseline } from "./baseline.js";

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
  expect(await read({ runs: [runResult()] }, gate)).toMatch(/^has no wall times to hold against --wall-threshold/);
  expect(await read({ runs: TIMED, environment }, gate)).toMatch(/^environment\.\w+ is .* here; expected wall times/);
  expect(await read({ runs: TIMED, environment }, { ...gate, anyEnvironment: true })).toBe("1 file");
  expect(await read({ runs: TIMED }, { ...gate, wall: false })).toBe(
    "--wall-threshold: no wall times with --no-wall; expected one of the two",
  );
});

it("counts alone are held against those of any machine, of the same model", async () => {
  expect(await read({ runs: [runResult()], environment }, {})).toBe("1 file");
  expect(await read({ partial: true }, {})).toMatch(/^partial: its run was interrupted/);
  const other = { ...tool, modelVersion: MODEL_VERSION + 1 };
  expect(await read({ tool: other }, {})).toMatch(/^tool\.modelVersion is \d+; expected \d+, as this s2split has/);
});
