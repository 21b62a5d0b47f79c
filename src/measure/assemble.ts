import type { ReadOutput } from "./readLog.js";
import type { MeasuredCase, MeasuredOutput, MeasuredRun, MeasurementFile } from "./schema.js";

/** A measured result without its runs, ready to be filled. */
export function emptyMeasurement(source: MeasurementFile["source"], version: string): MeasurementFile {
  return {
    schemaVersion: 1,
    kind: "s2split-measurement",
    tool: { name: "s2split", version },
    source,
    partial: false,
    createdAt: null,
    machine: null,
    warnings: [],
    plan: null,
    cases: [],
    outputs: [],
    runs: [],
  };
}

/** Puts logs together: equal commands are one case, whichever log they come from. */
export function assembleImport(logs: readonly ReadOutput[], version: string): MeasurementFile {
  const cases = new Map<string, MeasuredCase>();
  const outputs: MeasuredOutput[] = [];
  const runs: MeasuredRun[] = [];
  for (const log of logs) {
    for (const one of log.cases) if (!cases.has(one.id)) cases.set(one.id, one);
    runs.push(...log.runs.map((run) => ({ ...run, output: outputs.length })));
    outputs.push(log.output);
  }
  return { ...emptyMeasurement("import", version), cases: [...cases.values()], outputs, runs };
}
