import type { Command } from "commander";
import { type PlannedCase, planOf } from "../../bench/plan.js";
import { type BenchOptions, runPlan, wrongRuns } from "../../bench/run.js";
import { parseShard, shardOf } from "../../bench/shard.js";
import type { SampleSpec } from "../../bench/wall.js";
import { exitCodeOf } from "../../compare/compare.js";
import type { Comparison } from "../../compare/types.js";
import { badInput, clip, UserError } from "../../errors.js";
import { EXIT } from "../../exit.js";
import { strategyChooser } from "../../load/loadStrategy.js";
import type { Mmu } from "../../mmu/contract.js";
import { benchTables, type Mmus } from "../../report/benchTable.js";
import { compareText } from "../../report/compareTable.js";
import { Progress } from "../../report/progress.js";
import { type Style, styleFor } from "../../report/style.js";
import type { NamedResult } from "../../results/read.js";
import type { ResultFile } from "../../results/types.js";
import { MAX_SAMPLES } from "../../stats/statistics.js";
import { toolVersion } from "../../version.js";
import { type BaselineFlags, holdAgainst, readBaseline } from "../baseline.js";
import { addExportOptions, type ExportFlags, Exports } from "../exportOptions.js";
import { addGateOptions, compareOptionsOf, tellGithub } from "../gate.js";
import { inputsOf } from "../inputs.js";
import { Interrupt } from "../interrupt.js";
import type { Invocation, Io } from "../io.js";
import { fraction, integer, list } from "../options.js";
import { addScenarioOptions, casesFrom, type ScenarioOptions } from "../scenarioOptions.js";

interface BenchFlags extends ScenarioOptions, BaselineFlags, ExportFlags {
  readonly strategy?: string[];
  readonly runs?: number;
  readonly time?: number;
  readonly shard?: string;
  readonly jobs?: number;
  readonly quiet?: boolean;
  readonly full?: boolean;
  readonly long?: boolean;
  readonly plot?: boolean;
  readonly strict?: boolean;
}

const DEFAULT_ROUNDS = 20;

const EXAMPLES = `
Examples:
  every strategy on 1 GiB of transparent huge pages:
    s2split bench --backing thp
  a sweep over backings and chunk sizes:
    s2split bench -s 4k,thp -b 4G --chunk 2M,1G
  enable and clear, one strategy against baseline:
    s2split bench --mode both --strategy max-level
  counts only, as JSON on stdout:
    s2split bench --scenario my.json --no-wall --json`;

/** Adds `s2split bench`. */
export function register(program: Command, invocation: Invocation): void {
  const command = addScenarioOptions(program.command("bench"), invocation.io.registry)
    .description(
      "Simulate eager splitting under each walker strategy and print, per scenario, a table of exact counts, " +
        "measured wall time of the simulation, and whether the result is right.",
    )
    .option(
      "--strategy <list>",
      "strategies, modules with custom ones, or all (default: all); baseline always runs",
      list,
    )
    .option(
      "--runs <n>",
      `samples of wall time for each strategy (default: ${DEFAULT_ROUNDS})`,
      integer(6, MAX_SAMPLES),
    )
    .option("--time <seconds>", "sample each scenario for this long in place of --runs", fraction(0.01, 86_400))
    .option("--no-wall", "counts only, no wall time")
    .option(
      "--shard <i/n>",
      "only the i-th of n parts of the plan, for sweeps over several machines; see s2split merge",
    )
    .option("--jobs <n>", "with --no-wall: count in this many worker threads (default: 1)", integer(1, 256))
    .option("-q, --quiet", "print no table")
    .option("--full", "of more than three cases print every table whole")
    .option("--long", "print every counter too, barriers and TLB instructions among them")
    .option("--plot", "draw bars, and the address map, of characters")
    .option("--strict", "exit 3 if any strategy's result is wrong")
    .option(
      "--baseline <file>",
      "compare with this result (file or folder) and exit 1 on a regression; see s2split compare",
    );
  addGateOptions(addExportOptions(command)).addHelpText("after", EXAMPLES).action(invocation.action(bench));
}

async function bench(io: Io, flags: BenchFlags, self: Command): Promise<number> {
  if (flags.runs !== undefined && flags.time !== undefined) {
    throw new UserError("--runs with --time: both say how many samples; expected one");
  }
  if (flags.jobs !== undefined && flags.jobs > 1 && flags.wall) {
    throw new UserError(`--jobs ${flags.jobs}: threads would disturb what is timed; expected --no-wall with it`);
  }
  const whole = await planFrom(flags, io);
  const spec = flags.wall ? sampleSpec(flags) : null;
  const part =
    flags.shard === undefined ? null : shardOf(whole, parseShard(flags.shard), { wall: spec, seed: flags.seed });
  const plan = part?.cases ?? whole;
  // Before the work: a path that cannot be written or a baseline that cannot be compared with must
  // fail first.
  const exports = await Exports.prepare(flags, io, inputsOf(flags));
  const baseline = await readBaseline(flags, io);
  const mmus: Mmus = new Map<string, Mmu>(whole.map(({ bound: { mmu } }) => [mmu.id, mmu]));
  const interrupt = new Interrupt(io);
  const progress = new Progress(io.stderr, flags.quiet !== true);
  let result: ResultFile;
  try {
    result = await runPlan(plan, benchOptions(flags, spec, part?.shard ?? null), {
      progress: (share, what) => progress.show(share, what),
      caseDone: async (_done, soFar) => {
        if (soFar.partial) await exports.writePartial(soFar, mmus, false);
      },
      signal: interrupt.signal,
    });
  } finally {
    progress.clear();
    interrupt.release();
  }
  const style = styleFor(io, self.optsWithGlobals().color);
  const show = async () => {
    if (flags.quiet !== true && !exports.onStdout) showTables(result, mmus, style, flags.full === true, io);
    if (flags.long === true && !exports.onStdout) await showLong(result, mmus, style, io);
    if (flags.plot === true && !exports.onStdout) await showPlot(result, mmus, style, io);
    await exports.writeStdout(result, mmus);
  };
  if (result.partial) {
    const files = result.runs.length === 0 ? [] : await exports.writePartial(result, mmus, true);
    if (result.runs.length > 0) await show();
    io.stderr.write(`s2split: ${interruptedText(result, plan, files)}\n`);
    return EXIT.interrupted;
  }
  await exports.writeFiles(result, mmus);
  const comparison = baseline === null ? null : await comparedWith(baseline, result, flags, io);
  await show();
  if (comparison !== null) {
    const text = compareText(comparison, style);
    if (flags.quiet !== true && exports.onStdout) io.stderr.write(`${text}\n`);
    else if (flags.quiet !== true) io.stdout.write(`\n${text}\n`);
    await tellGithub(comparison, exports.onStdout, io);
  }
  if (flags.strict === true && wrongRuns(result).length > 0) return EXIT.invariant;
  return comparison === null ? EXIT.fine : exitCodeOf(comparison);
}

function showTables(result: ResultFile, mmus: Mmus, style: Style, full: boolean, io: Io): void {
  const tables = benchTables(result, mmus, style, full);
  if (tables !== "") io.stdout.write(`${tables}\n`);
}

async function showLong(result: ResultFile, mmus: Mmus, style: Style, io: Io): Promise<void> {
  const { longTables } = await import("../../report/longTable.js");
  io.stdout.write(`\n${longTables(result, mmus, style)}\n`);
}

async function showPlot(result: ResultFile, mmus: Mmus, style: Style, io: Io): Promise<void> {
  const [{ benchPlot }, { canvasFor }] = await Promise.all([
    import("../../report/plot/benchPlot.js"),
    import("../../report/plot/canvas.js"),
  ]);
  io.stdout.write(`\n${benchPlot(result, mmus, canvasFor(style, io.env))}\n`);
}

/** How far an interrupted plan came, and where what is finished is. */
function interruptedText(
  { scenarios, runs }: ResultFile,
  plan: readonly PlannedCase[],
  files: readonly string[],
): string {
  const last = plan[scenarios.length - 1];
  const finished = last === undefined ? 0 : runs.filter(({ scenario }) => scenario === last.id).length;
  const inLast = last !== undefined && finished < last.strategies.length;
  const cases = inLast ? scenarios.length - 1 : scenarios.length;
  const more = inLast ? ` and ${finished} of ${last.strategies.length} strategies of the next` : "";
  const where = files.length === 0 ? "" : `; what is finished is in ${files.map((file) => clip(file, 200)).join(", ")}`;
  return (
    `interrupted after ${cases} of ${plan.length} ` +
    `cases${more}${runs.length === 0 ? "; nothing is written" : where}`
  );
}

/** Holds the result, which is written already, against the baseline. */
function comparedWith(
  baseline: readonly NamedResult[],
  result: ResultFile,
  flags: BenchFlags,
  io: Io,
): Promise<Comparison> {
  const chosen = flags.strategy === undefined || flags.strategy.includes("all") ? undefined : new Set(flags.strategy);
  return holdAgainst(baseline, result, chosen, compareOptionsOf(flags, flags.seed), io);
}

/** The plan that the options ask for. */
export async function planFrom(
  flags: ScenarioOptions & { readonly strategy?: string[] },
  io: Io,
): Promise<PlannedCase[]> {
  const cases = await casesFrom(flags, io);
  const mmus = [...new Set(cases.map(({ mmu }) => mmu))];
  const plan = planOf(cases, await strategyChooser(flags.strategy, mmus, io.registry));
  const run = new Set(plan.flatMap(({ strategies }) => strategies.flatMap(({ id, source }) => [id, source])));
  const idle = (flags.strategy ?? []).find((name) => name !== "all" && !run.has(name));
  if (idle !== undefined) {
    throw badInput(`strategy "${clip(idle)}"`, "applies to no case of the plan", "strategies that these workloads use");
  }
  return plan;
}

function benchOptions(flags: BenchFlags, wall: SampleSpec | null, shard: ResultFile["shard"]): BenchOptions {
  return {
    wall,
    shard,
    ...(flags.jobs === undefined ? {} : { jobs: flags.jobs }),
    seed: flags.seed,
    toolVersion: toolVersion(),
    createdAt: new Date().toISOString(),
    environment: true,
  };
}

function sampleSpec(flags: BenchFlags): SampleSpec {
  return flags.time === undefined ? { rounds: flags.runs ?? DEFAULT_ROUNDS } : { timeMs: flags.time * 1000 };
}
