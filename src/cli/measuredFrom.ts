import type { MeasuredPhases } from "../cost/measuredRuns.js";
import type { SplitStrategy } from "../mmu/arm64/strategy.js";
import type { Io } from "./io.js";

/**
 * The phases of measured results with what is counted for them under baseline.
 *
 * @param problem what it means where no phase is usable: stderr then says of each why
 * @throws UserError with it
 */
export async function measuredFrom(
  io: Io,
  results: readonly string[],
  problem: string,
  expected: string,
): Promise<{ readonly measured: MeasuredPhases; readonly baseline: SplitStrategy }> {
  const [{ readMeasurement }, { measuredPhases }, { strategies }, { withId }] = await Promise.all([
    import("../measure/read.js"),
    import("../cost/measuredRuns.js"),
    import("../mmu/arm64/strategies/index.js"),
    import("../lists.js"),
  ]);
  const files = await Promise.all(
    results.map(async (input) => ({ input, file: await readMeasurement(input, io.stdin) })),
  );
  const baseline = withId(strategies, "baseline");
  const measured = measuredPhases(files, baseline);
  if (measured.phases.length > 0) return { measured, baseline };
  const [{ skippedLines }, { badInput }] = await Promise.all([
    import("../report/costReport.js"),
    import("../errors.js"),
  ]);
  for (const line of skippedLines(measured.skipped)) io.stderr.write(`${line}\n`);
  throw badInput(results.join(", "), problem, expected);
}
