import { groupBy, lookUp } from "../../lists.js";
import type { Mmu } from "../../mmu/contract.js";
import type { ResultFile, RunResult, ScenarioResult } from "../../results/types.js";
import type { Mmus } from "../benchTable.js";
import { shortFinding } from "../findings.js";
import { MapBudget } from "../mapRows.js";
import { describeScenario } from "../scenarioText.js";
import { strategiesSection } from "./caseSections.js";
import { loadPlot, type Plot } from "./charts/draw.js";
import { addressMapSection } from "./mapSection.js";
import type { Fact, Group, Page, Section } from "./page.js";
import { sweepGroups } from "./sweepSections.js";
import { wallSections } from "./wallSections.js";

/**
 * Cases beyond this many have tables alone: what a sweep shows is in its own pictures, and a page
 * must stay small.
 */
const DRAWN_CASES = 24;
/** Cases with an address map: those that have a wrong result first. */
const MAPPED_CASES = 8;

/** The page of a result: a group for each case. */
export async function benchPage(result: ResultFile, mmus: Mmus): Promise<Page> {
  const plot = await loadPlot();
  const cases = result.scenarios.filter(({ mmu }) => mmus.has(mmu));
  const of = runsByCase(result.runs);
  const maps = mapSections(cases, of, mmus);
  const groups = cases.map((scenario, i) => {
    const drawn = i < DRAWN_CASES ? plot : null;
    return caseGroup(drawn, scenario, of(scenario), lookUp(mmus, scenario.mmu), maps.get(scenario));
  });
  const names = [...new Set(cases.map(({ name }) => name))];
  return {
    title: cases.length === 1 ? names[0]! : `${cases.length} cases`,
    lead:
      "What it costs to split huge pages for dirty logging, under each walker strategy, and whether the result is " +
      "right.",
    facts: resultFacts(result),
    groups: [...sweepGroups(plot, result, mmus), ...groups],
    notes: resultNotes(result),
  };
}

function runsByCase(runs: readonly RunResult[]): (scenario: ScenarioResult) => readonly RunResult[] {
  const byCase = groupBy(runs, ({ scenario }) => scenario);
  return ({ id }) => byCase.get(id) ?? [];
}

/** The address maps of as many cases as are drawn. */
function mapSections(
  cases: readonly ScenarioResult[],
  runsOf: (scenario: ScenarioResult) => readonly RunResult[],
  mmus: Mmus,
): Map<ScenarioResult, Section> {
  const sections = new Map<ScenarioResult, Section>();
  const budget = new MapBudget();
  const isWrong = (scenario: ScenarioResult) => runsOf(scenario).some(({ findings }) => findings.length > 0);
  for (const scenario of [...cases.filter(isWrong), ...cases.filter((one) => !isWrong(one))]) {
    if (sections.size === MAPPED_CASES) break;
    const id = `map${sections.size}`;
    const section = addressMapSection(scenario, runsOf(scenario), lookUp(mmus, scenario.mmu), id, budget);
    if (section !== undefined) sections.set(scenario, section);
  }
  return sections;
}

function caseGroup(
  plot: Plot | null,
  scenario: ScenarioResult,
  runs: readonly RunResult[],
  mmu: Mmu,
  map: Section | undefined,
): Group {
  const wrong = runs.filter(({ findings }) => findings.length > 0);
  return {
    title: scenario.id,
    lead: [scenario.description, describeScenario(scenario, mmu)]
      .filter((text) => text !== null && text !== "")
      .join(" "),
    alarms: wrong.map(({ strategy, findings }) => {
      const words = findings.map((finding) => shortFinding(finding, mmu.findingWords));
      return `${strategy}: ${words.join("; ")}`;
    }),
    sections: [
      strategiesSection(plot, scenario, runs, mmu),
      ...(map === undefined ? [] : [map]),
      ...wallSections(plot, scenario.name, runs, mmu.baseline),
    ],
  };
}

export function resultFacts({ tool, createdAt, environment, options, partial }: ResultFile): Fact[] {
  const facts: Fact[] = [{ name: "Made by", value: `${tool.name} ${tool.version}, model ${tool.modelVersion}` }];
  if (createdAt !== null) facts.push({ name: "At", value: createdAt });
  if (environment !== null) {
    const { cpuModel, cpuCount, os, node } = environment;
    facts.push({ name: "Host", value: `${cpuModel}, ${cpuCount} CPUs, ${os}, node ${node}` });
  }
  if (options.wall)
    facts.push({ name: "Samples", value: options.runs === null ? `for ${options.timeMs} ms` : String(options.runs) });
  if (partial) facts.push({ name: "Partial", value: "the run was interrupted" });
  return facts;
}

function resultNotes(result: ResultFile): string[] {
  const notes = [
    "Counts are exact: the same on every machine; the tests of s2split hold them equal to those of the kernel's " +
      "own code.",
  ];
  if (result.runs.some(({ wall }) => wall !== null)) {
    notes.push("Wall times are measured, of the simulation on its host. They are not times of any kernel.");
  }
  return notes;
}
