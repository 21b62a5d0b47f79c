import { lookUp } from "../../lists.js";
import type { ResultFile } from "../../results/types.js";
import { verdictIn } from "../../results/verdict.js";
import type { Mmus } from "../benchTable.js";
import { metricsOf, nameWithUnit } from "./metrics.js";

/**
 * One JSON object a line, one line a run, each complete by itself: what ran, where, the verdict on
 * it, every figure under a name with its unit, and the raw samples.
 */
export function toNdjson(result: ResultFile, mmus: Mmus): string {
  const scenarios = new Map(result.scenarios.map((scenario) => [scenario.id, scenario]));
  const lines = result.runs.map((run) => {
    const { id, mmu, name, workload, variables } = lookUp(scenarios, run.scenario);
    const metrics = metricsOf(run, mmus.get(mmu)?.counters ?? []);
    return JSON.stringify({
      kind: "s2split-run",
      tool: result.tool,
      createdAt: result.createdAt,
      environment: result.environment,
      scenario: id,
      mmu,
      name,
      workload,
      variables,
      strategy: run.strategy,
      source: run.source,
      verdict: verdictIn(run) ?? null,
      findings: run.findings,
      metrics: Object.fromEntries(metrics.map((metric) => [nameWithUnit(metric), metric.value])),
      samplesNs:
        run.wall === null
          ? null
          : Object.fromEntries(Object.entries(run.wall).map(([part, series]) => [part, series.samplesNs])),
    });
  });
  return lines.map((line) => `${line}\n`).join("");
}
