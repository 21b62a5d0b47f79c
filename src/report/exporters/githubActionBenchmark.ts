import { formatJson } from "../../files/json.js";
import { lookUp } from "../../lists.js";
import type { ResultFile } from "../../results/types.js";
import type { Mmus } from "../benchTable.js";
import { resultSentence } from "../verdictWords.js";
import { metricsOf } from "./metrics.js";

/**
 * The array that github-action-benchmark reads with `tool: customSmallerIsBetter`:
 * `{name, unit, value, range?, extra?}`. Totals of which less is better; the range of a wall time
 * is half of its 95% interval. A wrong result says so in `extra`: what it did not see is no gain.
 */
export function toGithubActionBenchmark(result: ResultFile, mmus: Mmus): string {
  const scenarios = new Map(result.scenarios.map((scenario) => [scenario.id, scenario]));
  const entries = result.runs.flatMap((run) => {
    const { mmu } = lookUp(scenarios, run.scenario);
    return metricsOf(run, mmus.get(mmu)?.counters ?? [])
      .filter((metric) => metric.total && metric.smallerIsBetter && typeof metric.value === "number")
      .map(({ label, unit, value, interval, kind }) => ({
        name: `${run.scenario} / ${run.strategy} / ${label}`,
        unit,
        value,
        // The consumer's pattern wants two characters of figure: "± 5" would not be read.
        ...(interval === undefined ? {} : { range: `± ${((interval[1] - interval[0]) / 2).toFixed(1)}` }),
        extra: `${kind}; result: ${resultSentence(run, mmus.get(mmu)?.findingWords)}`,
      }));
  });
  return formatJson(entries);
}
