import type { SampleSpec } from "./bench/wall.js";
import { badInput } from "./errors.js";
import { Fields, nameOf } from "./files/fields.js";
import type { Case, Mmu, ScenarioBase, Strategy } from "./mmu/contract.js";
import type { AnyScenario, AnyStrategyDefinition } from "./mmu/definitions.js";
import type { Finding } from "./mmu/finding.js";
import { defaultMmu, loadMmu } from "./mmu/registry.js";
import type { ResultFile } from "./results/types.js";
import type { FoundFault } from "./verify/search.js";

/**
 * A scenario, as an object (arm64 where it has no `mmu`) or as the path of a scenario file or the
 * name of a shipped one.
 */
export type ScenarioInput = string | AnyScenario | ScenarioBase;

/**
 * A strategy: the name of a built-in one, the path of a module, or what {@link defineStrategy}
 * returns. "all": every built-in one.
 */
export type StrategyInput = string | AnyStrategyDefinition;

/** What {@link bench} is to do. */
export interface BenchCall {
  readonly scenarios: readonly ScenarioInput[];
  /** Default: every built-in strategy. The baseline always runs. */
  readonly strategies?: readonly StrategyInput[];
  /** Wall time of the simulation: how many samples, or for how long; left out: counts only. */
  readonly wall?: SampleSpec;
  /** Seed of the order in which samples are taken. Default 1. */
  readonly seed?: number;
}

/** What {@link verify} is to check: given scenarios, or random layouts. */
export interface VerifyCall {
  readonly scenarios?: readonly ScenarioInput[];
  /** How many random layouts to search. */
  readonly random?: number;
  /** Seed of the random layouts. Default 1. */
  readonly seed?: number;
  /** Whose random layouts: default: the first of the registry, arm64. */
  readonly mmu?: string;
  /** Default: every built-in strategy. */
  readonly strategies?: readonly StrategyInput[];
}

/** What {@link verify} found. */
export interface VerifyReport {
  /**
   * Ids of the strategies that something is wrong with, in the order of tables; `MMU/id` where the
   * scenarios are of several MMUs, which share names.
   */
  readonly wrong: readonly string[];
  /** One for each scenario and strategy; empty for random layouts. */
  readonly verdicts: readonly {
    readonly scenario: ScenarioBase;
    readonly strategy: string;
    readonly findings: readonly Finding[];
  }[];
  /** Faults found on random layouts, each with the simplest layout that shows it. */
  readonly faults: readonly (Pick<FoundFault, "finding" | "layouts" | "scenario"> & { readonly strategy: string })[];
}

/**
 * Reads and checks a scenario file, or one that comes with s2split, by its name ("backing-thp").
 *
 * @throws UserError naming the file and the field, with what was expected
 */
export async function loadScenario(path: string): Promise<ScenarioBase> {
  const { loadScenario: load } = await import("./load/loadScenario.js");
  return (await load(path)).scenario;
}

/**
 * Counts, exactly, what each strategy costs on each scenario, and says whether its result is right;
 * the same as `s2split bench`.
 *
 * @throws UserError for scenarios and strategies that cannot be used, and for what a custom
 *   strategy throws
 */
export async function bench(call: BenchCall): Promise<ResultFile> {
  const fields = Fields.of(call, "bench", ["scenarios", "strategies", "wall", "seed"]);
  checkScenarios(fields);
  checkChoice(fields, 0);
  if (fields.has("wall")) checkWall(fields.raw("wall"));
  const [{ planOf }, { runPlan }, { toolVersion }] = await Promise.all([
    import("./bench/plan.js"),
    import("./bench/run.js"),
    import("./version.js"),
  ]);
  const cases = await casesOf(call.scenarios);
  const mmus = [...new Set(cases.map(({ mmu }) => mmu))];
  const choose = await chooserOf(call.strategies, mmus);
  return runPlan(planOf(cases, choose), {
    wall: call.wall ?? null,
    seed: call.seed ?? 1,
    toolVersion: toolVersion(),
    createdAt: new Date().toISOString(),
    environment: true,
  });
}

/**
 * Checks every invariant of the walk and of the finished tree, on given scenarios or on random
 * layouts; the same as `s2split verify`.
 *
 * @throws UserError for scenarios and strategies that cannot be used, and for what a custom
 *   strategy throws
 */
export async function verify(call: VerifyCall): Promise<VerifyReport> {
  const fields = Fields.of(call, "verify", ["scenarios", "random", "seed", "mmu", "strategies"]);
  // A check of nothing that finds nothing wrong would say more than it knows.
  checkChoice(fields, 1);
  if ((call.scenarios === undefined) === (call.random === undefined)) {
    throw badInput("verify", "has both or neither of scenarios and random", "one of them");
  }
  if (call.random !== undefined) return search(call, call.random);
  checkScenarios(fields);
  const { namesAmong, verifyCase } = await import("./verify/verify.js");
  const cases = await casesOf(call.scenarios ?? []);
  const choose = await chooserOf(call.strategies, [...new Set(cases.map(({ mmu }) => mmu))]);
  const found = cases.flatMap((bound) =>
    verifyCase(bound, choose(bound.mmu)).map((verdict) => ({ scenario: bound.scenario, ...verdict })),
  );
  const checked = found.map(({ strategy }) => strategy);
  const wrong = namesAmong(
    found.filter(({ findings }) => findings.length > 0).map(({ strategy }) => strategy),
    checked,
  );
  const verdicts = found.map(({ scenario, strategy, findings }) => ({ scenario, strategy: strategy.id, findings }));
  return { wrong, verdicts, faults: [] };
}

async function search(call: VerifyCall, layouts: number): Promise<VerifyReport> {
  if (!Number.isInteger(layouts) || layouts < 1)
    throw badInput(`random ${layouts}`, "no number of layouts", "1 or more");
  const { searchLayouts } = await import("./verify/search.js");
  const mmu = await mmuOf(call.mmu, "verify");
  const choose = await chooserOf(call.strategies, [mmu]);
  const { strategies, faults } = await searchLayouts({
    mmu,
    strategies: choose(mmu),
    layouts,
    seed: call.seed ?? 1,
  });
  return {
    wrong: strategies.filter(({ failing }) => failing > 0).map(({ strategy }) => strategy.id),
    verdicts: [],
    faults: faults.map(({ strategy, finding, layouts: on, scenario }) => ({
      strategy: strategy.id,
      finding,
      layouts: on,
      scenario,
    })),
  };
}

function checkScenarios(fields: Fields): void {
  if (fields.array("scenarios", 0, Number.MAX_SAFE_INTEGER).length === 0)
    throw badInput(fields.at("scenarios"), "is empty", "one scenario or more");
}

/** Strategies, if given, at least so many of them; and the seed. */
function checkChoice(fields: Fields, min: 0 | 1): void {
  if (fields.has("seed")) fields.integer("seed", 0, 2 ** 32 - 1);
  if (fields.has("strategies") && fields.array("strategies", 0, Number.MAX_SAFE_INTEGER).length < min)
    throw badInput(fields.at("strategies"), "is empty", "one strategy or more, or none given for every built-in one");
}

function checkWall(wall: unknown): void {
  const fields = Fields.of(wall, "bench.wall", ["rounds", "timeMs"]);
  if (fields.has("rounds") === fields.has("timeMs"))
    throw badInput("bench.wall", "has both or neither of rounds and timeMs", "one of them");
  const name = fields.has("rounds") ? "rounds" : "timeMs";
  const amount = fields.raw(name);
  if (typeof amount !== "number" || !(amount > 0))
    throw badInput(fields.at(name), `is ${typeof amount === "number" ? amount : nameOf(amount)}`, "a number above 0");
}

/** The MMU that an input names, arm64 where it names none. */
async function mmuOf(mmu: unknown, input: string): Promise<Mmu> {
  if (mmu !== undefined && typeof mmu !== "string") throw badInput(`${input}.mmu`, `is ${nameOf(mmu)}`, "a string");
  return loadMmu(mmu ?? defaultMmu());
}

async function casesOf(inputs: readonly ScenarioInput[]): Promise<Case[]> {
  const { loadScenario: load } = await import("./load/loadScenario.js");
  return Promise.all(
    inputs.map(async (input, index) => {
      if (typeof input === "string") return load(input);
      if (typeof input !== "object" || input === null) {
        throw badInput(`scenarios[${index}]`, `is ${nameOf(input)}`, "a scenario, or the path of one");
      }
      const mmu = await mmuOf(input.mmu, `scenarios[${index}]`);
      return mmu.parse(input, `scenarios[${index}]`);
    }),
  );
}

/** Names and paths as on the command line; definitions are adopted by the MMU that they are for. */
async function chooserOf(
  inputs: readonly StrategyInput[] | undefined,
  mmus: readonly Mmu[],
): Promise<(mmu: Mmu) => Strategy[]> {
  const { strategyChooser } = await import("./load/loadStrategy.js");
  const names = inputs?.filter((input) => typeof input === "string");
  const own: Strategy[] = [];
  for (const [index, input] of (inputs ?? []).entries()) {
    if (typeof input === "string") continue;
    const mmu = await mmuOf(input?.mmu, `strategies[${index}]`);
    own.push(mmu.adoptStrategy(input, `strategies[${index}]`));
  }
  const choose = await strategyChooser(names, mmus);
  return (mmu) => [...choose(mmu), ...own.filter((strategy) => strategy.mmu === mmu.id)];
}
