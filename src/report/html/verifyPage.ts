import { withId } from "../../lists.js";
import type { Case, Mmu, Strategy } from "../../mmu/contract.js";
import type { Finding } from "../../mmu/finding.js";
import { type FoundFault, faultOf, type SearchResult } from "../../verify/search.js";
import type { Verdict } from "../../verify/verify.js";
import { columnsOf } from "../columns.js";
import { longFinding, shortFinding, verdict } from "../findings.js";
import type { MappedStrategy } from "../mapRows.js";
import { loadPlot, type Plot } from "./charts/draw.js";
import { partsChart } from "./charts/strategies.js";
import { addressMapOf } from "./mapSection.js";
import type { Cell, Group, Page, Section } from "./page.js";

/** The page of verdicts on given cases. */
export function verdictsPage(
  cases: readonly { readonly id: string; readonly bound: Case; readonly verdicts: readonly Verdict[] }[],
): Page {
  return {
    ...LEAD,
    title: `Verdicts on ${cases.length} ${cases.length === 1 ? "case" : "cases"}`,
    facts: [],
    groups: cases.map(({ id, bound, verdicts }, i): Group => {
      const wrong = verdicts.filter(({ findings }) => findings.length > 0);
      const { mmu } = bound;
      const map = addressMapOf(
        bound,
        id,
        verdicts.map(({ strategy, findings }) => mappedOf(mmu, strategy, findings)),
        `map${i}`,
      );
      return {
        title: id,
        lead: mmu.title,
        alarms: wrong.map(({ strategy, findings }) => `${strategy.id}: ${words(findings, mmu)}`),
        sections: [verdictSection(mmu, verdicts), ...(map === undefined ? [] : [map])],
      };
    }),
  };
}

const LEAD = {
  lead:
    "Whether walkers are right: every block in range split, nothing lost, one invalidation for each broken block, " +
    "no entry read after its table was left.",
  notes: ["A verdict is exact: every invariant is checked on the finished tree and on the way there."],
};

function words(findings: Verdict["findings"], mmu: Mmu): string {
  return findings.map((finding) => shortFinding(finding, mmu.findingWords)).join("; ");
}

function mappedOf({ findingWords }: Mmu, strategy: Strategy, findings: readonly Finding[]): MappedStrategy {
  return { strategy, verdict: verdict(findings, findingWords), wrong: findings.length > 0 };
}

function verdictSection(mmu: Mmu, verdicts: readonly Verdict[]): Section {
  return {
    title: "Verdicts",
    see: "A strategy is right where no invariant is broken.",
    unit: "right or wrong",
    kind: "exact",
    open: true,
    table: {
      columns: ["strategy", "verdict"].map((heading) => ({ heading, figure: false })),
      rows: verdicts.map(({ strategy, findings }): Cell[] => [
        strategy.id,
        findings.length === 0
          ? "right"
          : `WRONG: ${findings.map((finding) => longFinding(finding, mmu.findingWords)).join("; ")}`,
      ]),
    },
  };
}

/**
 * The page of searches: on how many layouts each strategy fails, and of each fault the simplest
 * layout, drawn.
 */
export async function searchPage(results: readonly SearchResult[]): Promise<Page> {
  const plot = await loadPlot();
  return {
    ...LEAD,
    title: "A search of random layouts",
    facts: results.map(({ mmu, layouts, seed }) => ({ name: mmu.title, value: `${layouts} layouts, seed ${seed}` })),
    groups: results.flatMap((result, i) => [
      tallyGroup(plot, result),
      ...result.faults.map((fault, j) => faultGroup(result, fault, `map${i}-${j}`, j)),
    ]),
  };
}

function tallyGroup(plot: Plot, { mmu, strategies }: SearchResult): Group {
  const checked = strategies.filter(({ layouts }) => layouts > 0);
  const rows = checked.map(({ strategy, layouts, failing }) => ({
    name: strategy.id,
    values: [layouts - failing, failing],
    wrong: false,
  }));
  const parts = ["right on", "wrong on"];
  const text = {
    title: `Layouts that each strategy is right and wrong on, ${mmu.title}`,
    description: rows.map(({ name, values }) => `${name}: wrong on ${values[1]}`).join("; "),
  };
  return {
    title: mmu.title,
    alarms: checked
      .filter(({ failing }) => failing > 0)
      .map(({ strategy, layouts, failing }) => `${strategy.id}: on ${failing} of ${layouts} layouts`),
    sections: [
      {
        title: "Layouts, right and wrong",
        see: "A strategy with any layout that it is wrong on is wrong; few does not mean harmless.",
        unit: "layouts",
        kind: "exact",
        key: parts.map((label, part) => ({ label, mark: `p${part}`, shape: "box" as const })),
        figures: rows.length === 0 ? [] : [{ title: "By strategy", svg: partsChart(plot, text, rows, parts) }],
        table: {
          columns: columnsOf(["strategy"], ["layouts", "wrong on"]),
          rows: strategies.map(({ strategy, layouts, failing }): Cell[] => [strategy.id, layouts, failing]),
        },
      },
    ],
  };
}

function faultGroup({ mmu }: SearchResult, fault: FoundFault, id: string, at: number): Group {
  const { strategy, finding, scenario, layouts } = fault;
  const bound = mmu.parse(scenario, "the simplest layout");
  const baseline = withId(mmu.strategies, mmu.baseline);
  const map = addressMapOf(
    bound,
    "the simplest layout",
    [mappedOf(mmu, baseline, []), mappedOf(mmu, strategy, [finding])],
    id,
  );
  return {
    title: `${at + 1}. ${strategy.id}: ${faultOf(finding)}`,
    lead: `On ${layouts} of the layouts. Below is the simplest that was found to show it.`,
    alarms: [longFinding(finding, mmu.findingWords)],
    sections: [
      ...(map === undefined ? [] : [map]),
      {
        title: "The simplest layout",
        see: "A scenario: s2split trace --scenario FILE tells the walk on it step by step.",
        unit: "a scenario file",
        kind: "exact",
        listing: JSON.stringify(scenario, null, 2),
      },
    ],
  };
}
