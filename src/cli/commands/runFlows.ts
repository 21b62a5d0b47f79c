import { badInput, UserError } from "../../errors.js";
import { EXIT } from "../../exit.js";
import { formatJson } from "../../files/json.js";
import { prepareOutput } from "../../files/write.js";
import { backingNamed } from "../../guest/backings.js";
import { parseAddress, parseSize } from "../../guest/sizes.js";
import { strategyChooser } from "../../load/loadStrategy.js";
import type { GivenOptions } from "../../mmu/guestOptions.js";
import { mmuEntry, mmus } from "../../mmu/registry.js";
import { type FlowRun, flowReport } from "../../report/flowTable.js";
import { Progress } from "../../report/progress.js";
import { styleFor } from "../../report/style.js";
import { MODEL_VERSION } from "../../results/types.js";
import { guestFlowOf } from "../../selftest/guestFlow.js";
import { toolVersion } from "../../version.js";
import { refuseFlowOptions } from "../flowOptions.js";
import { inputsOf } from "../inputs.js";
import type { Io } from "../io.js";
import { guestsOf, type RunFlags } from "../runFlags.js";

/** Memory of all vCPUs together: the whole tree is kept. */
const LARGEST_BYTES = 64 * 2 ** 30;
/** Options of `run` that only arm64 has. */
const ARM64_ONLY: Readonly<Record<string, string>> = {
  m: "-m",
  chunk: "--chunk",
  granule: "--granule",
  ipaBits: "--ipa-bits",
  bbm: "--bbm",
  profile: "--profile",
  faultLock: "--fault-lock",
  scenario: "--scenario",
};

/**
 * `run` for an MMU that declares flows: each strategy, lazy against eager, phase by phase.
 *
 * @param given whether an option was given on the command line
 */
export async function runFlows(
  io: Io,
  flags: RunFlags & GivenOptions & { readonly mmu: string },
  given: (option: string) => boolean,
): Promise<number> {
  const entry = mmuEntry(flags.mmu);
  refuseFlowOptions(given, entry);
  const foreign = Object.keys(ARM64_ONLY).find(given);
  if (foreign !== undefined)
    throw new UserError(`${ARM64_ONLY[foreign]} with --mmu ${entry.id}: it is of arm64; expected it only there`);
  const mmu = await entry.load();
  if (mmu.flows === undefined) {
    const ids = [mmus[0].id, ...mmus.flatMap(({ id, flowOptions }) => (flowOptions ? [id] : []))];
    throw badInput(`--mmu ${entry.id}`, "has no guests that fault", ids.join(", "));
  }
  const flow = guestFlowOf({
    ...guestsOf(flags),
    backing: backingNamed(flags.s),
    bytesPerVcpu: parseSize(flags.b, "-b"),
    memslots: flags.x,
    manual: flags.g === true ? 0 : 3,
    offset: flags.p === undefined ? mmu.flows.base : parseAddress(flags.p, "-p"),
    thpCoverage: flags.thpCoverage,
  });
  const bytes = parseSize(flags.b, "-b") * flags.v;
  if (bytes > LARGEST_BYTES) throw badInput("the guest's memory", `${bytes / 2 ** 30} GiB`, "at most 64G in all");
  const variants = mmu.flows.variants(flow, flags);
  const strategies = (await strategyChooser(flags.strategy ?? [mmu.baseline], [mmu]))(mmu);
  const target = await prepareOutput(flags.exportJson, { stdout: io.stdout, inputs: inputsOf(flags) });
  const progress = new Progress(io.stderr, true);
  const runs = strategies.flatMap((strategy) =>
    variants.map((variant): FlowRun => {
      const onStep = (phase: string) => progress.show(0, `${strategy.id}, ${variant.name}: ${phase}`);
      const steps = variant.run(strategy, { digest: flags.digest === true, onStep });
      const { name, variables } = variant;
      return { strategy: strategy.id, source: strategy.source, variant: name, variables, steps };
    }),
  );
  progress.clear();
  const tool = { name: "s2split", version: toolVersion(), modelVersion: MODEL_VERSION };
  const text = formatJson({ schemaVersion: 1, kind: "s2split-flow", tool, mmu: mmu.id, flow, runs });
  await target?.write(text);
  if (flags.json === true) io.stdout.write(text);
  else io.stdout.write(flowReport(mmu.title, mmu.flows, flow, runs, styleFor(io, flags.color ?? "auto")));
  return EXIT.fine;
}
