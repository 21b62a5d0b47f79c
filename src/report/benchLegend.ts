import { countAt } from "../mmu/counters.js";
import type { ResultFile } from "../results/types.js";
import { isWide, WIDE_SHARE } from "../stats/statistics.js";
import type { Style } from "./style.js";
import { verdictNotes } from "./verdictMarks.js";

/**
 * What kind of figures the tables hold.
 *
 * @param short whether some tables are short
 */
export function legend(result: ResultFile, style: Style, short = false): string {
  const lines = [
    ...(short
      ? ["Strategies with equal figures share a row, cases with equal tables a table; --full prints every table whole."]
      : []),
    "Counts are exact: the same on every machine; the tests hold them equal to those of the kernel's own code.",
  ];
  if (result.runs.some(({ counts }) => countAt(counts, "final/digest") === null)) {
    lines.push(
      "Digests of the finished trees are left out for guests beyond 16 GiB; what is right is checked region by region.",
    );
  }
  if (result.runs.some((run) => run.wall !== null)) {
    const host = result.environment;
    lines.push(
      `Wall times are measured: of this simulation on this host (${host?.cpuModel}, ${host?.cpuCount} CPUs, node ` +
        `${host?.node}), ` +
        "median ± half the 95% interval; not times of any kernel. ~ means that the intervals overlap.",
    );
    if (result.runs.some(({ wall }) => Object.values(wall ?? {}).some(isWide))) {
      const share = `${100 * WIDE_SHARE}%`;
      lines.push(
        `! the interval is wider than ${share} of its median: something else had the host; a quiet one, or more ` +
          "--runs.",
      );
    }
  } else if (result.options.wall) {
    lines.push("Wall time was not measured: the guest is too large for copies of its whole tree.");
  }
  const notes = verdictNotes(result.runs);
  return [...notes, ...(notes.length === 0 ? [] : [""]), style.chalk.dim(lines.join("\n"))].join("\n");
}
