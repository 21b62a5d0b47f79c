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
import { placeScenarios } from "./places.js";
import { caseWords, scaledScenarios } from "./scale.js";
import { CHUNKS, type MakeStage2, Session, type Work, type WrongCase } from "./session.js";
import { BLOCK, HOLE_ENTRY, type Level2Entry, PROTECTED_BLOCK, TOP_PAGES, type TopEntry, topEntries } from "./trees.js";

/** Level-2 entries of the small bound: of the 16 level-3 tables those that are full or have their first or last page alone. */
const FEW_ENTRIES: readonly Level2Entry[] = [HOLE_ENTRY, BLOCK, PROTECTED_BLOCK, 0b1111, 0b0001, 0b1000];
/** Every level-2 entry. */
const ALL_ENTRIES: readonly Level2Entry[] = [
  HOLE_ENTRY,
  BLOCK,
  PROTECTED_BLOCK,
  ...Array.from({ length: 16 }, (_, i) => i),
];

/** Pages that a word of the small geometry covers: two words for a top entry. */
const WORD_PAGES = 8;

interface Scope {
  /** Every tree, the lightest first. */
  readonly trees: () => readonly (readonly TopEntry[])[];
  readonly works: readonly Work[];
  readonly places: "some" | "all";
  readonly text: string;
}

const SCOPES: Readonly<Record<Bound, () => Scope>> = {
  small: () => ({
    trees: () => topEntries(FEW_ENTRIES).map((top) => [top]),
    works: [...enables(TOP_PAGES), ...clears()],
    places: "some",
    text: "all 1,299 trees below one top entry whose level-2 entries are a hole, a block, a write-protected block, or a table with all pages, its first or its last",
  }),
  medium: () => ({
    trees: () => topEntries(ALL_ENTRIES).map((top) => [top]),
    works: [...enables(TOP_PAGES), ...clears()],
    places: "all",
    text: "all 130,324 trees below one top entry: every entry a hole, a block, a write-protected block or a table, every page mapped or not",
  }),
  large: () => ({
    trees: () => pairs(topEntries(FEW_ENTRIES)),
    works: enables(2 * TOP_PAGES),
    places: "all",
    text: "all 1,687,401 trees below two top entries whose level-2 entries are a hole, a block, a write-protected block, or a table with all pages, its first or its last",
  }),
};

/** Every start and end, the shortest range first. */
function enables(frames: number): Work[] {
  const works: Work[] = [];
  for (let length = 1; length <= frames; length++) {
    for (let start = 0; start + length <= frames; start++)
      works.push({ mode: "enable", spans: [[start, start + length]] });
  }
  return works;
}

/**
 * Clears of two words: every first and last bit of one, with the other full, which leaves its mark on the page cache. What a word does
 * depends on its first and last set bit alone (Linux 7.3, arch/arm64/kvm/mmu.c, `kvm_arch_mmu_enable_log_dirty_pt_masked()`), so
 * masks with the same ends are counted once; a test holds that.
 */
function clears(): Work[] {
  const works: Work[] = [];
  const full: readonly (readonly [number, number])[] = [
    [0, WORD_PAGES],
    [WORD_PAGES, 2 * WORD_PAGES],
  ];
  for (const word of [0, 1]) {
    for (let first = 0; first < WORD_PAGES; first++) {
      for (let end = first + 1; end <= WORD_PAGES; end++) {
        if (word === 1 && end - first === WORD_PAGES) continue;
        const span = [first + word * WORD_PAGES, end + word * WORD_PAGES] as const;
        works.push({ mode: "clear", spans: full.map((whole, i) => (i === word ? span : whole)) });
      }
    }
  }
  return works;
}

function pairs(tops: readonly TopEntry[]): (readonly TopEntry[])[] {
  const all: (readonly TopEntry[])[] = [];
  // By the sum of both places in the list, which is by weight: what is simpler comes first.
  for (let sum = 0; sum <= 2 * (tops.length - 1); sum++) {
    for (let i = Math.max(0, sum - tops.length + 1); i <= Math.min(sum, tops.length - 1); i++) {
      all.push([tops[i] as TopEntry, tops[sum - i] as TopEntry]);
    }
  }
  return all;
}

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
  const scope = SCOPES[bound]();
  const trees = scope.trees();
  const scenarios = placeScenarios(scope.places);
  /** Laid out when it is first wanted, once for all strategies. */
  const laidOut = new Map<number, ReturnType<ScenarioCheck>>();
  const placeCheck = (index: number): ReturnType<ScenarioCheck> => {
    let check = laidOut.get(index);
    if (check === undefined) {
      check = checkScenario(scenarios[index] as Arm64Scenario);
      laidOut.set(index, check);
    }
    return check;
  };
  const { works } = scope;
  const clearing = works.some(({ mode }) => mode === "clear")
    ? ", every first and last bit of a word beside a full one"
    : "";
  return {
    bound,
    text:
      `${scope.text}; in tables of 4 entries, with every start and end of a range${clearing}, chunks of 1, 4 and 16 pages and ` +
      `page caches of 2 and 5; and ${scenarios.length.toLocaleString("en-US")} layouts of the real geometry whose ends lie at those of tables and blocks`,
    units: trees.length + scenarios.length,
    combinations: trees.length * works.length * CHUNKS.length + scenarios.length,
    check: (strategy) => new Check(strategy, trees, works, scenarios, placeCheck, checkScenario, makeStage2),
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
    private readonly trees: readonly (readonly TopEntry[])[],
    works: readonly Work[],
    private readonly scenarios: readonly Arm64Scenario[],
    private readonly placeCheck: (index: number) => ReturnType<ScenarioCheck>,
    private readonly checkScenario: ScenarioCheck,
    makeStage2: MakeStage2 | undefined,
  ) {
    this.session = new Session(strategy, works, makeStage2);
  }

  unit(index: number): void {
    const tops = this.trees[index];
    if (tops !== undefined) {
      this.session.try(tops, (kinds, combination, wrong) => {
        this.failing++;
        const rank = [index, combination] as const;
        for (const kind of kinds) {
          const found = this.note(kind);
          if (found.small === null || ranksBefore(rank, found.small.rank)) found.small = { rank, tops, wrong };
        }
      });
      this.combinations += this.session.combinations;
      return;
    }
    const place = index - this.trees.length;
    const scenario = this.scenarios[place] as Arm64Scenario;
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
