import { UserError } from "../errors.js";
import { EXIT } from "../exit.js";
import { formatJson } from "../files/json.js";
import { prepareOutput } from "../files/write.js";
import { withId } from "../lists.js";
import { strategyChooser } from "../load/loadStrategy.js";
import type { Mmu, Strategy } from "../mmu/contract.js";
import { defaultMmu, loadMmu } from "../mmu/registry.js";
import { interleaveConclusion, interleaveText, scheduleText } from "../report/interleaveText.js";
import { Progress } from "../report/progress.js";
import type { Style } from "../report/style.js";
import { wrapLines } from "../report/wrapLines.js";
import { MODEL_VERSION } from "../results/types.js";
import { type InterleaveResult, searchInterleavings } from "../verify/interleave.js";
import { htmlOutput } from "./htmlOutput.js";
import { inputsOf } from "./inputs.js";
import type { InterleaveFlags } from "./interleaveVerify.js";
import { Interrupt } from "./interrupt.js";
import type { Io } from "./io.js";
import { numberedPath, refuseOverwriteNumbered } from "./overwrite.js";

interface Flags extends InterleaveFlags {
  readonly random?: number;
  readonly exhaustive?: boolean;
}

/** Searches what others may do meanwhile. @returns the exit code */
export async function verifyInterleavings(io: Io, flags: Flags, style: Style): Promise<number> {
  if (flags.random !== undefined || flags.exhaustive === true || flags.scenario !== undefined) {
    throw new UserError("--interleave with --random, --exhaustive or --scenario: expected one of them");
  }
  const ids = flags.mmu ?? [defaultMmu(io.registry)];
  if (ids.length > 1) {
    throw new UserError(`--interleave with --mmu ${ids.join(",")}: each MMU has a bound of its own; expected one`);
  }
  const mmu = await loadMmu(ids[0] as string, io.registry);
  if (mmu.interleave === undefined) {
    throw new UserError(`--interleave: ${mmu.title} has no other parties; expected --random N or --scenario FILE`);
  }
  const strategies = (await strategyChooser(flags.strategy ?? ["all"], [mmu], io.registry))(mmu);
  if (flags.save !== undefined) await refuseOverwriteNumbered(flags.save, flags.force, "--save");
  const inputs = inputsOf(flags);
  const json = await prepareOutput(flags.exportJson, { stdout: io.stdout, inputs });
  const writePage = await htmlOutput(flags, io, inputs);
  const result = await search(io, mmu, strategies, flags);
  if (!result.partial) {
    await json?.write(formatJson(result));
    await writePage(async () => (await import("../report/html/boundedPage.js")).interleavePage(result, mmu));
  }
  const wrong = result.strategies.filter(({ faults }) => faults.length > 0).map(({ strategy }) => strategy);
  if (flags.json === true) io.stdout.write(formatJson(result));
  else if (flags.exportJson !== "-") {
    io.stdout.write(`${interleaveText(result, mmu, style)}\n\n`);
    io.stdout.write(`${wrapLines(interleaveConclusion(wrong, strategies.length, result.partial), style)}\n`);
  }
  if (flags.save !== undefined) await saveSchedules(io, flags.save, result, mmu);
  if (json !== undefined && result.partial) io.stderr.write(`s2split: interrupted; ${json.path} is not written\n`);
  if (result.partial) return EXIT.interrupted;
  return wrong.length > 0 ? EXIT.regression : EXIT.fine;
}

async function search(io: Io, mmu: Mmu, strategies: readonly Strategy[], flags: Flags): Promise<InterleaveResult> {
  const options = { actions: flags.actions ?? 2, dirtyTracking: flags.dirtyTracking ?? "faults" };
  const interrupt = new Interrupt(io);
  const progress = new Progress(io.stderr, true);
  const baseline = withId(mmu.strategies, mmu.baseline);
  try {
    return await searchInterleavings(mmu.interleave!(options), {
      ...options,
      mmu: mmu.id,
      modelVersion: MODEL_VERSION,
      strategies,
      baseline,
      progress: (share, runs) => progress.show(share, `${(runs / 1e6).toFixed(1)} million runs`),
      stopped: () => interrupt.stopped,
    });
  } finally {
    progress.clear();
    interrupt.release();
  }
}

/** The first schedule into the file that was named, the others beside it, numbered. */
async function saveSchedules(io: Io, path: string, result: InterleaveResult, mmu: Mmu): Promise<void> {
  const texts = result.strategies.flatMap(({ strategy, faults }) =>
    faults.map((fault) => scheduleText(strategy, fault, result, mmu)),
  );
  for (const [index, text] of texts.entries()) {
    const name = index === 0 ? path : numberedPath(path, index + 1);
    await (await prepareOutput(name, { stdout: io.stdout })).write(text);
    if (name !== "-") io.stderr.write(`s2split: fault ${index + 1} is in ${name}\n`);
  }
}
