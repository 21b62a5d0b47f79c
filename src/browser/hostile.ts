import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { environment, resultFile, runResult, scenarioResult, wall, withCount } from "../testing/resultBuilder.js";

const SCRIPT = "<script>globalThis.hit = 1</script>";
const NAMES = [
  `a ${SCRIPT}`,
  `"><img src=x onerror="globalThis.hit=1">`,
  `'></title></svg></style>${SCRIPT}`,
  "javascript:globalThis.hit=1",
  "]]>--><svg onload=globalThis.hit=1>",
  "{{globalThis.hit=1}} &lt;script&gt;",
] as const;

const COUNTS = {
  writeProtect: { inspected: { "3": 7 } },
  split: { inspected: { "2": 5, "3": 512 }, tlbi: { "2": 1 }, lockDrops: 2, topups: 2, tablesAllocated: 1 },
};

/**
 * A result file whose every text is what an attacker might give; a sweep, timed, so that all
 * pictures are drawn.
 *
 * @returns its path
 */
export function hostileResult(folder: string): string {
  const scenarios = ["2M", "1G"].flatMap((chunk) =>
    NAMES.slice(0, 2).map((name) =>
      scenarioResult(`${name} ${chunk}`, {
        mmu: "arm64",
        name,
        description: NAMES.join(" "),
        variables: { chunk, [NAMES[2]]: NAMES[3] },
        scenario: { granule: "4K", name: NAMES[0], memslots: SCRIPT },
        initial: { leaves: { "3": 512 } },
      }),
    ),
  );
  const runs = scenarios.flatMap(({ id }) =>
    ["baseline", ...NAMES].map((strategy, i) =>
      runResult({
        scenario: id,
        strategy,
        source: i === 0 ? "builtin" : strategy,
        counts: withCount(COUNTS, "split/topups", 2 + i),
        findings: i === 2 ? [{ code: SCRIPT, count: 1, data: { [SCRIPT]: SCRIPT } }] : [],
        wall: { [NAMES[1]]: wall([1000, 1100, 1200, 1300, 1400, 1500]).split },
      }),
    ),
  );
  const path = join(folder, "hostile.json");
  const host = { ...environment, cpuModel: NAMES[2], os: NAMES[1] };
  writeFileSync(
    path,
    JSON.stringify(
      resultFile({ scenarios, runs, environment: host, options: { wall: true, runs: 6, timeMs: null, seed: 1 } }),
    ),
  );
  return path;
}
