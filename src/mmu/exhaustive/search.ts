import {
  type Bound,
  type ExhaustiveCheck,
  type ExhaustiveFault,
  type ExhaustiveSearch,
  ranksBefore,
} from "../exhaustive.js";
import type { Finding } from "../finding.js";
import type { ScenarioBase, Strategy } from "../strategy.js";

/** All that a bound has: trees of a small geometry with what is done to each, and layouts of the real one. */
export interface Scope<Tree, Wrong, Scenario extends ScenarioBase> {
  /** The bound in words. */
  readonly text: string;
  /** The lightest first. */
  readonly trees: readonly Tree[];
  /** How many combinations a tree is tried with. */
  combinations(tree: Tree): number;
  readonly places: readonly Scenario[];
  /** A case in words. */
  words(tree: Tree, wrong: Wrong): string;
  /** Scenarios at full size that may show what a case shows; whether one does is found out. */
  scaled(tree: Tree, wrong: Wrong): readonly Scenario[];
}

/** Tries one strategy on trees, one after the other, each with everything that is done to it. */
export interface Trial<Tree, Wrong> {
  /**
   * @param onWrong told of each wrong case: kinds of faults, and its number within the tree, from 0
   * @returns how many combinations were tried
   */
  try(tree: Tree, onWrong: (kinds: readonly string[], combination: number, wrong: Wrong) => void): number;
}

/** Lays a scenario at full size out, once, and checks strategies on it. */
export type ScenarioCheck<T extends Strategy, Scenario extends ScenarioBase> = (
  scenario: Scenario,
) => (strategy: T) => readonly Finding[];

/**
 * The exhaustive search of a scope: a unit is a tree with all that is done to it, then a layout of the real geometry.
 *
 * @param checkScenario checks strategies on a scenario at full size
 * @param trialOf makes what a strategy is tried by
 */
export function scopeSearch<T extends Strategy, Tree, Wrong, Scenario extends ScenarioBase>(
  bound: Bound,
  scope: Scope<Tree, Wrong, Scenario>,
  checkScenario: ScenarioCheck<T, Scenario>,
  trialOf: (strategy: T) => Trial<Tree, Wrong>,
): ExhaustiveSearch<T> {
  /** Laid out when it is first wanted, once for all strategies. */
  const laidOut = new Map<number, (strategy: T) => readonly Finding[]>();
  const placeCheck = (index: number): ((strategy: T) => readonly Finding[]) => {
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
        (scenario) => checkScenario(scenario)(strategy),
      ),
  };
}

/** A kind of fault as it was found: the smallest case of the small geometry, and the first layout of the real one. */
interface Found<Tree, Wrong> {
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
    private readonly checkPlace: (index: number) => readonly Finding[],
    private readonly checkScenario: (scenario: Scenario) => readonly Finding[],
  ) {}

  unit(index: number): void {
    const { trees } = this.scope;
    if (index < trees.length) this.tree(index, trees[index]!);
    else this.place(index);
  }

  faults(): readonly ExhaustiveFault[] {
    const faults = [...this.found].map(([kind, { combinations, small, real }]): ExhaustiveFault => {
      const full = (small === null ? null : this.atFullSize(kind, small)) ?? real;
      return {
        kind,
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
    this.combinations += this.trial.try(tree, (kinds, combination, wrong) => {
      this.failing++;
      const rank = [index, combination] as const;
      for (const kind of kinds) {
        const found = this.note(kind);
        if (found.small === null || ranksBefore(rank, found.small.rank)) found.small = { rank, tree, wrong };
      }
    });
  }

  private place(index: number): void {
    const { trees, places } = this.scope;
    const place = index - trees.length;
    const findings = this.checkPlace(place);
    for (const finding of findings) {
      const found = this.note(kindOf(finding));
      const rank = [index, 0] as const;
      if (found.real === null || ranksBefore(rank, found.real.rank))
        found.real = { rank, scenario: places[place]!, finding };
    }
    this.combinations++;
    if (findings.length > 0) this.failing++;
  }

  private note(kind: string): Found<Tree, Wrong> {
    let found = this.found.get(kind);
    if (found === undefined) {
      found = { combinations: 0, small: null, real: null };
      this.found.set(kind, found);
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
      const finding = this.checkScenario(scenario).find((one) => kindOf(one) === kind);
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
