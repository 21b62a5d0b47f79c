import type { Command } from "commander";
import { exitCodeOf } from "../../compare/compare.js";
import { noiseOf } from "../../compare/noise.js";
import { type Comparison, DEFAULT_COMPARE_OPTIONS } from "../../compare/types.js";
import { badInput } from "../../errors.js";
import { EXIT } from "../../exit.js";
import { formatJson } from "../../files/json.js";
import { compareText } from "../../report/compareTable.js";
import { noiseText } from "../../report/noiseText.js";
import { styleFor } from "../../report/style.js";
import { parseResult } from "../../results/read.js";
import type { ResultFile } from "../../results/types.js";
import { MAX_SAMPLES } from "../../stats/statistics.js";
import { compareNamed } from "../gate.js";
import { addHtmlOption, type HtmlFlags, htmlOutput } from "../htmlOutput.js";
import { inputsOf } from "../inputs.js";
import type { Invocation, Io } from "../io.js";
import { fraction, integer, list } from "../options.js";
import { runAgain } from "../ownProcess.js";
import { addScenarioOptions, shownAs } from "../scenarioOptions.js";

const HELP = `
An A/A check: bench runs twice with these options, one process after the other
as in CI, and what differs is noise. Repeat it with --pairs at different times
of day before trusting a threshold. Counts must be equal; if they are not, the
exit code is 3.

Example:
  s2split noise --backing thp --runs 50 --pairs 3`;

interface NoiseFlags extends HtmlFlags {
  readonly scenario?: string[];
  readonly strategy?: string[];
  readonly pairs: number;
  readonly json?: boolean;
  readonly [option: string]: unknown;
}

/** Adds `s2split noise`. */
export function register(program: Command, invocation: Invocation): void {
  addHtmlOption(addScenarioOptions(program.command("noise"), invocation.io.registry))
    .description("Run the same benchmark twice, compare it with itself, and suggest a --wall-threshold.")
    .option("--strategy <list>", "strategies, or all (default: all); baseline always runs", list)
    .option("--runs <n>", "samples of wall time for each strategy, as in bench", integer(6, MAX_SAMPLES))
    .option("--time <seconds>", "sample each scenario for this long in place of --runs", fraction(0.01, 86_400))
    .option("--pairs <n>", "how many times to run the pair", integer(1, 1000), 1)
    .option("--json", "print the report as JSON, and nothing else, on stdout")
    .addHelpText("after", HELP)
    .action(invocation.action(noise));
}

async function noise(io: Io, flags: NoiseFlags, command: Command): Promise<number> {
  const args = benchArguments(command);
  const writePage = await htmlOutput(flags, io, inputsOf(flags));
  const comparisons: Comparison[] = [];
  for (let pair = 1; pair <= flags.pairs; pair++) {
    const a = await bench(args, io);
    if (typeof a === "number") return a;
    const b = await bench(args, io);
    if (typeof b === "number") return b;
    if (a.runs.every((run) => run.wall === null)) {
      throw badInput("noise", "no wall times: the guest is too large for copies of its tree", "a smaller --memory");
    }
    const names = [`run ${2 * pair - 1}`, `run ${2 * pair}`] as const;
    comparisons.push(
      await compareNamed([{ path: names[0], result: a }], [{ path: names[1], result: b }], DEFAULT_COMPARE_OPTIONS, io),
    );
  }
  const style = styleFor(io, command.optsWithGlobals().color);
  const unequal = comparisons.find((comparison) => comparison.summary.equal !== comparison.summary.exact);
  if (unequal !== undefined || comparisons.some((comparison) => exitCodeOf(comparison) !== 0)) {
    io.stderr.write(`s2split: the same benchmark counted differently twice: a fault of the model\n`);
    if (unequal !== undefined) io.stdout.write(`${compareText(unequal, style)}\n`);
    return EXIT.invariant;
  }
  const report = noiseOf(comparisons);
  await writePage(async () => (await import("../../report/html/noisePage.js")).noisePage(report, comparisons));
  const text =
    flags.json === true
      ? formatJson({ kind: "s2split-noise", schemaVersion: 1, ...report, pairs: comparisons })
      : `${noiseText(report, comparisons, style)}\n`;
  io.stdout.write(text);
  return EXIT.fine;
}

/** The options as they were given, but for those that only this command has. */
function benchArguments(command: Command): string[] {
  const own = new Set(["pairs", "json", "exportHtml"]);
  const args: string[] = [];
  for (const option of command.options) {
    const name = option.attributeName();
    if (own.has(name) || command.getOptionValueSource(name) !== "cli") continue;
    const value: unknown = command.getOptionValue(name);
    const flag = shownAs(option.flags);
    if (value === true) args.push(flag);
    else if (option.variadic) args.push(flag, ...(value as string[]));
    else args.push(`${flag}=${Array.isArray(value) ? value.join(",") : String(value)}`);
  }
  return args;
}

/**
 * The result of a bench; where it did not end well, its exit code, which is then this command's
 * too.
 */
async function bench(args: readonly string[], io: Io): Promise<ResultFile | number> {
  const { code, stdout } = await runAgain(["bench", "--json", ...args], io);
  return code === EXIT.fine ? parseResult(stdout, "bench") : code;
}
