import { formatJson } from "../files/json.js";
import type { Mmu, ScenarioBase, Strategy } from "../mmu/contract.js";
import type { Finding } from "../mmu/finding.js";
import type { FindingWordTable } from "../mmu/findingWords.js";
import type { FoundFault, FoundNote, SearchResult } from "../verify/search.js";
import { faultOf } from "../verify/search.js";
import type { Verdict } from "../verify/verify.js";
import { longFinding } from "./findings.js";
import type { Style } from "./style.js";
import { formatCount } from "./units.js";
import { verdictLines, verdictMark } from "./verdictLines.js";
import { wrapLines } from "./wrapLines.js";

/** Verdicts on one case of an MMU, a line a strategy, each fault in full below it. */
export function verdictsText(mmu: Mmu, heading: string, verdicts: readonly Verdict[], style: Style): string {
  const { chalk } = style;
  const lines = [chalk.bold(heading)];
  for (const { strategy, findings, notes } of verdicts) {
    lines.push(`  ${verdictMark(findings.length === 0, style)}  ${strategy.id}`);
    for (const finding of findings) lines.push(`           ${longFinding(finding, mmu.findingWords)}`);
    for (const note of notes) lines.push(`           noted: ${longFinding(note, mmu.findingWords)}`);
  }
  return wrapLines(lines.join("\n"), style);
}

/**
 * What a search found: a line a strategy, then each fault with the simplest layout that shows it.
 */
export function searchText(result: SearchResult, style: Style): string {
  const { chalk } = style;
  const { title, findingWords } = result.mmu;
  const heading =
    `${title}: ${formatCount(result.layouts)} random layouts, seed ` +
    `${result.seed}${result.stopped ? " (interrupted)" : ""}`;
  const searched = result.strategies.map(({ strategy, layouts, failing }) => {
    if (layouts === 0 && result.layouts > 0) {
      return { strategy: strategy.id, isRight: null, words: "applies to none of the layouts: not checked" };
    }
    const those = layouts === result.layouts ? "" : " layouts it applies to";
    const words =
      failing === 0
        ? `right on all ${formatCount(layouts)}${those}`
        : `wrong on ${formatCount(failing)} of ${those && "the "}${formatCount(layouts)}${those}`;
    return { strategy: strategy.id, isRight: failing === 0, words };
  });
  const lines = [chalk.bold(heading), ...verdictLines(searched, style)];
  for (const [index, fault] of result.faults.entries()) {
    const tried =
      result.strategies.find(({ strategy }) => strategy.id === fault.strategy.id)?.layouts ?? result.layouts;
    const those =
      tried === result.layouts ? `${formatCount(tried)} layouts` : `the ${formatCount(tried)} layouts it applies to`;
    lines.push("", `${chalk.bold(`${index + 1}. ${fault.strategy.id}`)}: ${longFinding(fault.finding, findingWords)}`);
    lines.push(
      `   ${faultOf(fault.finding)}, on ${formatCount(fault.layouts)} of ${those}; the simplest layout found ` +
        "that shows it:",
      `   ${JSON.stringify(fault.scenario)}`,
    );
  }
  if (result.notes.length > 0) lines.push("", "Noted, and no fault of a strategy:");
  for (const { finding, strategies, layouts, scenario } of result.notes) {
    const whose = strategies.length === result.strategies.length ? "every strategy" : strategies.join(", ");
    lines.push("", `${chalk.bold(finding.code)} (${whose}): ${longFinding(finding, findingWords)}`);
    const on = `on ${formatCount(layouts)} of ${formatCount(result.layouts)} layouts under ${strategies[0]}`;
    lines.push(`   ${on}; the simplest layout found that shows it:`, `   ${JSON.stringify(scenario)}`);
  }
  return wrapLines(lines.join("\n"), style);
}

/** The last line: who is wrong, or that nobody is. */
export function conclusion(wrong: readonly string[], checked: number): string {
  const strategies = `${checked} ${checked === 1 ? "strategy" : "strategies"}`;
  if (wrong.length === 0) return `${strategies} checked, all right`;
  return `${strategies} checked, wrong: ${wrong.join(", ")}`;
}

/** A found fault as a scenario file: named, and described by what it shows and how it was found. */
export function faultScenarioText(fault: FoundFault, result: SearchResult): string {
  const { name: _, description: __, ...plain } = fault.scenario;
  const scenario: ScenarioBase = {
    name: `${fault.strategy.id}-${faultOf(fault.finding).replace("/", "-")}`,
    description:
      `Under ${fault.strategy.id}, ${longFinding(fault.finding, result.mmu.findingWords)}. The simplest layout ` +
      "found by " +
      `s2split verify --random ${result.layouts} --seed ${result.seed}.`,
    ...plain,
  };
  return formatJson(scenario);
}

/**
 * For `--json`: strategies by id and source, findings as codes with data and, for readers of logs,
 * words.
 */
export function verdictJson({ findingWords }: Mmu, { strategy, findings, notes }: Verdict) {
  const json = (all: readonly Finding[]) => all.map((one) => findingJson(one, findingWords));
  // Without notes there is no field: the JSON of MMUs that have none stays what it was.
  return { ...strategyJson(strategy), findings: json(findings), ...(notes.length === 0 ? {} : { notes: json(notes) }) };
}

export function searchJson(result: SearchResult) {
  return {
    layouts: result.layouts,
    seed: result.seed,
    stopped: result.stopped,
    strategies: result.strategies.map(({ strategy, layouts, failing }) => ({
      ...strategyJson(strategy),
      layouts,
      failing,
    })),
    faults: result.faults.map((fault) => ({
      ...strategyJson(fault.strategy),
      fault: faultOf(fault.finding),
      finding: findingJson(fault.finding, result.mmu.findingWords),
      layouts: fault.layouts,
      firstLayout: fault.firstLayout,
      shrinks: fault.shrinks,
      scenario: fault.scenario,
    })),
    ...(result.notes.length === 0
      ? {}
      : { notes: result.notes.map((note) => noteJson(note, result.mmu.findingWords)) }),
  };
}

function noteJson(
  { finding, strategies, layouts, firstLayout, shrinks, scenario }: FoundNote,
  words: FindingWordTable,
) {
  const found = findingJson(finding, words);
  return { note: finding.code, strategies, finding: found, layouts, firstLayout, shrinks, scenario };
}

function strategyJson({ id, source }: Strategy) {
  return { strategy: id, source };
}

function findingJson(finding: Finding, words: FindingWordTable) {
  return { ...finding, text: longFinding(finding, words) };
}
