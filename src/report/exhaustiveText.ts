import { formatJson } from "../files/json.js";
import type { Mmu, ScenarioBase } from "../mmu/contract.js";
import type { ExhaustiveFault } from "../mmu/exhaustive.js";
import type { ExhaustiveResult, ExhaustiveVerdict } from "../verify/exhaustive.js";
import { longFinding } from "./findings.js";
import type { Style } from "./style.js";
import { formatCount } from "./units.js";
import { verdictLines } from "./verdictLines.js";
import { wrapLines } from "./wrapLines.js";

/**
 * What an exhaustive search found: the bound in words, a line a strategy, then each fault with its
 * smallest case.
 */
export function exhaustiveText(result: ExhaustiveResult, mmu: Mmu, style: Style): string {
  const { chalk } = style;
  const { shard, bound, text } = result;
  const part = shard === null ? "" : `, shard ${shard.index} of ${shard.count}`;
  const lines = [chalk.bold(`${mmu.title}: exhaustive, bound ${bound}${part}`), `  ${text}.`];
  if (result.partial) {
    const share = shard === null ? result.units : Math.ceil((result.units - shard.index + 1) / shard.count);
    lines.push(
      chalk.yellow(`  interrupted after ${formatCount(result.unitsTried)} of ${formatCount(share)} trees and layouts`),
    );
  }
  const searched = result.strategies.map((verdict) => ({
    strategy: verdict.strategy,
    isRight: verdict.failing === 0,
    words: verdictWords(verdict),
  }));
  lines.push("", ...verdictLines(searched, style));
  for (const [i, { whose, fault }] of exhaustiveFaults(result).entries()) {
    lines.push("", `${chalk.bold(`${i + 1}. ${whose}`)}: ${exhaustiveFaultWords(fault, mmu)}`);
    lines.push(`   ${fault.kind}, on ${formatCount(fault.combinations)} combinations; the smallest of its kind:`);
    lines.push(`   ${fault.words}`);
    if (fault.scenario !== null) lines.push(`   at full size: ${scenarioWords(fault.scenario)}`);
  }
  return wrapLines(lines.join("\n"), style);
}

/**
 * What is wrong; by the name of its kind alone where no layout at full size shows it, for a small
 * case has no addresses.
 */
export function exhaustiveFaultWords({ kind, finding, scenario }: ExhaustiveFault, mmu: Mmu): string {
  return scenario === null ? kind.replaceAll("-", " ") : longFinding(finding, mmu.findingWords);
}

/**
 * Characters of a scenario that a report shows: with the masks of a large slot it can have tens of
 * thousands.
 */
const SHOWN_CHARACTERS = 2000;

function scenarioWords(scenario: ScenarioBase): string {
  const text = JSON.stringify(scenario);
  return text.length <= SHOWN_CHARACTERS ? text : `a scenario of ${formatCount(text.length)} characters, see --save`;
}

function verdictWords({ combinations, failing, faults }: ExhaustiveVerdict): string {
  const tried = formatCount(combinations);
  if (failing > 0) return `wrong on ${formatCount(failing)} of ${tried} combinations`;
  const withLinux = faults.some(({ ofLinux }) => ofLinux === true) ? ", but for what comes with Linux" : "";
  return `right on all ${tried} combinations${withLinux}`;
}

/** A fault and whose it is. */
interface OwnedFault {
  /** A strategy's name, or "Linux itself". */
  readonly whose: string;
  readonly fault: ExhaustiveFault;
}

/**
 * The faults in the order in which they are told and saved: each strategy's own, then those of
 * Linux, once for all strategies.
 */
export function exhaustiveFaults({ strategies }: ExhaustiveResult): readonly OwnedFault[] {
  const own: OwnedFault[] = [];
  const ofLinux = new Map<string, OwnedFault>();
  for (const { strategy, faults } of strategies) {
    for (const fault of faults) {
      if (fault.ofLinux !== true) own.push({ whose: strategy, fault });
      else if (!ofLinux.has(fault.kind)) ofLinux.set(fault.kind, { whose: "Linux itself", fault });
    }
  }
  return [...own, ...ofLinux.values()];
}

/** The last line. It claims no more than the bound. */
export function exhaustiveConclusion(wrong: readonly string[], checked: number, partial: boolean): string {
  const strategies = `${checked} ${checked === 1 ? "strategy" : "strategies"} checked`;
  if (wrong.length > 0) return `${strategies}, wrong: ${wrong.join(", ")}`;
  return partial ? `${strategies}, nothing wrong so far` : `${strategies}, all right within the bound`;
}

/**
 * A fault at full size as a scenario file; null where the smallest case shows in the small geometry
 * alone.
 */
export function exhaustiveScenarioText(
  { whose, fault }: OwnedFault,
  result: ExhaustiveResult,
  mmu: Mmu,
): string | null {
  if (fault.scenario === null) return null;
  const [name, under] = fault.ofLinux === true ? ["linux", "any strategy"] : [whose, whose];
  const scenario: ScenarioBase = {
    name: `${name}-${fault.kind.replace("/", "-")}`,
    description:
      `Under ${under}, ${longFinding(fault.finding, mmu.findingWords)}. Found by s2split verify --exhaustive ` +
      `--bound ${result.bound}; the smallest case of its kind: ${fault.words}.`,
    ...fault.scenario,
  };
  return formatJson(scenario);
}
