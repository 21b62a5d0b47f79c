import { formatJson } from "../files/json.js";
import type { Mmu } from "../mmu/contract.js";
import type { InterleaveFault } from "../mmu/interleave.js";
import { INTERLEAVING_KIND } from "../mmu/savedInterleaving.js";
import type { InterleaveResult, InterleaveVerdict } from "../verify/interleave.js";
import { longFinding } from "./findings.js";
import type { Style } from "./style.js";
import { formatCount } from "./units.js";
import { verdictLines } from "./verdictLines.js";
import { wrapLines } from "./wrapLines.js";

/**
 * What an interleaving search found: the bound in words, a line a strategy, then each fault with
 * its smallest schedule.
 */
export function interleaveText(result: InterleaveResult, mmu: Mmu, style: Style): string {
  const { chalk } = style;
  const tracking = result.dirtyTracking === "hardware" ? ", dirty tracking by hardware" : "";
  const lines = [
    chalk.bold(
      `${mmu.title}: against a guest that moves, up to ${result.actions} ` +
        `${result.actions === 1 ? "action" : "actions"}${tracking}`,
    ),
    `  ${result.text}.`,
  ];
  if (result.partial) {
    lines.push(
      chalk.yellow(
        `  interrupted after ${formatCount(result.unitsTried)} of ${formatCount(result.units)} guests and what ` +
          "is done to them",
      ),
    );
  }
  const searched = result.strategies.map((verdict) => ({
    strategy: verdict.strategy,
    isRight: verdict.faults.length === 0,
    words: verdictWords(verdict),
  }));
  lines.push("", ...verdictLines(searched, style));
  let number = 0;
  for (const { strategy, faults } of result.strategies) {
    for (const fault of faults) lines.push("", ...faultLines(`${++number}. ${chalk.bold(strategy)}`, fault, mmu));
  }
  for (const [fault, count] of kernelFaults(result)) {
    const whose = count === 1 ? "" : `, under ${count} strategies`;
    lines.push("", ...faultLines(`${chalk.bold("Linux itself")}${whose}`, fault, mmu));
  }
  return wrapLines(lines.join("\n"), style);
}

function verdictWords({ runs, failing, faults, kernelFaults }: InterleaveVerdict): string {
  const tried = formatCount(runs);
  if (faults.length > 0) return `wrong in ${formatCount(failing)} of ${tried} runs`;
  if (kernelFaults.length === 0) return `right in all ${tried} runs`;
  return `right in ${tried} runs but for what comes with Linux, in ${formatCount(failing)}`;
}

function faultLines(whose: string, { finding, kind, runs, guest, schedule }: InterleaveFault, mmu: Mmu): string[] {
  return [
    `${whose}: ${longFinding(finding, mmu.findingWords)}`,
    `   ${kind}, in ${formatCount(runs)} ${runs === 1 ? "run" : "runs"}; the smallest schedule:`,
    `   ${guest}`,
    ...(schedule.length === 0 ? ["   with nobody else acting"] : []),
    ...schedule.map(({ where, action }, i) => `   ${i + 1}. ${where}: ${action}`),
  ];
}

/** Of each kind one, with how many of the strategies show it. */
function kernelFaults({ strategies }: InterleaveResult): Iterable<readonly [InterleaveFault, number]> {
  const byKind = new Map<string, readonly [InterleaveFault, number]>();
  for (const fault of strategies.flatMap((verdict) => verdict.kernelFaults)) {
    const known = byKind.get(fault.kind);
    byKind.set(fault.kind, known === undefined ? [fault, 1] : [known[0], known[1] + 1]);
  }
  return byKind.values();
}

/** The last line. It claims no more than the bound. */
export function interleaveConclusion(wrong: readonly string[], checked: number, partial: boolean): string {
  const strategies = `${checked} ${checked === 1 ? "strategy" : "strategies"} checked`;
  if (wrong.length > 0) return `${strategies}, wrong: ${wrong.join(", ")}`;
  return partial ? `${strategies}, nothing wrong so far` : `${strategies}, all right within the bound`;
}

/**
 * A counterexample as a file that `verify` and `trace` replay: the guest, what others do and what
 * is wrong then.
 */
export function scheduleText(strategy: string, fault: InterleaveFault, result: InterleaveResult, mmu: Mmu): string {
  return formatJson({
    schemaVersion: 1,
    kind: INTERLEAVING_KIND,
    mmu: result.mmu,
    strategy,
    name: `${strategy}-${fault.kind.replace("/", "-")}`,
    dirtyTracking: result.dirtyTracking,
    description: longFinding(fault.finding, mmu.findingWords),
    unit: fault.unit,
    guest: fault.guest,
    schedule: fault.schedule,
    finding: fault.finding,
  });
}
