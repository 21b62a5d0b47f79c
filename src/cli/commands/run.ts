import { type Command, Option } from "commander";
import type { PricedRun } from "../../cost/selftestTime.js";
import { EXIT } from "../../exit.js";
import { GRANULES } from "../../guest/geometry.js";
import type { FlowInput } from "../../mmu/arm64/flowInput.js";
import type { SplitStrategy } from "../../mmu/arm64/strategy.js";
import { mmus } from "../../mmu/registry.js";
import type { RunHeading } from "../../report/runTable.js";
import type { GuestMode } from "../../selftest/guestModes.js";
import type { SelftestCase } from "../../selftest/run.js";
import { FAULT_LOCK_HELP, faultLock } from "../faultLock.js";
import { flowOptions, refuseFlowOptions } from "../flowOptions.js";
import { inputsOf } from "../inputs.js";
import type { Invocation, Io } from "../io.js";
import { fraction, integer, list } from "../options.js";
import { showPlot } from "../plotOutput.js";
import { guestsOf, type RunFlags } from "../runFlags.js";
import { optionOf } from "../scenarioOptions.js";

/**
 * Memory of all vCPUs together: the whole tree is kept, 8 bytes a page and as much again while it
 * grows.
 */
const LARGEST_BYTES = 128 * 2 ** 30;

const EXAMPLES = `
Examples:
  1 GiB of THP, lazy against every chunk size, manual protect:
    s2split run -s anonymous_thp
  lazy against eager, to the end of the VM:
    s2split run --mmu riscv -s anonymous_thp -g -w 50
  more:
    s2split run -s anonymous_thp -g -v 8 -b 256M -w 20 --profile ampereone
    s2split run -s anonymous_hugetlb_1gb -g --chunk 0,1G --bbm 2
    s2split run --scenario guest.json --json

The letters are those of dirty_log_perf_test. Its -m takes one guest mode; -n
and -c have no meaning here.`;

/** Adds `run`: the whole of dirty_log_perf_test on the model, guests and their faults included. */
export function register(program: Command, invocation: Invocation): void {
  const command = program
    .command("run")
    .description(
      "Simulate the whole of dirty_log_perf_test: populate, enable, iterations of dirty, get and clear, disable, " +
        "and the first accesses afterwards, with the guests' faults.",
    )
    .option("-b <size>", "memory of each vCPU (K, M, G)", "1G")
    .option("-v <n>", "vCPUs", integer(1, 512), 1)
    .option("-x <n>", "cut the memory evenly into this many memslots", integer(1, 4096), 1)
    .option("-i <n>", "iterations, at least 2", integer(2, 1000), 2)
    .option("-w <percent>", "chance that an access is a write", integer(0, 100), 100)
    .option("-a", "access random pages")
    .option("-o", "overlap: every vCPU accesses all memory")
    .option("-g", "no manual protect (default: manual protect, initially-all-set)")
    .option("-s <backing>", "host memory: the test's names, or 4k, thp, hugetlb-2m, hugetlb-1g, mixed", "anonymous")
    .option("-e", "run the guests while logging is disabled")
    .option("-r <seed>", "random seed", seed, 1)
    .option("-p <offset>", "guest physical address of the memory (default: below the top, as the test has it)")
    .option("-m <mode>", "guest mode by its number in the test: width of the IPA, guest pages", integer(0, 99))
    .option("--chunk <list>", "eager-split chunk sizes, 0 is off (default: 0 and every size of the granule)", list)
    .option("--strategy <list>", "walker strategies, or modules with custom ones (default: baseline)", list)
    .addOption(new Option("--granule <size>", "translation granule of stage 2").choices([...GRANULES]).default("4K"))
    .option("--ipa-bits <n>", "IPA width, 32 to 52 (above 48 with LPA2)", integer(32, 52), 40)
    .option("--thp-coverage <share>", "share of the level-2 regions that are one block with thp", fraction(0, 1), 1)
    .addOption(new Option("--rule <name>", "how guests draw").choices(["hash", "lehmer"]).default("hash"))
    .addOption(
      new Option("--bbm <level>", "also split eagerly without break-before-make (proposed, not in Linux)").choices([
        "2",
      ]),
    )
    .addOption(mmuOption())
    .option("--profile <name|file>", "cost profile: adds modelled time")
    .option("--fault-lock <lock>", FAULT_LOCK_HELP)
    .option("--scenario <file>", "an arm64 scenario file as the guest's memory, in place of -b -x -s -p -m")
    .option("--json", "print JSON in place of tables")
    .option("--export-json <file>", "write the JSON to a file")
    .option("--export-html <file>", "write one page with pictures, for any browser, offline")
    .option("--plot", "draw bars of characters below the tables")
    .option("--digest", "with SHA-256 of the tree after each step, in JSON")
    .addHelpText("after", EXAMPLES)
    .action(invocation.action(run));
  for (const option of flowOptions().values()) command.addOption(optionOf(option));
}

function mmuOption(): Option {
  const [first, ...others] = [mmus[0].id, ...mmus.flatMap(({ id, flowOptions }) => (flowOptions ? [id] : []))];
  return new Option("--mmu <id>", `simulated MMU: ${[`${first} (default)`, ...others].join(", ")}`);
}

function seed(value: string): number {
  // The test takes its seed in any base.
  return /^0x[0-9a-f]{1,8}$/i.test(value) ? Number(value) : integer(0, 2 ** 32 - 1)(value);
}

async function run(io: Io, _: unknown, self: Command): Promise<number> {
  const flags = self.optsWithGlobals<RunFlags>();
  const given = (name: string) => self.getOptionValueSource(name) === "cli";
  if (flags.mmu !== undefined && flags.mmu !== mmus[0].id) {
    const { runFlows } = await import("./runFlows.js");
    return runFlows(io, { ...flags, seed: flags.r, mmu: flags.mmu }, given);
  }
  refuseFlowOptions(given);
  const { guest, heading } = await guestOf(flags, given, io);
  const { parseSize } = await import("../../guest/sizes.js");
  const bytes = guest.slots.reduce((sum, slot) => sum + parseSize(slot.size), 0);
  const { badInput } = await import("../../errors.js");
  if (bytes > LARGEST_BYTES) throw badInput("the guest's memory", `${bytes / 2 ** 30} GiB`, "at most 128G in all");
  const cases = await casesOf(guest, flags);
  const { prepareOutput } = await import("../../files/write.js");
  const target = await prepareOutput(flags.exportJson, { stdout: io.stdout, inputs: inputsOf(flags) });
  const { htmlOutput } = await import("../htmlOutput.js");
  const writePage = await htmlOutput(flags, io, inputsOf(flags));
  const profile = flags.profile === undefined ? null : await arm64Profile(flags.profile);
  const lock = await faultLock(flags.faultLock, profile);

  const { runSelftest } = await import("../../selftest/run.js");
  const { priced } = await import("../../cost/selftestTime.js");
  const { Progress } = await import("../../report/progress.js");
  const progress = new Progress(io.stderr, true);
  const stepCount = guest.steps.length * cases.length;
  let done = 0;
  const runs = cases.map((testCase): PricedRun => {
    const name = `${testCase.strategy.id}, chunk ${testCase.input.chunk}`;
    const onStep = (step: string) => progress.show(done++ / stepCount, `${name}: ${step}`);
    return priced(runSelftest(testCase, { digest: flags.digest === true, onStep }), profile, lock);
  });
  progress.clear();

  await writePage(async () => (await import("../../report/html/runPage.js")).runPage(runs));
  if (target !== undefined || flags.json === true) {
    const text = await jsonText(runs);
    await target?.write(text);
    if (flags.json === true) io.stdout.write(text);
  }
  if (flags.json !== true) {
    const { runReport } = await import("../../report/runTable.js");
    const { styleFor } = await import("../../report/style.js");
    const style = styleFor(io, flags.color ?? "auto");
    io.stdout.write(runReport(runs, heading, style));
    if (flags.plot === true) {
      const { runPlot } = await import("../../report/plot/costPlots.js");
      await showPlot(io, style, (canvas) => runPlot(runs, canvas));
    }
  }
  for (const strategy of new Set(cases.map(({ strategy }) => strategy))) {
    if (strategy.knownFaults.length > 0)
      io.stderr.write(`${strategy.id} is not right: ${strategy.knownFaults.join("; ")} (s2split verify)\n`);
  }
  return EXIT.fine;
}

async function guestOf(
  flags: RunFlags,
  given: (option: string) => boolean,
  { stdin }: Io,
): Promise<{ guest: FlowInput; heading: RunHeading }> {
  const { badInput, UserError } = await import("../../errors.js");
  const { parseAddress, parseSize } = await import("../../guest/sizes.js");
  const { flowOfScenario, flowOfTest } = await import("../../selftest/selftest.js");
  const what = guestsOf(flags);
  if (flags.scenario !== undefined) {
    const clash = ["b", "x", "s", "p", "m", "granule", "ipaBits", "thpCoverage"].find(given);
    if (clash !== undefined) {
      const shown = clash.length === 1 ? `-${clash}` : `--${clash.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
      throw new UserError(`${shown} with --scenario: the file gives the guest; expected one or the other`);
    }
    const { loadScenario } = await import("../../load/loadScenario.js");
    const { mmu, scenario } = await loadScenario(flags.scenario, stdin);
    if (mmu.id !== "arm64") throw badInput(flags.scenario, `is for ${mmu.id}`, "an arm64 scenario");
    const guest = flowOfScenario(scenario as never, { ...what, ...(flags.g === true ? { manual: 0 } : {}) });
    return { guest, heading: { ...what, mode: null } };
  }
  const { guestModeOf, GUEST_MODES } = await import("../../selftest/guestModes.js");
  if (flags.m !== undefined && given("ipaBits")) {
    throw new UserError("-m with --ipa-bits: the guest mode gives the IPA width; expected one or the other");
  }
  const mode: GuestMode | null =
    flags.m !== undefined
      ? guestModeOf(flags.m)
      : (GUEST_MODES.find((m) => m.ipaBits === flags.ipaBits && m.guestPage === flags.granule) ?? null);
  const { backingNamed } = await import("../../guest/backings.js");
  const guest = flowOfTest({
    ...what,
    granule: flags.granule,
    ipaBits: mode?.ipaBits ?? flags.ipaBits,
    guestPageBytes: mode === null ? undefined : parseSize(mode.guestPage),
    backing: backingNamed(flags.s),
    bytesPerVcpu: parseSize(flags.b, "-b"),
    memslots: flags.x,
    manual: flags.g === true ? 0 : 3,
    offset: flags.p === undefined ? undefined : parseAddress(flags.p, "-p"),
    thpCoverage: flags.thpCoverage,
    chunk: "0",
  });
  return { guest, heading: { ...what, mode } };
}

/**
 * Each strategy with each chunk; with `--bbm 2` each eager one a second time, without
 * break-before-make.
 */
async function casesOf(guest: FlowInput, flags: RunFlags): Promise<SelftestCase[]> {
  const { legalChunks } = await import("../../guest/geometry.js");
  const { formatSize, parseSize } = await import("../../guest/sizes.js");
  const { flowLayoutOf } = await import("../../mmu/arm64/flowLayout.js");
  const { loadMmu } = await import("../../mmu/registry.js");
  const { strategyChooser } = await import("../../load/loadStrategy.js");
  const mmu = await loadMmu("arm64");
  const choose = await strategyChooser(flags.strategy ?? [mmu.baseline], [mmu]);
  // A scenario that asks for the proposal is set against break-before-make, as --bbm does.
  const { bbm, ...plain } = guest;
  const proposed = flags.bbm === "2" || bbm === 2;
  const wanted = flags.chunk ?? ["0", ...legalChunks(guest.granule).map(formatSize)];
  const chunks = [...new Set(wanted.map((chunk) => formatSize(parseSize(chunk, "--chunk"))))];
  return choose(mmu).flatMap((strategy) =>
    chunks.flatMap((chunk) => {
      const input: FlowInput = { ...plain, chunk };
      // Refused before anything runs.
      flowLayoutOf(input);
      const found: SelftestCase[] = [{ strategy: strategy as SplitStrategy, input }];
      if (proposed && chunk !== "0") {
        found.push({ strategy: strategy as SplitStrategy, input: { ...input, bbm: 2 } });
      }
      return found;
    }),
  );
}

async function arm64Profile(nameOrFile: string) {
  const { loadProfile } = await import("../../cost/loadProfile.js");
  const { badInput } = await import("../../errors.js");
  const profile = await loadProfile(nameOrFile);
  if (profile.mmu !== "arm64")
    throw badInput(`--profile ${profile.name}`, `prices ${profile.mmu}`, "a profile of arm64");
  return profile;
}

async function jsonText(runs: readonly PricedRun[]): Promise<string> {
  const { formatJson } = await import("../../files/json.js");
  const { MODEL_VERSION } = await import("../../results/types.js");
  const { toolVersion } = await import("../../version.js");
  return formatJson({
    schemaVersion: 1,
    kind: "s2split-run",
    tool: { name: "s2split", version: toolVersion(), modelVersion: MODEL_VERSION },
    runs,
  });
}
