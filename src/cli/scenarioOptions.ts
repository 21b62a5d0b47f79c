import { type Command, Option } from "commander";
import type { PlanItem } from "../bench/plan.js";
import { badInput, UserError, unknownName } from "../errors.js";
import type { ByteInput } from "../files/streams.js";
import { backingNamed, DEFAULT_BACKINGS, segmentsFor } from "../guest/backings.js";
import { GRANULES, type Granule, geometryOf, legalChunks } from "../guest/geometry.js";
import { formatAddress, formatSize, parseAddress, parseSize } from "../guest/sizes.js";
import { loadScenario } from "../load/loadScenario.js";
import type { Arm64Scenario, Memslot } from "../mmu/arm64/scenario.js";
import { loadMmu, mmuIds } from "../mmu/registry.js";
import { fraction, integer, list } from "./options.js";
import { addX86Options, shadowItems, tdpItems, type X86Options } from "./x86Options.js";

/** Options that say which guest is simulated and what is done to it; shared by every command that simulates. */
export interface ScenarioOptions extends X86Options {
  readonly mmu?: string[];
  readonly backing?: string[];
  readonly memory?: string;
  readonly memslots: number;
  readonly g?: boolean;
  readonly mode?: "enable" | "clear" | "both";
  readonly chunk?: string[];
  readonly bbm?: "2";
  readonly granule: Granule;
  readonly ipaBits?: number;
  readonly base?: string;
  readonly thpCoverage: number;
  readonly seed: number;
  readonly scenario?: string[];
}

const DEFAULT_BASE = 2 ** 30;
const DEFAULT_IPA_BITS = 40;
const MOST_IPA_BITS = 48;

/** Adds the options, with the letters of dirty_log_perf_test where it has them. */
export function addScenarioOptions(command: Command): Command {
  command
    .option("--mmu <list>", "simulated MMUs: arm64 (default), x86-tdp, x86-shadow", list)
    .option(
      "-s, --backing <list>",
      "host memory: 4k, thp, hugetlb-2m, hugetlb-1g, mixed, or the test's own names (default: 4k,thp,hugetlb-1g)",
      list,
    )
    .option("-b, --memory <size>", "guest memory (K, M, G, T; default: 1G)")
    .option("-x, --memslots <n>", "cut the memory evenly into this many memslots", integer(1, 4096), 1)
    .option("-g", "no manual protect: split when dirty logging is enabled (--mode enable, the default)")
    .addOption(new Option("--mode <mode>", "when to split").choices(["enable", "clear", "both"]))
    .option("--chunk <list>", "eager-split chunk sizes, 0 is off (default: the largest the granule has)", list)
    .addOption(
      new Option("--bbm <level>", "also split without break-before-make (proposed, not in Linux)").choices(["2"]),
    )
    .addOption(new Option("--granule <size>", "translation granule").choices([...GRANULES]).default("4K"))
    .option("--ipa-bits <n>", "IPA width, 32 to 48 (default: 40, or what the memory needs)", integer(32, MOST_IPA_BITS))
    .option("--base <address>", "guest physical base of the memory (default: 0x40000000)")
    .option(
      "--thp-coverage <share>",
      "share of the level-2 regions that are one block with thp, 0 to 1",
      fraction(0, 1),
      1,
    )
    .option("--seed <n>", "seed of everything random", integer(0, 2 ** 32 - 1), 1)
    .option("--scenario <files...>", "scenario files (JSON) in place of the guest's options");
  return addX86Options(command);
}

/**
 * The scenarios that the options ask for, in order: files as they are given, or each backing, mode and chunk.
 *
 * @throws UserError for options that contradict each other or make no guest
 */
export async function scenariosFrom(options: ScenarioOptions, stdin: ByteInput): Promise<PlanItem[]> {
  refuseForeignOptions(options);
  if (options.scenario !== undefined) {
    refuseGuestOptions(options);
    const items = await Promise.all(options.scenario.map((path) => loadScenario(path, stdin)));
    return items.flatMap((item) => variants(item, options));
  }
  const items: PlanItem[] = [];
  for (const mmu of new Set(options.mmu ?? ["arm64"])) {
    if (mmu === "arm64") items.push(...(await arm64Items(options)));
    else if (mmu === "x86-tdp") items.push(...(await tdpItems(options)));
    else if (mmu === "x86-shadow") items.push(...(await shadowItems(options)));
    else throw unknownName("MMU", mmu, mmuIds);
  }
  return items;
}

async function arm64Items(options: ScenarioOptions): Promise<PlanItem[]> {
  const mmu = await loadMmu("arm64");
  const names = (options.backing ?? DEFAULT_BACKINGS).map(backingNamed);
  const items: PlanItem[] = [];
  for (const backing of new Set(names)) {
    for (const mode of modesOf(options) ?? ["enable"]) {
      for (const chunk of options.chunk ?? [formatSize(legalChunks(options.granule).at(-1)!)]) {
        const scenario = guestOf(options, backing, mode, chunk);
        for (const bbm of bbmsOf(options)) {
          const dirtyLog = { ...scenario.dirtyLog, ...bbm };
          items.push({ mmu, scenario: mmu.parse({ ...scenario, dirtyLog }, "") });
        }
      }
    }
  }
  return items;
}

/** With `--bbm 2` each guest a second time, with the proposal, to be set against break-before-make. */
function bbmsOf(options: ScenarioOptions): { readonly bbm?: 2 }[] {
  return options.bbm === undefined ? [{}] : [{}, { bbm: 2 }];
}

/** A scenario file's own mode and chunk, unless the options ask for others. */
function variants(item: PlanItem, options: ScenarioOptions): PlanItem[] {
  const modes = modesOf(options);
  const asIs = modes === undefined && options.chunk === undefined && options.bbm === undefined;
  if (item.mmu.id !== "arm64" || asIs) return [item];
  const scenario = item.scenario as Arm64Scenario;
  // Enabling knows no dirty bitmap: `--mode enable` takes the guest alone.
  const memslotsFor = (mode: string) =>
    mode === "clear" ? scenario.memslots : scenario.memslots.map(({ base, segments }) => ({ base, segments }));
  const bbms = scenario.dirtyLog.bbm === undefined ? bbmsOf(options) : [{}];
  return (modes ?? [scenario.dirtyLog.mode]).flatMap((mode) =>
    (options.chunk ?? [scenario.dirtyLog.chunk]).flatMap((chunk) =>
      bbms.map((bbm) => ({
        mmu: item.mmu,
        scenario: item.mmu.parse(
          { ...scenario, memslots: memslotsFor(mode), dirtyLog: { ...scenario.dirtyLog, mode, chunk, ...bbm } },
          scenario.name ?? "scenario",
        ),
      })),
    ),
  );
}

function modesOf(options: ScenarioOptions): ("enable" | "clear")[] | undefined {
  if (options.g === true && options.mode !== undefined && options.mode !== "enable") {
    throw badInput(`-g with --mode ${options.mode}`, "contradict each other", "-g, or --mode, not both");
  }
  if (options.workload === "zap")
    throw badInput("--workload zap", "arm64 has no such workload", "split, enable or clear");
  if (options.workload === "clear" && options.mode === undefined) return ["clear"];
  if (options.mode === "both") return ["enable", "clear"];
  if (options.mode !== undefined) return [options.mode];
  return options.g === true ? ["enable"] : undefined;
}

/** Options by the MMU and workloads that read them; given to others they would be passed over, and figures would not be what was asked for. */
const READ_BY: readonly {
  readonly option: string;
  readonly given: (options: ScenarioOptions) => boolean;
  readonly mmu: string;
  readonly workloads?: readonly string[];
}[] = [
  { option: "--mode", given: ({ mode }) => mode !== undefined, mmu: "arm64" },
  { option: "-g", given: ({ g }) => g === true, mmu: "arm64" },
  { option: "--chunk", given: ({ chunk }) => chunk !== undefined, mmu: "arm64" },
  { option: "--bbm", given: ({ bbm }) => bbm !== undefined, mmu: "arm64" },
  { option: "--granule", given: ({ granule }) => granule !== "4K", mmu: "arm64" },
  { option: "--ipa-bits", given: ({ ipaBits }) => ipaBits !== undefined, mmu: "arm64" },
  { option: "--memslots", given: ({ memslots }) => memslots !== 1, mmu: "arm64" },
  { option: "--target", given: ({ target }) => target !== undefined, mmu: "x86", workloads: ["split"] },
  { option: "--pml", given: ({ pml }) => pml !== undefined, mmu: "x86-tdp", workloads: ["enable", "clear"] },
  { option: "--eager", given: ({ eager }) => eager !== undefined, mmu: "x86-tdp", workloads: ["enable", "clear"] },
  { option: "--resched-every", given: ({ reschedEvery }) => reschedEvery !== undefined, mmu: "x86" },
  { option: "--maxphyaddr", given: ({ maxphyaddr }) => maxphyaddr !== undefined, mmu: "x86-tdp" },
  { option: "--root-level", given: ({ rootLevel }) => rootLevel !== undefined, mmu: "x86-tdp" },
  { option: "--alias", given: ({ alias }) => alias !== undefined, mmu: "x86-shadow" },
];

/** @throws UserError for an option that nothing of the plan would read */
function refuseForeignOptions(options: ScenarioOptions): void {
  const file = options.scenario !== undefined;
  const mmus = options.mmu ?? ["arm64"];
  for (const { option, given, mmu, workloads } of READ_BY) {
    if (!given(options)) continue;
    const ofFile = ["--mode", "-g", "--chunk", "--bbm"].includes(option);
    if (file && !ofFile) throw new UserError(`${option} with --scenario: the file gives it; expected one or the other`);
    if (file) continue;
    if (!mmus.some((name) => name.startsWith(mmu))) {
      throw new UserError(
        `${option} with --mmu ${mmus.join(",")}: it is of ${mmu === "x86" ? "x86-tdp and x86-shadow" : mmu}; expected it only there`,
      );
    }
    const workload = options.workload ?? "split";
    if (workloads !== undefined && !workloads.includes(workload)) {
      throw new UserError(
        `${option} with --workload ${workload}: it is of ${workloads.join(" and ")}; expected it only there`,
      );
    }
  }
  if (file && options.workload !== undefined) {
    throw new UserError("--workload with --scenario: the file gives it; expected one or the other");
  }
}

function refuseGuestOptions(options: ScenarioOptions): void {
  const given = (
    [
      ["--backing", options.backing],
      ["--memory", options.memory],
      ["--base", options.base],
      ["--ipa-bits", options.ipaBits],
      ["--mmu", options.mmu],
    ] as const
  ).filter(([, value]) => value !== undefined);
  if (given.length > 0)
    throw new UserError(`${given[0]![0]} with --scenario: the file gives the guest; expected one or the other`);
}

function guestOf(options: ScenarioOptions, backing: string, mode: "enable" | "clear", chunk: string): Arm64Scenario {
  const memory = options.memory ?? "1G";
  const bytes = parseSize(memory, "--memory");
  const base = options.base === undefined ? DEFAULT_BASE : parseAddress(options.base, "--base");
  const pageBytes = legalChunks(options.granule)[0]!;
  if (bytes === 0 || bytes % (pageBytes * options.memslots) !== 0) {
    throw badInput(
      `--memory ${memory}`,
      `cannot be cut into ${options.memslots} memslot${options.memslots === 1 ? "" : "s"} of whole pages`,
      `a multiple of ${formatSize(pageBytes * options.memslots)}`,
    );
  }
  const ipaBits = options.ipaBits ?? Math.max(DEFAULT_IPA_BITS, Math.ceil(Math.log2(base + bytes)));
  if (ipaBits > MOST_IPA_BITS) {
    throw badInput(
      `--memory ${options.memory}`,
      "does not fit the IPA space",
      `memory that ends below 2^${MOST_IPA_BITS}`,
    );
  }
  geometryOf(options.granule, ipaBits);
  const slotBytes = bytes / options.memslots;
  const memslots: Memslot[] = [];
  for (let slot = 0; slot < options.memslots; slot++) {
    memslots.push({
      base: formatAddress(base + slot * slotBytes),
      segments: segmentsFor(backing, slotBytes, options.granule, options.thpCoverage, options.seed + slot),
    });
  }
  return {
    name: nameOf(options, backing, bytes),
    granule: options.granule,
    ipaBits,
    memslots,
    dirtyLog: { mode, chunk },
  };
}

function nameOf(options: ScenarioOptions, backing: string, bytes: number): string {
  const parts = [backing, formatSize(bytes)];
  if (backing === "thp" && options.thpCoverage < 1) parts.push(`coverage${options.thpCoverage}-seed${options.seed}`);
  if (options.memslots > 1) parts.push(`x${options.memslots}`);
  if (options.granule !== "4K") parts.push(`granule${options.granule}`);
  if (options.base !== undefined) parts.push(`base${options.base}`);
  if (options.ipaBits !== undefined) parts.push(`ipa${options.ipaBits}`);
  return parts.join("-");
}
