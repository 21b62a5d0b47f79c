import { type Command, Option } from "commander";
import type { AdviceRequest } from "../../advise/advise.js";
import type { AdvisedGuest } from "../../advise/guest.js";
import { EXIT } from "../../exit.js";
import { GRANULES, type Granule } from "../../guest/geometry.js";
import type { Arm64Scenario } from "../../mmu/arm64/scenario.js";
import type { SplitStrategy } from "../../mmu/arm64/strategy.js";
import type { Invocation, Io } from "../io.js";
import { fraction, integer, list } from "../options.js";

interface AdviseOptions {
  readonly backing?: string;
  readonly memory?: string;
  readonly scenario?: string;
  readonly granule: Granule;
  readonly thpCoverage: number;
  readonly vcpus: number;
  readonly writePercent: number;
  readonly maxLockHold?: string;
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
  s2split advise --backing hugetlb-1g --memory 1T --max-lock-hold 5ms --mode clear
  s2split advise --scenario guest.json --profile my-box.json --json

Counts are exact and of Linux 7.3 (strategy baseline). Times are modelled with the profile; s2split calibrate makes one of your mmu.`;

/** Adds `advise`: whether to split eagerly, with which chunk, in each mode. */
export function register(program: Command, invocation: Invocation): void {
  program
    .command("advise")
    .summary("say whether to split eagerly, with which chunk, for a given guest")
    .description(
      "Sweep mode and chunk size over a guest: what enabling holds the lock for, what the guest pays, and what to set.",
    )
    .option("-s, --backing <name>", "host memory: 4k, thp, hugetlb-2m, hugetlb-1g, mixed, or the test's own names")
    .option("-b, --memory <size>", "guest memory (K, M, G, T; default: 1G)")
    .option("--scenario <file>", "a scenario file in place of --backing and --memory")
    .addOption(new Option("--granule <size>", "translation granule").choices([...GRANULES]).default("4K"))
    .option(
      "--thp-coverage <share>",
      "share of the level-2 regions that are one block with thp, 0 to 1",
      fraction(0, 1),
      1,
    )
    .option("-v, --vcpus <n>", "vCPUs that write at the same time", integer(1, 4096), 1)
    .option("-w, --write-percent <n>", "share of the guest's accesses that are writes", integer(0, 100), 50)
    .option("--max-lock-hold <duration>", "longest hold of mmu_lock to allow, such as 5ms")
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
  const { parseDuration } = await import("../../advise/options.js");
  const request: AdviceRequest = {
    guest,
    modes: options.mode === "both" ? ["enable", "clear"] : [options.mode],
    chunks: await chunksFrom(options, guest),
    strategies: await strategiesFrom(options),
    profile,
    vcpus: options.vcpus,
    writePercent: options.writePercent,
    maxLockHoldNs: options.maxLockHold === undefined ? null : parseDuration(options.maxLockHold, "--max-lock-hold"),
    clearPerRegion: options.clearSize === "1G",
    seed: options.seed,
  };
  const { advise, eagerWins, isRight } = await import("../../advise/advise.js");
  const advice = advise(request);
  if (options.json === true) {
    const { adviceJson } = await import("../../report/adviseReport.js");
    const { formatJson } = await import("../../files/json.js");
    io.stdout.write(formatJson(adviceJson(advice, request, text)));
    return EXIT.fine;
  }
  const wins = new Map<(typeof advice.recommendations)[number], readonly number[]>();
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
  const { adviseReport } = await import("../../report/adviseReport.js");
  const { styleFor } = await import("../../report/style.js");
  io.stdout.write(adviseReport(advice, request, text, wins, styleFor(io, options.color ?? "auto")));
  return EXIT.fine;
}

async function guestFrom(options: AdviseOptions, { stdin }: Io): Promise<{ guest: AdvisedGuest; text: string }> {
  const { badInput, UserError } = await import("../../errors.js");
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
    throw new UserError("no guest given; expected --backing with --memory, or --scenario FILE");
  }
  const { backingNamed, segmentsFor } = await import("../../guest/backings.js");
  const { parseSize } = await import("../../guest/sizes.js");
  const { legalChunks } = await import("../../guest/geometry.js");
  const backing = backingNamed(options.backing);
  const bytes = parseSize(options.memory ?? "1G", "--memory");
  const page = legalChunks(options.granule)[0]!;
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
        `the ${granule} granule has no such chunk size`,
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
