import { type Command, Option } from "commander";
import { badInput, clip, UserError } from "../errors.js";
import type { ByteInput, TextOutput } from "../files/streams.js";
import { listed, zip } from "../lists.js";
import { loadCase, loadScenario } from "../load/loadScenario.js";
import type { Case, MmuEntry, WorkloadInfo } from "../mmu/contract.js";
import type { GivenOptions, GuestOption } from "../mmu/guestOptions.js";
import { defaultMmu, loadMmu, mmuEntry, type Registry } from "../mmu/registry.js";
import { fraction, integer, list } from "./options.js";

/**
 * Options that say which guest is simulated and what is done to it; shared by every command that
 * simulates.
 */
export interface ScenarioOptions extends GivenOptions {
  readonly mmu?: string[];
  readonly scenario?: string[];
}

/**
 * Adds the options that all MMUs have, and those that any MMU of the registry declares, each once.
 *
 * @throws Error where two MMUs declare one name differently: a mistake in an MMU's declaration
 */
export function addScenarioOptions(command: Command, registry: Registry): Command {
  const [first, ...others] = registry.map(({ id }) => id);
  const workloads = [...new Set(registry.flatMap((entry) => entry.workloads.flatMap(namesOf)))];
  command
    .option("--mmu <list>", `simulated MMUs: ${[`${first} (default)`, ...others].join(", ")}`, list)
    .option("--scenario <files...>", "scenario files (JSON), or names of s2split's, in place of the guest's options")
    .addOption(
      new Option("--seed <n>", "seed of everything random")
        .argParser(integer(0, 2 ** 32 - 1))
        .default(1)
        .helpGroup("Guest:"),
    );
  for (const [name, option] of declaredOptions(registry)) {
    const added = optionOf(option);
    if (added.attributeName() !== name) throw new Error(`"${option.flags}" is declared as ${name}`);
    command.addOption(added);
  }
  return command.addOption(
    new Option("--workload <what>", "what is done to the guest, of what its MMU has")
      .choices(workloads)
      .helpGroup("Guest:"),
  );
}

/** Every guest option of a registry by name, each once. */
export function declaredOptions(registry: Registry): ReadonlyMap<string, GuestOption> {
  const found = new Map<string, GuestOption>();
  for (const [name, option] of registry.flatMap(({ options }) => Object.entries(options))) {
    const known = found.get(name);
    if (known !== undefined && (known.flags !== option.flags || known.description !== option.description)) {
      throw new Error(`"${option.flags}" and "${known.flags}" are both declared as ${name}`);
    }
    found.set(name, known ?? option);
  }
  return found;
}

/** A guest option as one of the command line. */
export function optionOf({ flags, description, group, value }: GuestOption): Option {
  const option = new Option(flags, description).helpGroup(group);
  switch (value.kind) {
    case "list":
      return option.argParser(list);
    case "choice":
      return option.choices(value.choices);
    case "integer":
      return option.argParser(integer(value.min, value.max));
    case "number":
      return option.argParser(fraction(value.min, value.max));
    default:
      return option;
  }
}

function namesOf({ id, alias = [] }: WorkloadInfo): readonly string[] {
  return [...alias, id];
}

/**
 * The cases that the options ask for, in order: files as they are given, or each default guest of
 * each MMU.
 *
 * @throws UserError for options that contradict each other, that nothing of the plan would read, or
 *   that make no guest
 */
export async function casesFrom(options: ScenarioOptions, how: CasesHow): Promise<Case[]> {
  const { registry, single = false } = how;
  if (options.scenario !== undefined) return casesOfFiles(options.scenario, options, how);
  const entries = [...new Set(options.mmu ?? [defaultMmu(registry)])].map((id) => mmuEntry(id, registry));
  refuseForeign(options, entries, registry);
  for (const entry of entries) refuseWorkload(options, entry);
  const cases: Case[] = [];
  for (const { id } of entries) cases.push(...(await loadMmu(id, registry)).cases(options, single));
  return cases;
}

/**
 * The one case that the options make.
 *
 * @throws UserError where they make several, and as {@link casesFrom}
 */
export async function oneCaseFrom(command: string, options: ScenarioOptions, how: CasesHow): Promise<Case> {
  const cases = await casesFrom(options, { ...how, single: true });
  const [bound, ...others] = cases;
  if (bound === undefined || others.length > 0) {
    throw new UserError(
      `${command}: the options make ${cases.length} scenarios; expected one (one MMU, backing, mode and chunk)`,
    );
  }
  return bound;
}

/** Where {@link casesFrom} takes cases from. */
export interface CasesHow {
  /** What `--scenario -` reads. */
  readonly stdin: ByteInput;
  /** Where notes on scenario files go. */
  readonly stderr: TextOutput;
  readonly registry: Registry;
  /** For a trace: of each MMU one guest, where the options leave several. */
  readonly single?: boolean;
  /** Whether a file may be a schedule of other parties. */
  readonly schedules?: boolean;
}

async function casesOfFiles(
  paths: readonly string[],
  options: ScenarioOptions,
  { stdin, stderr, registry, schedules = false }: CasesHow,
): Promise<Case[]> {
  const given = givenOptions(options, registry);
  const besides = given.find(({ option }) => option.variesFile !== true);
  if (besides !== undefined) throw withFile(besides.shown, "gives it");
  if (options.workload !== undefined) throw withFile("--workload", "gives it");
  if (options.mmu !== undefined) throw withFile("--mmu", "gives the guest");
  const files = await Promise.all(paths.map((path) => (schedules ? loadCase : loadScenario)(path, stdin, registry)));
  for (const [path, { notes = [] }] of zip(paths, files)) {
    for (const note of notes) stderr.write(`note: ${clip(path)}: ${note}\n`);
  }
  const unread = given.find(({ name }) => files.every(({ mmu }) => !Object.hasOwn(mmu.options, name)));
  if (unread !== undefined) {
    const of = [...new Set(files.map(({ mmu }) => mmu.id))].join(" and ");
    throw new UserError(`${unread.shown} with --scenario: no file that it varies is given; expected it without ${of}`);
  }
  return files.flatMap((file) => {
    const varied = given.some(({ name }) => Object.hasOwn(file.mmu.options, name));
    return varied ? (file.mmu.variants?.(file, options) ?? [file]) : [file];
  });
}

function withFile(option: string, what: string): UserError {
  return new UserError(`${option} with --scenario: the file ${what}; expected one or the other`);
}

interface Given {
  readonly name: string;
  readonly option: GuestOption;
  /** "--backing", "-g": as messages name it. */
  readonly shown: string;
}

function givenOptions(options: ScenarioOptions, registry: Registry): Given[] {
  return [...declaredOptions(registry)]
    .filter(([name]) => options[name] !== undefined)
    .map(([name, option]) => ({ name, option, shown: shownAs(option.flags) }));
}

export function shownAs(flags: string): string {
  const { long, short } = new Option(flags);
  return long ?? short ?? flags;
}

/**
 * An option that no MMU of the plan reads would be passed over, and figures would not be what was
 * asked for.
 */
function refuseForeign(options: ScenarioOptions, entries: readonly MmuEntry[], registry: Registry): void {
  for (const { name, shown } of givenOptions(options, registry)) {
    const readers = entries.filter((entry) => Object.hasOwn(entry.options, name));
    const [first] = readers;
    if (first === undefined) {
      const owners = registry.filter((entry) => Object.hasOwn(entry.options, name)).map(({ id }) => id);
      throw new UserError(
        `${shown} with --mmu ${entries.map(({ id }) => id).join(",")}: it is of ${owners.join(" and ")}; ` +
          "expected it only there",
      );
    }
    const workloads = readers.map((entry) => entry.options[name]!.workloads);
    const asked = options.workload ?? first.defaultWorkload;
    if (workloads.every((those) => those !== undefined && !those.includes(asked))) {
      const those = [...new Set(workloads.flatMap((some) => some ?? []))];
      throw new UserError(`${shown} with --workload ${asked}: it is of ${those.join(" and ")}; expected it only there`);
    }
  }
}

function refuseWorkload({ workload }: ScenarioOptions, { id, workloads }: MmuEntry): void {
  const names = workloads.flatMap(namesOf);
  if (workload === undefined || names.includes(workload)) return;
  throw badInput(`--workload ${workload}`, `${id} has no such workload`, listed(names, "or"));
}
