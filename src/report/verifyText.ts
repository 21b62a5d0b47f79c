import { formatJson } from "../files/json.js";
import type { ScenarioBase, Strategy } from "../mmu/contract.js";
import type { Finding } from "../mmu/finding.js";
import type { FoundFault, FoundNote, SearchResult } from "../verify/search.js";
import { faultOf } from "../verify/search.js";
import type { Verdict } from "../verify/verify.js";
import { longFinding } from "./findings.js";
import type { Style } from "./style.js";

/** Verdicts on one scenario, a line a strategy, each fault in full below it. */
export function verdictsText(heading: string, verdicts: readonly Verdict[], { chalk }: Style): string {
  const lines = [chalk.bold(heading)];
  for (const { strategy, findings, notes } of verdicts) {
    lines.push(`  ${mark(findings.length === 0, chalk)}  ${strategy.id}`);
    for (const finding of findings) lines.push(`           ${longFinding(finding)}`);
    for (const note of notes) lines.push(`           noted: ${longFinding(note)}`);
  }
  return lines.join("\n");
}

/** What a search found: a line a strategy, then each fault with the simplest layout that shows it. */
export function searchText(title: string, result: SearchResult, { chalk }: Style): string {
  const heading = `${title}: ${result.layouts} random layouts, seed ${result.seed}${result.stopped ? " (interrupted)" : ""}`;
  const width = Math.max(...result.strategies.map(({ strategy }) => strategy.id.length));
  const lines = [chalk.bold(heading)];
  for (const { strategy, layouts, failing } of result.strategies) {
    if (layouts === 0 && result.layouts > 0) {
      lines.push(`      -  ${strategy.id.padEnd(width)}  applies to none of the layouts: not checked`);
      continue;
    }
    const those = layouts === result.layouts ? "" : " layouts it applies to";
    const how =
      failing === 0 ? `right on all ${layouts}${those}` : `wrong on ${failing} of ${those && "the "}${layouts}${those}`;
    lines.push(`  ${mark(failing === 0, chalk)}  ${strategy.id.padEnd(width)}  ${how}`);
  }
  for (const [index, fault] of result.faults.entries()) {
    const tried =
      result.strategies.find(({ strategy }) => strategy.id === fault.strategy.id)?.layouts ?? result.layouts;
    const those = tried === result.layouts ? `${tried} layouts` : `the ${tried} layouts it applies to`;
    lines.push("", `${chalk.bold(`${index + 1}. ${fault.strategy.id}`)}: ${longFinding(fault.finding)}`);
    lines.push(
      `   ${faultOf(fault.finding)}, on ${fault.layouts} of ${those}; the simplest layout found that shows it:`,
      `   ${JSON.stringify(fault.scenario)}`,
    );
  }
  if (result.notes.length > 0) lines.push("", "Noted, and no fault of a strategy:");
  for (const { finding, strategies, layouts, scenario } of result.notes) {
    const whose = strategies.length === result.strategies.length ? "every strategy" : strategies.join(", ");
    lines.push("", `${chalk.bold(finding.code)} (${whose}): ${longFinding(finding)}`);
    const on = `on ${layouts} of ${result.layouts} layouts under ${strategies[0]}`;
    lines.push(`   ${on}; the simplest layout found that shows it:`, `   ${JSON.stringify(scenario)}`);
  }
  return lines.join("\n");
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
      `Under ${fault.strategy.id}, ${longFinding(fault.finding)}. The simplest layout found by ` +
      `s2split verify --random ${result.layouts} --seed ${result.seed}.`,
    ...plain,
  };
  return formatJson(scenario);
}

/** For `--json`: strategies by id and source, findings as codes with data and, for readers of logs, words. */
export function verdictJson({ strategy, findings, notes }: Verdict) {
  return { ...strategyJson(strategy), findings: findings.map(findingJson), ...notesJson(notes) };
}

/** Absent where there is none: MMUs without notes have the JSON that they always had. */
function notesJson(notes: readonly Finding[]) {
  return notes.length === 0 ? {} : { notes: notes.map(findingJson) };
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
      finding: findingJson(fault.finding),
      layouts: fault.layouts,
      firstLayout: fault.firstLayout,
      shrinks: fault.shrinks,
      scenario: fault.scenario,
    })),
    ...(result.notes.length === 0 ? {} : { notes: result.notes.map(noteJson) }),
  };
}

function noteJson({ finding, strategies, layouts, firstLayout, shrinks, scenario }: FoundNote) {
  return { note: finding.code, strategies, finding: findingJson(finding), layouts, firstLayout, shrinks, scenario };
}

function strategyJson({ id, source }: Strategy) {
  return { strategy: id, source };
}

function findingJson(finding: Finding) {
  return { ...finding, text: longFinding(finding) };
}

function mark(right: boolean, chalk: Style["chalk"]): string {
  return right ? chalk.green("right") : chalk.red("WRONG");
}
