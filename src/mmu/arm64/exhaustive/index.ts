import {
  type Bound,
  type ExhaustiveCheck,
  type ExhaustiveFault,
  type ExhaustiveSearch,
  ranksBefore,
} from "../../exhaustive.js";
import type { Finding } from "../../finding.js";
import type { Arm64Scenario } from "../scenario.js";
import type { SplitStrategy } from "../strategy.js";
import { caseWords, scaledScenarios } from "./scale.js";
import { type Scope, scopeOf } from "./scope.js";
import { type MakeStage2, Session, type WrongCase } from "./session.js";
import type { TopEntry } from "./trees.js";

/** Lays a scenario at full size out, once, and checks strategies on it. */
export type ScenarioCheck = (scenario: Arm64Scenario) => (strategy: SplitStrategy) => readonly Finding[];

/**
 * The exhaustive search of the arm64 stage-2 walks: every tree of the small geometry within the bound with every range, chunk and
 * cache, then layouts of the real geometry at the places that a walker can tell apart.
 *
 * @param checkScenario checks strategies on a scenario at full size
 * @param makeStage2 makes what a strategy is tried on: tests hand in a faulty one
 */
export function arm64Exhaustive(
  bound: Bound,
  checkScenario: ScenarioCheck,
  makeStage2?: MakeStage2,
): ExhaustiveSearch<SplitStrategy> {
  const scope = scopeOf(bound);
  /** Laid out when it is first wanted, once for all strategies. */
  const laidOut = new Map<number, ReturnType<ScenarioCheck>>();
  const placeCheck = (index: number): ReturnType<ScenarioCheck> => {
    let check = laidOut.get(index);
    if (check === undefined) {
      check = checkScenario(scope.places[index]!);
      laidOut.set(index, check);
    }
    return check;
  };
  return {
    bound,
    text: scope.text,
    units: scope.trees.length + scope.places.length,
    combinations:
      scope.trees.reduce((sum, tops) => sum + Session.combinations(scope.works, tops), 0) + scope.places.length,
    check: (strategy) => new Check(strategy, scope, placeCheck, checkScenario, makeStage2),
  };
}

/** A kind of fault as it was found: the smallest case of the small geometry, and the first layout of the real one. */
interface Found {
  combinations: number;
  small: SmallCase | null;
  real: { readonly rank: ExhaustiveFault["rank"]; readonly scenario: Arm64Scenario; readonly finding: Finding } | null;
}

interface SmallCase {
  readonly rank: ExhaustiveFault["rank"];
  readonly tops: readonly TopEntry[];
  readonly wrong: WrongCase;
}

class Check implements ExhaustiveCheck {
  combinations = 0;
  failing = 0;
  private readonly session: Session;
  private readonly found = new Map<string, Found>();

  constructor(
    private readonly strategy: SplitStrategy,
    private readonly scope: Scope,
    private readonly placeCheck: (index: number) => ReturnType<ScenarioCheck>,
    private readonly checkScenario: ScenarioCheck,
    makeStage2: MakeStage2 | undefined,
  ) {
    this.session = new Session(strategy, scope.works, makeStage2);
  }

  unit(index: number): void {
    const { trees, works, places } = this.scope;
    const tops = trees[index];
    if (tops !== undefined) {
      this.session.try(tops, (kinds, combination, wrong) => {
        this.failing++;
        const rank = [index, combination] as const;
        for (const kind of kinds) {
          const found = this.note(kind);
          if (found.small === null || ranksBefore(rank, found.small.rank)) found.small = { rank, tops, wrong };
        }
      });
      this.combinations += Session.combinations(works, tops);
      return;
    }
    const place = index - trees.length;
    const scenario = places[place]!;
    const findings = this.placeCheck(place)(this.strategy);
    for (const finding of findings) {
      const found = this.note(kindOf(finding));
      const rank = [index, 0] as const;
      if (found.real === null || ranksBefore(rank, found.real.rank)) found.real = { rank, scenario, finding };
    }
    this.combinations++;
    if (findings.length > 0) this.failing++;
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
            : caseWords(small.tops, small.wrong),
        finding: full?.finding ?? bareFinding(kind),
        scenario: full?.scenario ?? null,
      };
    });
    return faults.sort((a, b) => (ranksBefore(a.rank, b.rank) ? -1 : 1));
  }

  private note(kind: string): Found {
    let found = this.found.get(kind);
    if (found === undefined) {
      found = { combinations: 0, small: null, real: null };
      this.found.set(kind, found);
    }
    found.combinations++;
    return found;
  }

  /** The case at full size, where it shows the same kind of fault there. */
  private atFullSize(kind: string, { tops, wrong }: SmallCase): Pick<ExhaustiveFault, "finding" | "scenario"> | null {
    for (const scenario of scaledScenarios(tops, wrong)) {
      const finding = this.checkScenario(scenario)(this.strategy).find((one) => kindOf(one) === kind);
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
