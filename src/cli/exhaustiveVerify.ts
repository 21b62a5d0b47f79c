import { parseShard } from "../bench/shard.js";
import { UserError } from "../errors.js";
import { EXIT } from "../exit.js";
import { formatJson } from "../files/json.js";
import { prepareOutput } from "../files/write.js";
import { strategyChooser } from "../load/loadStrategy.js";
import type { Mmu, Strategy } from "../mmu/contract.js";
import type { Bound } from "../mmu/exhaustive.js";
import { defaultMmu, loadMmu } from "../mmu/registry.js";
import {
  exhaustiveConclusion,
  exhaustiveFaults,
  exhaustiveScenarioText,
  exhaustiveText,
} from "../report/exhaustiveText.js";
import { Progress } from "../report/progress.js";
import type { Style } from "../report/style.js";
import { wrapLines } from "../report/wrapLines.js";
import { MODEL_VERSION } from "../results/types.js";
import type { ExhaustiveResult } from "../verify/exhaustive.js";
import { type HtmlFlags, htmlOutput } from "./htmlOutput.js";
import { inputsOf } from "./inputs.js";
import { Interrupt } from "./interrupt.js";
import type { Io } from "./io.js";
import { numberedPath, refuseOverwriteNumbered } from "./overwrite.js";
import { savedNotice } from "./reproduceHint.js";
import type { ScenarioOptions } from "./scenarioOptions.js";

/** What `verify --exhaustive` reads of its options. */
export interface ExhaustiveFlags extends ScenarioOptions, HtmlFlags {
  readonly strategy?: string[];
  readonly exhaustive?: boolean;
  readonly bound?: Bound;
  readonly shard?: string;
  readonly jobs?: number;
  readonly exportJson?: string;
  readonly save?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Searches everything within a bound. @returns the exit code */
export async function verifyExhaustively(io: Io, flags: ExhaustiveFlags, style: Style): Promise<number> {
  const ids = flags.mmu ?? [defaultMmu(io.registry)];
  if (ids.length > 1) {
    throw new UserError(
      `--exhaustive with --mmu ${ids.join(",")}: each MMU has a bound of its own; expected one of them`,
    );
  }
  const mmu = await loadMmu(ids[0] as string, io.registry);
  if (mmu.exhaustive === undefined) {
    throw new UserError(`--exhaustive: ${mmu.title} has no small geometry; expected --random N or --scenario FILE`);
  }
  const strategies = (await strategyChooser(flags.strategy ?? ["all"], [mmu], io.registry))(mmu);
  const jobs = flags.jobs ?? 1;
  const custom = strategies.find(({ source }) => source !== "builtin");
  if (jobs > 1 && custom !== undefined) {
    throw new UserError(
      `--jobs ${jobs} with ${custom.source}: a custom strategy runs in one thread; expected --jobs 1`,
    );
  }
  if (flags.save !== undefined) await refuseOverwriteNumbered(flags.save, flags.force, "--save");
  const output = { stdout: io.stdout, inputs: inputsOf(flags) };
  const target = await prepareOutput(flags.exportJson, output);
  const writePage = await htmlOutput(flags, io, inputsOf(flags));
  const result = await search(io, mmu, strategies, flags, jobs);
  if (result === null) {
    io.stderr.write("s2split: interrupted; threads keep nothing of a share that is not searched to its end\n");
    return EXIT.interrupted;
  }
  const complete = !result.partial;
  if (target !== undefined && complete) await target.write(formatJson(result));
  if (complete)
    await writePage(async () => (await import("../report/html/boundedPage.js")).exhaustivePage(result, mmu));
  const wrong = result.strategies.filter(({ failing }) => failing > 0).map(({ strategy }) => strategy);
  if (flags.json === true) io.stdout.write(formatJson(result));
  else if (flags.exportJson !== "-") {
    io.stdout.write(`${exhaustiveText(result, mmu, style)}\n\n`);
    io.stdout.write(`${wrapLines(exhaustiveConclusion(wrong, strategies.length, result.partial), style)}\n`);
  }
  if (flags.save !== undefined) await saveCases(io, flags.save, result, mmu);
  if (target !== undefined && !complete) io.stderr.write(`s2split: interrupted; ${target.path} is not written\n`);
  if (!complete) return EXIT.interrupted;
  return wrong.length > 0 ? EXIT.regression : EXIT.fine;
}

async function search(
  io: Io,
  mmu: Mmu,
  strategies: readonly Strategy[],
  flags: ExhaustiveFlags,
  jobs: number,
): Promise<ExhaustiveResult | null> {
  const bound = flags.bound ?? "small";
  const shard = flags.shard === undefined ? null : parseShard(flags.shard);
  const searchable = mmu.exhaustive!(bound);
  const { searchExhaustively, searchInThreads } = await import("../verify/exhaustive.js");
  const interrupt = new Interrupt(io);
  const progress = new Progress(io.stderr, true);
  const started = performance.now();
  const perUnit = (searchable.combinations / searchable.units) * strategies.length;
  const options = {
    mmu: mmu.id,
    modelVersion: MODEL_VERSION,
    strategies,
    shard,
    progress: (tried: number, units: number) => {
      const seconds = (performance.now() - started) / 1000;
      const rate = (tried * perUnit) / seconds / 1e6;
      const left = Math.ceil((seconds * (units - tried)) / tried);
      progress.show(tried / units, `${rate.toFixed(1)} million combinations a second, ${left} s left`);
    },
  };
  try {
    if (jobs === 1) return await searchExhaustively(searchable, { ...options, stopped: () => interrupt.stopped });
    return await searchInThreads(bound, jobs, { ...options, units: searchable.units, signal: interrupt.signal });
  } catch (error) {
    if (interrupt.stopped) return null;
    throw error;
  } finally {
    progress.clear();
    interrupt.release();
  }
}

/** The first case at full size into the file that was named, the others beside it, numbered. */
async function saveCases(io: Io, path: string, result: ExhaustiveResult, mmu: Mmu): Promise<void> {
  for (const [index, owned] of exhaustiveFaults(result).entries()) {
    const text = exhaustiveScenarioText(owned, result, mmu);
    if (text === null) continue;
    const name = index === 0 ? path : numberedPath(path, index + 1);
    await (await prepareOutput(name, { stdout: io.stdout })).write(text);
    if (name !== "-") io.stderr.write(await savedNotice(index + 1, name, mmu.parse(owned.fault.scenario, name)));
  }
}
