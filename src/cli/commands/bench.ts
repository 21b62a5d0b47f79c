import type { Command } from "commander";
import { type PlannedCase, planOf } from "../../bench/plan.js";
import { type BenchOptions, runPlan, wrongRuns } from "../../bench/run.js";
import { parseShard, shardOf } from "../../bench/shard.js";
import type { SampleSpec } from "../../bench/wall.js";
import { UserError } from "../../errors.js";
import type { Machine } from "../../machines/machine.js";
import { benchTables, type Machines } from "../../report/benchTable.js";
import { type Exporter, exporters } from "../../report/exporters/index.js";
import { Progress } from "../../report/progress.js";
import { styleFor } from "../../report/style.js";
import type { ResultFile } from "../../results/types.js";
import { type OutputTarget, prepareOutput } from "../../results/write.js";
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
  readonly shard?: string;
  readonly quiet?: boolean;
  readonly strict?: boolean;
  /** `exportJson` and its like, one for each exporter. */
  readonly [option: `export${string}`]: string | undefined;
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
  const command = addScenarioOptions(program.command("bench"))
    .summary("count, exactly, what each walker strategy costs, and say whether it is right")
    .description(
      "Simulate eager splitting under each walker strategy and print, per scenario, a table of exact counts, measured wall time of the simulation, and whether the result is right.",
    )
    .option("--strategy <list>", "strategies, or all (default: all); baseline always runs", list)
    .option("--runs <n>", `samples of wall time for each strategy (default: ${DEFAULT_ROUNDS})`, integer(2, 10_000))
    .option("--time <seconds>", "sample each scenario for this long in place of --runs", fraction(0.01, 86_400))
    .option("--no-wall", "counts only, no wall time")
    .option(
      "--shard <i/n>",
      "only the i-th of n parts of the plan, for sweeps over several machines; see s2split merge",
    )
    .option("--json", "print the result as JSON, and nothing else, on stdout")
    .option("-q, --quiet", "print no table")
    .option("--strict", "exit 3 if any strategy's result is wrong");
  for (const { id, summary } of exporters) command.option(`--export-${id} <file>`, `write ${summary} (- is stdout)`);
  command
    .addHelpText("after", EXAMPLES)
    .action(async (flags: BenchFlags, self: Command) => bench(flags, self.optsWithGlobals().color));
}

async function bench(flags: BenchFlags, color: "auto" | "always" | "never"): Promise<void> {
  if (flags.runs !== undefined && flags.time !== undefined) {
    throw new UserError("--runs with --time: both say how many samples; expected one");
  }
  const whole = await planFrom(flags);
  const spec = flags.wall ? sampleSpec(flags) : null;
  const part =
    flags.shard === undefined ? null : shardOf(whole, parseShard(flags.shard), { wall: spec, seed: flags.seed });
  const plan = part?.cases ?? whole;
  // Opened before the work: a path that cannot be written fails first.
  const outputs = await outputsOf(flags);
  const machines: Machines = new Map<string, Machine>(whole.map(({ machine }) => [machine.id, machine]));
  const interrupt = new Interrupt();
  const progress = new Progress(process.stderr, flags.quiet !== true);
  let result: ResultFile;
  try {
    result = await runPlan(plan, benchOptions(flags, spec, part?.shard ?? null), {
      progress: (share, what) => progress.show(share, what),
      caseDone: async (_done, soFar) => writeFiles(outputs, soFar, machines),
      stopped: () => interrupt.stopped,
    });
  } finally {
    progress.clear();
    interrupt.release();
  }
  await writeFiles(outputs, result, machines);
  const toStdout = outputs.filter(({ target }) => target.path === "-");
  if (flags.quiet !== true && toStdout.length === 0) {
    const tables = benchTables(result, machines, styleFor(process.stdout, color));
    if (tables !== "") process.stdout.write(`${tables}\n`);
  }
  for (const { target, exporter } of toStdout) await target.write(exporter.format(result, machines));
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

function benchOptions(flags: BenchFlags, wall: SampleSpec | null, shard: ResultFile["shard"]): BenchOptions {
  return {
    wall,
    shard,
    seed: flags.seed,
    toolVersion: toolVersion(),
    createdAt: new Date().toISOString(),
    environment: true,
  };
}

function sampleSpec(flags: BenchFlags): SampleSpec {
  return flags.time === undefined ? { rounds: flags.runs ?? DEFAULT_ROUNDS } : { timeMs: flags.time * 1000 };
}

/** A place to write to, and the form in which. */
interface Output {
  readonly target: OutputTarget;
  readonly exporter: Exporter;
}

/** @throws UserError for a path that cannot be written, or two exports for one stdout */
async function outputsOf(flags: BenchFlags): Promise<Output[]> {
  const wanted = exporters.flatMap((exporter) => {
    const path = flags[optionOf(exporter)];
    return path === undefined ? [] : [{ path, exporter }];
  });
  const json = exporters.find(({ id }) => id === "json")!;
  if (flags.json === true) wanted.push({ path: "-", exporter: json });
  const toStdout = new Set(wanted.filter(({ path }) => path === "-").map(({ exporter }) => exporter));
  if (toStdout.size > 1) throw new UserError(`${toStdout.size} exports to stdout; expected at most one`);
  const unique = wanted.filter(
    ({ path, exporter }, i) => wanted.findIndex((o) => o.path === path && o.exporter === exporter) === i,
  );
  return Promise.all(unique.map(async ({ path, exporter }) => ({ target: await prepareOutput(path), exporter })));
}

/** commander's name for `--export-github-benchmark`: exportGithubBenchmark. */
function optionOf({ id }: Exporter): `export${string}` {
  return `export${id.replace(/(?:^|-)(.)/g, (_match, letter: string) => letter.toUpperCase())}`;
}

async function writeFiles(outputs: readonly Output[], result: ResultFile, machines: Machines): Promise<void> {
  for (const { target, exporter } of outputs)
    if (target.path !== "-") await target.write(exporter.format(result, machines));
}
