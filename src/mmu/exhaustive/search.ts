import {
  type Bound,
  type ExhaustiveCheck,
  type ExhaustiveFault,
  type ExhaustiveSearch,
  ranksBefore,
} from "../exhaustive.js";
import type { Finding } from "../finding.js";
import type { ScenarioBase, Strategy } from "../strategy.js";

/**
 * All that a bound has: trees of a small geometry with what is done to each, and layouts of the
 * real one.
 */
export interface Scope<Tree, Wrong, Scenario extends ScenarioBase> {
  /** The bound in words. */
  readonly text: string;
  /** The lightest first. */
  readonly trees: readonly Tree[];
  /**
   * How many combinations a tree is tried with, by a strategy that is used for all that is done to
   * it.
   */
  combinations(tree: Tree): number;
  readonly places: readonly Scenario[];
  /** A case in words. */
  words(tree: Tree, wrong: Wrong): string;
  /** Scenarios at full size that may show what a case shows; whether one does is found out. */
  scaled(tree: Tree, wrong: Wrong): readonly Scenario[];
}

/**
 * Told of a wrong case: kinds of faults, its number within the tree, from 0, and what was done.
 *
 * @param ofLinux those of the kinds that come with the kernel: baseline has them in the same case
 */
export type OnWrong<Wrong> = (
  kinds: readonly string[],
  combination: number,
  wrong: Wrong,
  ofLinux?: readonly string[],
) => void;

/** Tries one strategy on trees, one after the other, each with everything that is done to it. */
export interface Trial<Tree, Wrong> {
  /** @returns how many combinations were tried */
  try(tree: Tree, onWrong: OnWrong<Wrong>): number;
}

/**
 * Lays a scenario at full size out, once, and checks strategies on it; null: the strategy is not
 * used for it.
 */
export type ScenarioCheck<T extends Strategy, Scenario extends ScenarioBase> = (
  scenario: Scenario,
) => (strategy: T) => readonly Finding[] | null;

/**
 * The exhaustive search of a scope: a unit is a tree with all that is done to it, then a layout of
 * the real geometry.
 *
 * @param checkScenario checks strategies on a scenario at full size
 * @param trialOf makes what a strategy is tried by
 * @param baseline where faults may come with the kernel: the strategy that shows them
 */
export function scopeSearch<T extends Strategy, Tree, Wrong, Scenario extends ScenarioBase>(
  bound: Bound,
  scope: Scope<Tree, Wrong, Scenario>,
  checkScenario: ScenarioCheck<T, Scenario>,
  trialOf: (strategy: T) => Trial<Tree, Wrong>,
  baseline?: T,
): ExhaustiveSearch<T> {
  /** Laid out when it is first wanted, once for all strategies. */
  const laidOut = new Map<number, ReturnType<typeof checkScenario>>();
  const placeCheck = (index: number): ReturnType<typeof checkScenario> => {
    let check = laidOut.get(index);
    if (check === undefined) {
      check = checkScenario(scope.places[index]!);
      laidOut.set(index, check);
    }
    return check;
  };
  const { text, trees, places } = scope;
  return {
    bound,
    text,
    units: trees.length + places.length,
    combinations: trees.reduce((sum, tree) => sum + scope.combinations(tree), 0) + places.length,
    check: (strategy) =>
      new ScopeCheck(
        scope,
        trialOf(strategy),
        (index) => placeCheck(index)(strategy),
        (index) => (baseline === undefined ? [] : (placeCheck(index)(baseline) ?? [])),
        (scenario) => checkScenario(scenario)(strategy),
      ),
  };
}

/**
 * A kind of fault as it was found: the smallest case of the small geometry, and the first layout of
 * the real one.
 */
interface Found<Tree, Wrong> {
  readonly kind: string;
  /** Whether it comes with the kernel. */
  readonly ofLinux: boolean;
  combinations: number;
  small: SmallCase<Tree, Wrong> | null;
  real: {
    readonly rank: ExhaustiveFault["rank"];
    readonly scenario: ScenarioBase;
    readonly finding: Finding;
  } | null;
}

interface SmallCase<Tree, Wrong> {
  readonly rank: ExhaustiveFault["rank"];
  readonly tree: Tree;
  readonly wrong: Wrong;
}

class ScopeCheck<Tree, Wrong, Scenario extends ScenarioBase> implements ExhaustiveCheck {
  combinations = 0;
  failing = 0;
  private readonly found = new Map<string, Found<Tree, Wrong>>();

  constructor(
    private readonly scope: Scope<Tree, Wrong, Scenario>,
    private readonly trial: Trial<Tree, Wrong>,
    private readonly checkPlace: (index: number) => readonly Finding[] | null,
    private readonly ofLinux: (index: number) => readonly Finding[],
    private readonly checkScenario: (scenario: Scenario) => readonly Finding[] | null,
  ) {}

  unit(index: number): void {
    const { trees } = this.scope;
    if (index < trees.length) this.tree(index, trees[index]!);
    else this.place(index);
  }

  faults(): readonly ExhaustiveFault[] {
    const faults = [...this.found.values()].map(({ kind, ofLinux, combinations, small, real }): ExhaustiveFault => {
      const full = (small === null ? null : this.atFullSize(kind, small)) ?? real;
      return {
        kind,
        ...(ofLinux ? { ofLinux } : {}),
        combinations,
        rank: (small ?? (real as NonNullable<typeof real>)).rank,
        words:
          small === null
            ? "no tree of the small geometry; a layout of the real one"
            : this.scope.words(small.tree, small.wrong),
        finding: full?.finding ?? bareFinding(kind),
        scenario: full?.scenario ?? null,
      };
    });
    return faults.sort((a, b) => (ranksBefore(a.rank, b.rank) ? -1 : 1));
  }

  private tree(index: number, tree: Tree): void {
    this.combinations += this.trial.try(tree, (kinds, combination, wrong, ofLinux = []) => {
      if (kinds.length > ofLinux.length) this.failing++;
      const rank = [index, combination] as const;
      for (const kind of kinds) {
        const found = this.note(kind, ofLinux.includes(kind));
        if (found.small === null || ranksBefore(rank, found.small.rank)) found.small = { rank, tree, wrong };
      }
    });
  }

  private place(index: number): void {
    const { trees, places } = this.scope;
    const place = index - trees.length;
    const findings = this.checkPlace(place);
    if (findings === null) return;
    const ofLinux = findings.length === 0 ? [] : this.ofLinux(place).map(kindOf);
    for (const finding of findings) {
      const found = this.note(kindOf(finding), ofLinux.includes(kindOf(finding)));
      const rank = [index, 0] as const;
      if (found.real === null || ranksBefore(rank, found.real.rank))
        found.real = { rank, scenario: places[place]!, finding };
    }
    this.combinations++;
    if (findings.some((finding) => !ofLinux.includes(kindOf(finding)))) this.failing++;
  }

  private note(kind: string, ofLinux: boolean): Found<Tree, Wrong> {
    const key = ofLinux ? `${kind} of Linux` : kind;
    let found = this.found.get(key);
    if (found === undefined) {
      found = { kind, ofLinux, combinations: 0, small: null, real: null };
      this.found.set(key, found);
    }
    found.combinations++;
    return found;
  }

  /** The case at full size, where it shows the same kind of fault there. */
  private atFullSize(
    kind: string,
    { tree, wrong }: SmallCase<Tree, Wrong>,
  ): Pick<ExhaustiveFault, "finding" | "scenario"> | null {
    for (const scenario of this.scope.scaled(tree, wrong)) {
      const finding = this.checkScenario(scenario)?.find((one) => kindOf(one) === kind);
      if (finding !== undefined) return { finding, scenario };
    }
    return null;
  }
}

function bareFinding(kind: string): Finding {
  const [code, cause] = kind.split("/") as [string, string | undefined];
  return { code, count: 1, data: cause === undefined ? {} : { cause } };
}

function kindOf({ code, data }: Finding): string {
  return typeof data.cause === "string" ? `${code}/${data.cause}` : code;
}
