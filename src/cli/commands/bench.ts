import type { Command } from "commander";
import { type PlannedCase, planOf } from "../../bench/plan.js";
import { type BenchOptions, runPlan, wrongRuns } from "../../bench/run.js";
import type { SampleSpec } from "../../bench/wall.js";
import { UserError } from "../../errors.js";
import type { Machine } from "../../machines/machine.js";
import { benchTables } from "../../report/benchTable.js";
import { Progress } from "../../report/progress.js";
import { styleFor } from "../../report/style.js";
import type { ResultFile } from "../../results/types.js";
import { formatResult, type OutputTarget, prepareOutput } from "../../results/write.js";
import { toolVersion } from "../../version.js";
import { Interrupt } from "../interrupt.js";
import { EXIT } from "../main.js";
import { fraction, integer, list } from "../options.js";
import { addScenarioOptions, type ScenarioOptions, scenariosFrom } from "../scenarioOptions.js";
import { strategiesNamed } from "../strategyOptions.js";

interface BenchFlags extends ScenarioOptions {
  readonly strategy?: string[];
  readonly runs?: number;
  readonly time?: number;
  readonly wall: boolean;
  readonly json?: boolean;
  readonly exportJson?: string;
  readonly quiet?: boolean;
  readonly strict?: boolean;
}

const DEFAULT_ROUNDS = 20;

const EXAMPLES = `
Examples:
  s2split bench --backing thp                       every strategy on 1 GiB of transparent huge pages
  s2split bench -s 4k,thp -b 4G --chunk 2M,1G       a sweep over backings and chunk sizes
  s2split bench --mode both --strategy max-level    enable and clear, one strategy against baseline
  s2split bench --scenario my.json --no-wall --json counts only, as JSON on stdout`;

/** Adds `s2split bench`. */
export function register(program: Command): void {
  addScenarioOptions(program.command("bench"))
    .summary("count, exactly, what each walker strategy costs, and say whether it is right")
    .description(
      "Simulate eager splitting under each walker strategy and print, per scenario, a table of exact counts, measured wall time of the simulation, and whether the result is right.",
    )
    .option("--strategy <list>", "strategies, or all (default: all); baseline always runs", list)
    .option("--runs <n>", `samples of wall time for each strategy (default: ${DEFAULT_ROUNDS})`, integer(2, 10_000))
    .option("--time <seconds>", "sample each scenario for this long in place of --runs", fraction(0.01, 86_400))
    .option("--no-wall", "counts only, no wall time")
    .option("--json", "print the result as JSON, and nothing else, on stdout")
    .option("--export-json <file>", "write the result as JSON (- is stdout)")
    .option("-q, --quiet", "print no table")
    .option("--strict", "exit 3 if any strategy's result is wrong")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: BenchFlags, command: Command) => bench(flags, command.optsWithGlobals().color));
}

async function bench(flags: BenchFlags, color: "auto" | "always" | "never"): Promise<void> {
  if (flags.runs !== undefined && flags.time !== undefined) {
    throw new UserError("--runs with --time: both say how many samples; expected one");
  }
  const plan = await planFrom(flags);
  // Opened before the work: a path that cannot be written fails first.
  const outputs = await Promise.all(outputPaths(flags).map(prepareOutput));
  const interrupt = new Interrupt();
  const progress = new Progress(process.stderr, flags.quiet !== true);
  let result: ResultFile;
  try {
    result = await runPlan(plan, benchOptions(flags), {
      progress: (share, what) => progress.show(share, what),
      caseDone: async (_done, soFar) => writeFiles(outputs, soFar),
      stopped: () => interrupt.stopped,
    });
  } finally {
    progress.clear();
    interrupt.release();
  }
  if (result.partial) await writeFiles(outputs, result);
  if (flags.quiet !== true && !printsJson(flags)) {
    const machines = new Map<string, Machine>(plan.map(({ machine }) => [machine.id, machine]));
    const tables = benchTables(result, machines, styleFor(process.stdout, color));
    if (tables !== "") process.stdout.write(`${tables}\n`);
  }
  for (const output of outputs) if (output.path === "-") await output.write(formatResult(result));
  if (result.partial) {
    console.error(
      `s2split: interrupted after ${result.scenarios.length} of ${plan.length} cases; what is written says that it is partial`,
    );
    process.exitCode = EXIT.interrupted;
  } else if (flags.strict === true && wrongRuns(result).length > 0) {
    process.exitCode = EXIT.invariant;
  }
}

/** The plan that the options ask for. */
export async function planFrom(flags: ScenarioOptions & { readonly strategy?: string[] }): Promise<PlannedCase[]> {
  const items = await scenariosFrom(flags);
  const machines = [...new Set(items.map(({ machine }) => machine))];
  const known = new Set(machines.flatMap((machine) => machine.strategies.map((strategy) => strategy.id)));
  return planOf(items, (machine) => strategiesNamed(machine, flags.strategy, known));
}

function benchOptions(flags: BenchFlags): BenchOptions {
  return {
    wall: flags.wall ? sampleSpec(flags) : null,
    seed: flags.seed,
    toolVersion: toolVersion(),
    createdAt: new Date().toISOString(),
    environment: true,
  };
}

function sampleSpec(flags: BenchFlags): SampleSpec {
  return flags.time === undefined ? { rounds: flags.runs ?? DEFAULT_ROUNDS } : { timeMs: flags.time * 1000 };
}

function outputPaths(flags: BenchFlags): string[] {
  const paths = flags.json === true ? ["-"] : [];
  if (flags.exportJson !== undefined && !(flags.exportJson === "-" && flags.json === true))
    paths.push(flags.exportJson);
  return paths;
}

function printsJson(flags: BenchFlags): boolean {
  return flags.json === true || flags.exportJson === "-";
}

async function writeFiles(outputs: readonly OutputTarget[], result: ResultFile): Promise<void> {
  for (const output of outputs) if (output.path !== "-") await output.write(formatResult(result));
}
