import type { Command } from "commander";
import { exitCodeOf } from "../../compare/compare.js";
import { DEFAULT_COMPARE_OPTIONS } from "../../compare/types.js";
import { EXIT } from "../../exit.js";
import { formatJson } from "../../files/json.js";
import { compareText } from "../../report/compareTable.js";
import { styleFor } from "../../report/style.js";
import { readResults } from "../../results/read.js";
import { addGateOptions, compareNamed, compareOptionsOf, type GateFlags, tellGithub } from "../gate.js";
import { addHtmlOption, type HtmlFlags, htmlOutput } from "../htmlOutput.js";
import type { Invocation, Io } from "../io.js";
import { integer } from "../options.js";

interface CompareFlags extends GateFlags, HtmlFlags {
  readonly all?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly seed: number;
}

const HELP = `
BASE and NEW are result files, folders of them, or - for standard input; or
both are files that measure or import wrote.

Exact figures (counters, final tree, right or wrong): any change is shown, an
increase beyond --max-increase is a regression. Wall times gate only with
--wall-threshold; then a regression needs a median beyond the threshold, a
Mann-Whitney test with p < alpha after Holm's correction over all comparisons,
and a 95% bootstrap interval that excludes zero.

Exit codes: 0 no regression, 1 regression, 2 not comparable or unreadable,
130 interrupted.

Examples:
  s2split compare base.json new.json
  s2split compare results/ new/ --max-increase 0.5%
  s2split compare base.json new.json --wall-threshold 10%`;

/** Adds `s2split compare`. */
export function register(program: Command, invocation: Invocation): void {
  addHtmlOption(addGateOptions(program.command("compare")))
    .description("Compare two results, figure by figure, and exit 1 if a walker got worse.")
    .argument("<base>", "result file or folder")
    .argument("<new>", "result file or folder")
    .option("--seed <n>", "seed of the bootstrap", integer(0, 2 ** 32 - 1), DEFAULT_COMPARE_OPTIONS.seed)
    .option("--all", "show equal figures too")
    .option("--json", "print the comparison as JSON, and nothing else, on stdout")
    .option("-q, --quiet", "print nothing; the exit code tells")
    .addHelpText("after", HELP)
    .action(invocation.action(compare));
}

async function compare(io: Io, base: string, next: string, flags: CompareFlags, self: Command): Promise<number> {
  const { color } = self.optsWithGlobals();
  const { isMeasurement } = await import("../../measure/read.js");
  if ((await isMeasurement(base)) && (await isMeasurement(next)))
    return await compareMeasured(io, base, next, flags, color);
  const writePage = await htmlOutput(flags, io, [base, next]);
  const sides = [await readResults([base], io), await readResults([next], io)] as const;
  const comparison = await compareNamed(...sides, compareOptionsOf(flags, flags.seed), io);
  const exitCode = exitCodeOf(comparison);
  await writePage(async () => (await import("../../report/html/comparePage.js")).comparePage(comparison));
  if (flags.json === true) {
    io.stdout.write(formatJson({ kind: "s2split-comparison", schemaVersion: 1, exitCode, ...comparison }));
  } else if (flags.quiet !== true) {
    io.stdout.write(`${compareText(comparison, styleFor(io, color), flags.all === true)}\n`);
  }
  await tellGithub(comparison, flags.json === true, io);
  return exitCode;
}

/**
 * Measurements of the real selftest (`s2split measure`, `import`) in place of simulations: of two
 * kernels, as a rule.
 */
async function compareMeasured(
  io: Io,
  base: string,
  next: string,
  flags: CompareFlags,
  color: "auto" | "always" | "never",
): Promise<number> {
  const [{ readMeasurement }, { compareMeasurements }, { measureCompareText }] = await Promise.all([
    import("../../measure/read.js"),
    import("../../compare/measurements.js"),
    import("../../report/measureCompare.js"),
  ]);
  const files = [await readMeasurement(base), await readMeasurement(next)] as const;
  const comparison = compareMeasurements(...files, [base, next], compareOptionsOf(flags, flags.seed));
  const writePage = await htmlOutput(flags, io, [base, next]);
  await writePage(async () =>
    (await import("../../report/html/compareMeasuredPage.js")).compareMeasuredPage(comparison, [base, next]),
  );
  const exitCode = comparison.regressions > 0 ? EXIT.regression : EXIT.fine;
  if (flags.json === true) {
    const head = { kind: "s2split-measurement-comparison", schemaVersion: 1, exitCode };
    io.stdout.write(formatJson({ ...head, ...comparison }));
  } else if (flags.quiet !== true) {
    io.stdout.write(`${measureCompareText(comparison, styleFor(io, color))}\n`);
  }
  return exitCode;
}
