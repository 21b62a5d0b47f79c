import { type Command, Option } from "commander";
import type { Advice, AdviceRequest } from "../../advise/advise.js";
import type { AdvisedGuest } from "../../advise/guest.js";
import type { Recommendation } from "../../advise/recommend.js";
import { EXIT } from "../../exit.js";
import { GRANULES, type Granule } from "../../guest/geometry.js";
import type { Arm64Scenario } from "../../mmu/arm64/scenario.js";
import type { SplitStrategy } from "../../mmu/arm64/strategy.js";
import type { HtmlFlags } from "../htmlOutput.js";
import { inputsOf } from "../inputs.js";
import type { Invocation, Io } from "../io.js";
import { fraction, integer, list } from "../options.js";
import { type PlotFlags, showPlot } from "../plotOutput.js";

interface AdviseOptions extends HtmlFlags, PlotFlags {
  readonly backing?: string;
  readonly memory?: string;
  readonly scenario?: string;
  readonly stats?: string;
  readonly granule: Granule;
  readonly thpCoverage: number;
  readonly vcpus: number;
  readonly writePercent: number;
  readonly maxLockHold?: string;
  readonly maxGuestStall?: string;
  readonly faultLock: string;
  readonly profile: string;
  readonly strategy?: string[];
  readonly mode: "enable" | "clear" | "both";
  readonly chunk?: string[];
  readonly clearSize: "1G" | "slot";
  readonly seed: number;
  readonly json?: boolean;
  readonly color?: "auto" | "always" | "never";
}

const EXAMPLES = `
Examples:
  s2split advise --backing thp --memory 64G --vcpus 32 --write-percent 20
  s2split advise -s hugetlb-1g -b 1T --max-lock-hold 5ms --mode clear
  s2split advise --scenario guest.json --profile my-box.json --json
  grep . /sys/kernel/debug/kvm/*/pages_* > stats.txt
  s2split advise --stats stats.txt

Counts are exact and of Linux 7.3 (strategy baseline). Times are modelled with
the profile; s2split calibrate makes one of your machine.`;

/** Adds `advise`: whether to split eagerly, with which chunk, in each mode. */
export function register(program: Command, invocation: Invocation): void {
  program
    .command("advise")
    .description(
      "Sweep mode and chunk size over a guest: what enabling holds the lock for, what the guest pays, and what to set.",
    )
    .option("-s, --backing <name>", "host memory: 4k, thp, hugetlb-2m, hugetlb-1g, mixed, or the test's own names")
    .option("-b, --memory <size>", "guest memory (K, M, G, T; default: 1G)")
    .option("--scenario <file>", "a scenario file in place of --backing and --memory")
    .option("--stats <file>", "KVM's pages_4k, pages_2m, pages_1g of a VM in their place: debugfs, QMP's query-stats")
    .addOption(new Option("--granule <size>", "translation granule").choices([...GRANULES]).default("4K"))
    .option(
      "--thp-coverage <share>",
      "share of the level-2 regions that are one block with thp, 0 to 1 or in percent",
      fraction(0, 1),
      1,
    )
    .option("-v, --vcpus <n>", "vCPUs that write at the same time", integer(1, 4096), 1)
    .option("-w, --write-percent <n>", "share of the guest's accesses that are writes", integer(0, 100), 50)
    .option("--max-lock-hold <duration>", "longest hold of mmu_lock to allow, such as 5ms")
    .option("--max-guest-stall <duration>", "longest that a guest fault may wait for mmu_lock while an ioctl runs")
    .option(
      "--fault-lock <lock>",
      "lock of a stage-2 fault: parallel (6.2 and later), rwlock (5.18 to 6.1), spinlock, or a kernel version",
      "parallel",
    )
    .option("--profile <name|file>", "cost profile", "ampereone")
    .option("--strategy <list>", "walker strategies to compare (default: baseline)", list)
    .addOption(
      new Option("--mode <mode>", "mode of dirty logging").choices(["enable", "clear", "both"]).default("both"),
    )
    .option("--chunk <list>", "chunk sizes beside off (default: the granule's block sizes)", list)
    .addOption(
      new Option("--clear-size <size>", "memory that one clear ioctl covers").choices(["1G", "slot"]).default("1G"),
    )
    .option("--seed <n>", "seed of what the guest writes, and of thp coverage", integer(0, 2 ** 32 - 1), 1)
    .option("--json", "print JSON instead of tables")
    .option("--export-html <file>", "write one page with pictures, for any browser, offline")
    .option("--plot", "draw bars of characters below the tables")
    .addHelpText("after", EXAMPLES)
    .action(invocation.action(adviseOn));
}

async function adviseOn(io: Io, _: unknown, self: Command): Promise<number> {
  const options = self.optsWithGlobals<AdviseOptions>();
  const { loadProfile } = await import("../../cost/loadProfile.js");
  const { badInput } = await import("../../errors.js");
  const profile = await loadProfile(options.profile);
  if (profile.mmu !== "arm64")
    throw badInput(`--profile ${profile.name}`, `prices ${profile.mmu}`, "a profile of arm64");
  const { guest, text } = await guestFrom(options, io);
  const { parseDuration, parseFaultLock } = await import("../../advise/options.js");
  const duration = (text: string | undefined, input: string) =>
    text === undefined ? null : parseDuration(text, input);
  const request: AdviceRequest = {
    guest,
    modes: options.mode === "both" ? ["enable", "clear"] : [options.mode],
    chunks: await chunksFrom(options, guest),
    strategies: await strategiesFrom(options),
    profile,
    vcpus: options.vcpus,
    writePercent: options.writePercent,
    maxLockHoldNs: duration(options.maxLockHold, "--max-lock-hold"),
    maxGuestStallNs: duration(options.maxGuestStall, "--max-guest-stall"),
    lock: parseFaultLock(options.faultLock, "--fault-lock"),
    clearPerRegion: options.clearSize === "1G",
    seed: options.seed,
  };
  const { htmlOutput } = await import("../htmlOutput.js");
  const writePage = await htmlOutput(options, io, inputsOf(options));
  const { adviser } = await import("../../advise/advise.js");
  const { Progress } = await import("../../report/progress.js");
  const progress = new Progress(io.stderr, true);
  const own = adviser(request);
  const onRow = (done: number, of: number, next: string) => progress.show(done / of, next);
  if (options.json === true) {
    const advice = own.together(request.modes.map((mode) => own.mode(mode, onRow)));
    progress.clear();
    await writePage(async () => (await import("../../report/html/advisePage.js")).advisePage(advice, request, text));
    const { adviceJson } = await import("../../report/adviseReport.js");
    const { formatJson } = await import("../../files/json.js");
    io.stdout.write(formatJson(adviceJson(advice, request, text)));
    return EXIT.fine;
  }
  const { adviseText } = await import("../../report/adviseReport.js");
  const { styleFor } = await import("../../report/style.js");
  const style = styleFor(io, options.color ?? "auto");
  const report = adviseText(request, text, style);
  io.stdout.write(report.heading);
  const parts: Advice[] = [];
  for (const mode of request.modes) {
    const advice = own.mode(mode, onRow);
    const wins = await winsOf(advice, request);
    progress.clear();
    io.stdout.write(report.mode(advice, wins));
    parts.push(advice);
  }
  const advice = own.together(parts);
  await writePage(async () => (await import("../../report/html/advisePage.js")).advisePage(advice, request, text));
  io.stdout.write(report.end(advice));
  if (options.plot === true) {
    const { advisePlot } = await import("../../report/plot/costPlots.js");
    await showPlot(io, style, (canvas) => advisePlot(advice, canvas));
  }
  return EXIT.fine;
}

/**
 * At which write percentages eager splitting would cost less, for recommendations that weigh the
 * two.
 */
async function winsOf(advice: Advice, request: AdviceRequest): Promise<ReadonlyMap<Recommendation, readonly number[]>> {
  const [{ eagerWins }, { isRight }] = await Promise.all([
    import("../../advise/advise.js"),
    import("../../advise/row.js"),
  ]);
  const wins = new Map<Recommendation, readonly number[]>();
  for (const one of advice.recommendations) {
    if (one.reason.code !== "eager-costs-less" && one.reason.code !== "off-costs-less") continue;
    const rows = advice.rows.filter((row) => row.mode === one.mode && row.strategy === one.strategy);
    const off = rows.find((row) => row.chunk === "0")!;
    const eager = rows
      .filter(isRight)
      .filter((row) => row !== off)
      .sort((a, b) => a.totalNs - b.totalNs)[0];
    if (eager !== undefined) wins.set(one, eagerWins(request, off, eager));
  }
  return wins;
}

async function guestFrom(options: AdviseOptions, { stdin }: Io): Promise<{ guest: AdvisedGuest; text: string }> {
  const { badInput, UserError } = await import("../../errors.js");
  if (options.stats !== undefined) {
    if (options.backing !== undefined || options.memory !== undefined || options.scenario !== undefined) {
      throw new UserError(
        "--stats with --backing, --memory or --scenario: the file gives the guest; expected one of them",
      );
    }
    if (options.granule !== "4K") throw badInput(`--granule ${options.granule}`, "not that of --stats", "4K");
    const { parsePageStats, scenarioOfStats } = await import("../../importLayout/pageStats.js");
    const { readText } = await import("../../files/read.js");
    const content = await readText(options.stats, { expected: "KVM's statistics of a VM", maxBytes: 2 ** 24, stdin });
    const stats = parsePageStats(content, options.stats);
    const { pages1g, pages2m, pages4k } = stats;
    const text = `leaves of ${options.stats}: ${pages1g} of 1G, ${pages2m} of 2M, ${pages4k} of 4K`;
    return { guest: { kind: "scenario", scenario: scenarioOfStats(stats) }, text };
  }
  if (options.scenario !== undefined) {
    if (options.backing !== undefined || options.memory !== undefined) {
      throw new UserError("--scenario with --backing or --memory: the file gives the guest; expected one or the other");
    }
    const { loadScenario } = await import("../../load/loadScenario.js");
    const { mmu, scenario } = await loadScenario(options.scenario, stdin);
    if (mmu.id !== "arm64") throw badInput(`scenario ${options.scenario}`, `is for ${mmu.id}`, "a scenario of arm64");
    const name = scenario.name ?? options.scenario;
    return { guest: { kind: "scenario", scenario: scenario as Arm64Scenario }, text: name };
  }
  if (options.backing === undefined) {
    throw new UserError("no guest given; expected --backing with --memory, --scenario FILE, or --stats FILE");
  }
  const { backingNamed, segmentsFor } = await import("../../guest/backings.js");
  const { parseSize } = await import("../../guest/sizes.js");
  const { legalChunks } = await import("../../guest/geometry.js");
  const backing = backingNamed(options.backing);
  const bytes = parseSize(options.memory ?? "1G", "--memory");
  const [page] = legalChunks(options.granule);
  if (bytes === 0 || bytes % page !== 0) {
    throw badInput(
      `--memory ${options.memory}`,
      "not a whole number of pages",
      `a multiple of ${options.granule}, at least one`,
    );
  }
  const segments = segmentsFor(backing, bytes, options.granule, options.thpCoverage, options.seed);
  const { uniformScenario } = await import("../../cost/uniformGuest.js");
  const [only] = segments;
  const spec = { granule: options.granule, map: only!.map, bytes };
  const frame = uniformScenario({ ...spec, mode: "enable", chunk: "0" });
  const text = backing === "thp" && options.thpCoverage < 1 ? `thp, ${100 * options.thpCoverage}% covered` : backing;
  if (segments.length === 1) return { guest: { kind: "uniform", ...spec }, text };
  const scenario = { ...frame, memslots: [{ ...frame.memslots[0]!, segments }] };
  return { guest: { kind: "scenario", scenario }, text };
}

async function chunksFrom(options: AdviseOptions, guest: AdvisedGuest): Promise<readonly string[]> {
  const { granuleOf } = await import("../../advise/guest.js");
  const { legalChunks } = await import("../../guest/geometry.js");
  const { formatSize, parseSize } = await import("../../guest/sizes.js");
  const { badInput } = await import("../../errors.js");
  const granule = granuleOf(guest);
  const legal = legalChunks(granule);
  if (options.chunk === undefined) return legal.slice(1).map(formatSize);
  return options.chunk.map((text) => {
    const bytes = parseSize(text, "--chunk");
    if (bytes !== 0 && !legal.includes(bytes)) {
      throw badInput(
        `--chunk ${text}`,
        `the ${granule} granule has no such chunk size: KVM_ENABLE_CAP answers EINVAL, and QEMU's ` +
          "eager-split-size stops with " +
          '"Eager Page Split requested chunk size not valid"',
        legal.map(formatSize).join(" or "),
      );
    }
    return formatSize(bytes);
  });
}

async function strategiesFrom(options: AdviseOptions): Promise<readonly SplitStrategy[]> {
  const { strategies } = await import("../../mmu/arm64/strategies/index.js");
  const { unknownName } = await import("../../errors.js");
  return (options.strategy ?? ["baseline"]).map((name) => {
    const found = strategies.find((strategy) => strategy.id === name);
    if (found === undefined)
      throw unknownName(
        "strategy",
        name,
        strategies.map((strategy) => strategy.id),
      );
    return found;
  });
}
