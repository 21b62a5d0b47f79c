import { type Command, Option } from "commander";
import { badInput, clip, UserError } from "../../errors.js";
import { EXIT } from "../../exit.js";
import { formatJson } from "../../files/json.js";
import { type OutputOptions, type OutputTarget, prepareOutput } from "../../files/write.js";
import { strategyChooser } from "../../load/loadStrategy.js";
import type { Case, Mmu, Strategy } from "../../mmu/contract.js";
import { BOUNDS } from "../../mmu/exhaustive.js";
import { defaultMmu, loadMmu } from "../../mmu/registry.js";
import { Progress } from "../../report/progress.js";
import { type Style, styleFor } from "../../report/style.js";
import {
  conclusion,
  faultScenarioText,
  searchJson,
  searchText,
  verdictJson,
  verdictsText,
} from "../../report/verifyText.js";
import { wrapLines } from "../../report/wrapLines.js";
import type { SearchResult } from "../../verify/search.js";
import type { Verdict } from "../../verify/verify.js";
import { toolVersion } from "../../version.js";
import type { ExhaustiveFlags } from "../exhaustiveVerify.js";
import { addHtmlOption, type HtmlFlags, htmlOutput } from "../htmlOutput.js";
import { inputsOf } from "../inputs.js";
import { addInterleaveOptions, type InterleaveFlags, refuseWithoutInterleave } from "../interleaveVerify.js";
import { Interrupt } from "../interrupt.js";
import type { Invocation, Io } from "../io.js";
import { integer, list } from "../options.js";
import { numberedPath, refuseOverwriteNumbered } from "../overwrite.js";
import { reproduceHint, savedNotice } from "../reproduceHint.js";
import { addScenarioOptions, casesFrom } from "../scenarioOptions.js";

interface VerifyFlags extends ExhaustiveFlags, InterleaveFlags, HtmlFlags {
  readonly random?: number;
}

const EXAMPLES = `
Checks, on every scenario: all blocks in range split (with a page cache that is
too small, those that baseline splits), output addresses and attributes kept,
nothing lost or mapped twice, write protection exact, table pages accounted
for, one TLBI for each broken block and to its own IPA, no entry read after its
table was left, and the tree that baseline leaves.

Exit code 1 if any strategy is wrong.

Examples:
  every strategy on the default guests:
    s2split verify
  search random layouts; each fault with its simplest layout:
    s2split verify --random 500 --seed 1
  every case within a bound; the verdict is a proof within it:
    s2split verify --exhaustive
  every choice of 2 actions of vCPUs, host and userspace meanwhile:
    s2split verify --interleave
  a custom strategy, and the layout that shows its fault:
    s2split verify --strategy ./my.mjs --random 5000 --save counterexample.json
  given scenarios:
    s2split verify --scenario fault-passed-over holes --strategy skip-return`;

/** Adds `s2split verify`. */
export function register(program: Command, invocation: Invocation): void {
  const command = addScenarioOptions(program.command("verify"), invocation.io.registry)
    .description("Run strategies and check every invariant of the walk and of the tree that it leaves.")
    .option("--strategy <list>", "strategies, modules with custom ones, or all (default: all)", list)
    .option("--random <n>", "search this many random layouts, and shrink what fails", integer(1, 1_000_000))
    .option("--exhaustive", "try every tree of a small geometry with every range, chunk and cache")
    .addOption(
      new Option("--bound <bound>", "with --exhaustive: seconds, minutes, or a cluster (default: small)").choices([
        ...BOUNDS,
      ]),
    )
    .option("--shard <i/n>", "with --exhaustive: only the i-th of n shares; see s2split merge")
    .option("--jobs <n>", "with --exhaustive: search in this many threads (default: 1)", integer(1, 256))
    .option(
      "--export-json <file>",
      "with --exhaustive or --interleave: write the verdicts (those of shards are for s2split merge)",
    )
    .option(
      "--save <file>",
      "write the simplest failing layout as a scenario, or with --interleave the schedule (further ones as FILE-2 ...)",
    )
    .option("--force", "overwrite the files of --save")
    .option("--json", "print verdicts as JSON, and nothing else, on stdout");
  addInterleaveOptions(command);
  addHtmlOption(command).addHelpText("after", EXAMPLES).action(invocation.action(verify));
}

async function verify(io: Io, flags: VerifyFlags, self: Command): Promise<number> {
  const style = styleFor(io, self.optsWithGlobals().color);
  if (flags.interleave === true) {
    refuseOfExhaustive(flags, ["bound", "shard", "jobs"], "--exhaustive");
    const { verifyInterleavings } = await import("../interleaveRun.js");
    return verifyInterleavings(io, flags, style);
  }
  refuseWithoutInterleave(flags);
  if (flags.exhaustive === true) {
    if (flags.random !== undefined || flags.scenario !== undefined) {
      throw new UserError("--exhaustive with --random or --scenario: expected one of them");
    }
    const { verifyExhaustively } = await import("../exhaustiveVerify.js");
    return verifyExhaustively(io, flags, style);
  }
  refuseOfExhaustive(flags, ["bound", "shard", "jobs"], "--exhaustive");
  refuseOfExhaustive(flags, ["exportJson"], "--exhaustive or --interleave");
  const wrong = await (flags.random === undefined
    ? verifyGiven(io, flags, style)
    : verifyRandom(io, flags.random, flags, style));
  if (wrong === "interrupted") return EXIT.interrupted;
  return wrong ? EXIT.regression : EXIT.fine;
}

/** @throws UserError for an option of a search that is not asked for */
function refuseOfExhaustive(flags: VerifyFlags, options: readonly (keyof ExhaustiveFlags)[], search: string): void {
  const given = options.find((option) => flags[option] !== undefined);
  if (given === undefined) return;
  const name = given === "exportJson" ? "export-json" : given;
  throw new UserError(`--${name} without ${search}: only that search takes it; expected both or neither`);
}

/** Verifies the scenarios that the options give. Returns whether any strategy is wrong. */
async function verifyGiven(io: Io, flags: VerifyFlags, style: Style): Promise<boolean | "interrupted"> {
  if (flags.save !== undefined)
    throw new UserError(
      "--save without --random or --exhaustive: given scenarios are not shrunk; expected one of them",
    );
  const cases = await casesFrom(flags, { ...io, schedules: true });
  const writePage = await htmlOutput(flags, io, inputsOf(flags));
  const choose = await strategyChooser(flags.strategy, [...new Set(cases.map(({ mmu }) => mmu))], io.registry);
  const { planOf } = await import("../../bench/plan.js");
  const { namesAmong, verifyCase } = await import("../../verify/verify.js");
  const plan = planOf(cases, choose);
  const several = new Set(cases.map(({ mmu }) => mmu)).size > 1;
  const interrupt = new Interrupt(io);
  const progress = new Progress(io.stderr, true);
  const done: { readonly id: string; readonly bound: Case; readonly verdicts: readonly Verdict[] }[] = [];
  try {
    for (const [index, { id, bound }] of plan.entries()) {
      const verdicts: Verdict[] = [];
      for (const strategy of ofCase(bound, choose, flags)) {
        progress.show(index / plan.length, `${id}: ${strategy.id}`);
        await new Promise((resolve) => setImmediate(resolve));
        if (interrupt.stopped) return "interrupted";
        verdicts.push(...verifyCase(bound, [strategy]));
      }
      done.push({ id, bound, verdicts });
      progress.clear();
      if (flags.json === true) continue;
      const path = flags.scenario?.length === plan.length ? flags.scenario[index]! : "-";
      const wrong = verdicts.some(({ findings }) => findings.length > 0);
      const hint = wrong ? await reproduceHint(bound, path) : null;
      const verdict = verdictsText(bound.mmu, several ? `${bound.mmu.id} ${id}` : id, verdicts, style);
      io.stdout.write(
        `${verdict}\n${hint === null ? "" : `  what a real host's own walker does there:\n    ${hint}\n`}\n`,
      );
    }
  } finally {
    progress.clear();
    interrupt.release();
  }
  await writePage(async () => (await import("../../report/html/verifyPage.js")).verdictsPage(done));
  const all = done.flatMap(({ verdicts }) => verdicts);
  const checked = all.map(({ strategy }) => strategy);
  const wrong = namesAmong(
    all.filter(({ findings }) => findings.length > 0).map(({ strategy }) => strategy),
    checked,
  );
  if (flags.json === true) {
    const scenarios = done.map(({ id, bound: { mmu, scenario }, verdicts }) => ({
      id,
      mmu: mmu.id,
      scenario,
      strategies: verdicts.map((verdict) => verdictJson(mmu, verdict)),
    }));
    io.stdout.write(formatJson({ ...header(), wrong, scenarios }));
  } else {
    io.stdout.write(`${wrapLines(conclusion(wrong, namesAmong(checked, checked).length), style)}\n`);
  }
  return wrong.length > 0;
}

/**
 * The strategies for a case. A schedule is one strategy's, whose places it counts: where none is
 * asked for, it is replayed under that one.
 */
function ofCase({ mmu, schedule }: Case, choose: (mmu: Mmu) => readonly Strategy[], { strategy }: VerifyFlags) {
  if (schedule === undefined || strategy !== undefined) return choose(mmu);
  const own = choose(mmu).filter(({ id }) => id === schedule.strategy);
  if (own.length > 0) return own;
  throw badInput(
    `strategy "${clip(schedule.strategy)}"`,
    "of the schedule is not built in",
    "--strategy with its module",
  );
}

/** Searches random layouts. Returns whether any strategy is wrong. */
async function verifyRandom(
  io: Io,
  layouts: number,
  flags: VerifyFlags,
  style: Style,
): Promise<boolean | "interrupted"> {
  if (flags.scenario !== undefined) throw new UserError("--random with --scenario: expected one or the other");
  const ids = flags.mmu ?? [defaultMmu(io.registry)];
  const mmus = await Promise.all(ids.map((id) => loadMmu(id, io.registry)));
  const choose = await strategyChooser(flags.strategy, mmus, io.registry);
  // Found free and writable before the work: a path that cannot be written fails first.
  if (flags.save !== undefined) await refuseOverwriteNumbered(flags.save, flags.force, "--save");
  const save = await prepareOutput(flags.save, outputOptions(io, flags));
  const writePage = await htmlOutput(flags, io, inputsOf(flags));
  const { searchLayouts } = await import("../../verify/search.js");
  const interrupt = new Interrupt(io);
  const progress = new Progress(io.stderr, true);
  const results: SearchResult[] = [];
  try {
    for (const mmu of mmus) {
      const result = await searchLayouts({
        mmu,
        strategies: choose(mmu),
        layouts,
        seed: flags.seed,
        progress: (share, what) => progress.show(share, what),
        stopped: () => interrupt.stopped,
      });
      results.push(result);
      progress.clear();
      if (flags.json !== true) io.stdout.write(`${searchText(result, style)}\n\n`);
    }
  } finally {
    progress.clear();
    interrupt.release();
  }
  const { namesAmong } = await import("../../verify/verify.js");
  const strategies = results.flatMap((result) => result.strategies);
  const all = strategies.map(({ strategy }) => strategy);
  const wrong = namesAmong(
    strategies.filter(({ failing }) => failing > 0).map(({ strategy }) => strategy),
    all,
  );
  await writePage(async () => (await import("../../report/html/verifyPage.js")).searchPage(results));
  if (save !== undefined) await saveFaults(io, flags, save, results);
  if (flags.json === true) {
    const searches = results.map((result) => ({ mmu: result.mmu.id, ...searchJson(result) }));
    io.stdout.write(formatJson({ ...header(), wrong, searches }));
  } else {
    io.stdout.write(`${wrapLines(conclusion(wrong, strategies.filter(({ layouts }) => layouts > 0).length), style)}\n`);
  }
  return interrupt.stopped ? "interrupted" : wrong.length > 0;
}

/** The first fault into the file that was named, the others beside it, numbered. */
async function saveFaults(
  io: Io,
  flags: VerifyFlags,
  target: OutputTarget,
  results: readonly SearchResult[],
): Promise<void> {
  const all = results.flatMap((result) => result.faults.map((fault) => ({ fault, result })));
  for (const [index, { fault, result }] of all.entries()) {
    const path = index === 0 ? target.path : numberedPath(target.path, index + 1);
    await (index === 0 ? target : await prepareOutput(path, outputOptions(io, flags))).write(
      faultScenarioText(fault, result),
    );
    if (path !== "-") io.stderr.write(await savedNotice(index + 1, path, result.mmu.parse(fault.scenario, path)));
  }
}

function outputOptions({ stdout }: Io, flags: VerifyFlags): OutputOptions {
  return { stdout, inputs: inputsOf(flags) };
}

function header() {
  return { schemaVersion: 1, kind: "s2split-verify", tool: { name: "s2split", version: toolVersion() } };
}
