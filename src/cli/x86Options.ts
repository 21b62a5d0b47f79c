import { type Command, Option } from "commander";
import type { PlanItem } from "../bench/plan.js";
import { badInput } from "../errors.js";
import { DEFAULT_BACKINGS } from "../guest/backings.js";
import { parseAddress, parseSize } from "../guest/sizes.js";
import { loadMmu } from "../mmu/registry.js";
import { integer } from "./options.js";
import type { ScenarioOptions } from "./scenarioOptions.js";

/** What only x86 has, beside the options that say how a guest is backed. */
export interface X86Options {
  readonly workload?: "zap" | "split" | "enable" | "clear";
  readonly target?: "4k" | "2m";
  readonly pml?: "on" | "off";
  readonly eager?: "on" | "off";
  readonly reschedEvery?: number;
  readonly maxphyaddr?: number;
  readonly rootLevel?: "4" | "5";
  readonly alias?: string;
}

const ALIASES = ["none", "one-gfn", "few", "one-per-page", "every-gfn", "roles"] as const;

/** Adds the options of the x86 MMUs. */
export function addX86Options(command: Command): Command {
  return command
    .addOption(
      new Option("--workload <what>", "what is done to the guest: split, enable or clear; zap on x86-tdp").choices([
        "zap",
        "split",
        "enable",
        "clear",
      ]),
    )
    .addOption(new Option("--target <size>", "x86: split down to 4k (default) or 2m").choices(["4k", "2m"]))
    .addOption(
      new Option("--pml <on|off>", "x86 enable and clear: page-modification logging (default: on)").choices([
        "on",
        "off",
      ]),
    )
    .addOption(
      new Option("--eager <on|off>", "x86 enable and clear: eager_page_split (default: on)").choices(["on", "off"]),
    )
    .option(
      "--resched-every <n>",
      "x86: the walk must yield at every n-th poll (default: 0, never)",
      integer(0, 2 ** 31 - 1),
    )
    .option("--maxphyaddr <bits>", "x86: physical address bits of the host (default: 48)", integer(32, 52))
    .addOption(new Option("--root-level <level>", "x86: level of the root (default: 4)").choices(["4", "5"]))
    .addOption(
      new Option(
        "--alias <pattern>",
        "x86-shadow: which frames nested page tables map twice (default: all patterns)",
      ).choices([...ALIASES]),
    );
}

/** The TDP guests that the options ask for: each backing, or the hello VM where a zap has neither backing nor memory. */
export async function tdpItems(options: ScenarioOptions): Promise<PlanItem[]> {
  const [mmu, { defaultTdpScenario }] = await Promise.all([loadMmu("x86-tdp"), import("../mmu/tdp/guests.js")]);
  const workload = options.workload ?? "split";
  const memoryBytes = options.memory === undefined ? undefined : parseSize(options.memory, "--memory");
  const base = options.base === undefined ? 0 : parseAddress(options.base, "--base");
  if (base % 4096 !== 0) throw badInput(`--base ${options.base}`, "not page-aligned", "a multiple of 4K");
  const hello = workload === "zap" && options.backing === undefined && memoryBytes === undefined;
  const names = hello ? [undefined] : [...new Set(options.backing ?? DEFAULT_BACKINGS)];
  return names.map((backing) => ({
    mmu,
    scenario: defaultTdpScenario({
      workload,
      ...(backing === undefined ? {} : { backing }),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(base === 0 ? {} : { baseGfn: base / 4096 }),
      thpCoverage: options.thpCoverage,
      seed: options.seed,
      ...(options.target === undefined ? {} : { target: options.target }),
      ...(options.pml === undefined ? {} : { pml: options.pml === "on" }),
      ...(options.eager === undefined ? {} : { eager: options.eager === "on" }),
      ...(options.reschedEvery === undefined ? {} : { reschedEvery: options.reschedEvery }),
      ...(options.maxphyaddr === undefined ? {} : { maxphyaddr: options.maxphyaddr }),
      ...(options.rootLevel === undefined ? {} : { rootLevel: options.rootLevel === "4" ? 4 : 5 }),
    }),
  }));
}

/** The nested guests that the options ask for: 2M pages under each pattern of aliasing. */
export async function shadowItems(options: ScenarioOptions): Promise<PlanItem[]> {
  if (options.workload !== undefined && options.workload !== "split") {
    throw badInput(`--workload ${options.workload}`, "x86-shadow has no such workload", "split");
  }
  if (options.backing !== undefined)
    throw badInput("--backing", "nested guests are of 2M pages", "--alias, or a scenario file");
  const [mmu, { defaultShadowScenario }] = await Promise.all([
    loadMmu("x86-shadow"),
    import("../mmu/shadow/scenario.js"),
  ]);
  const patterns = ALIASES.filter((alias) => options.alias === undefined || alias === options.alias);
  return patterns.map((alias) => ({
    mmu,
    scenario: defaultShadowScenario({
      alias,
      ...(options.memory === undefined ? {} : { memoryBytes: parseSize(options.memory, "--memory") }),
      ...(options.target === undefined ? {} : { target: options.target }),
      ...(options.reschedEvery === undefined ? {} : { reschedEvery: options.reschedEvery }),
    }),
  }));
}
