import type { Arbitrary } from "fast-check";
import { UserError } from "../errors.js";
import { lookUp, nonEmpty } from "../lists.js";
import type { Case, FastCheck, Mmu, ScenarioBase, Strategy } from "../mmu/contract.js";
import type { Finding } from "../mmu/finding.js";
import { caseCheck } from "./verify.js";

/**
 * A fault that a search found, by what is wrong and how it comes about, with the simplest layout
 * that shows it.
 */
export interface FoundFault {
  readonly strategy: Strategy;
  /**
   * The finding on {@link scenario}. Faults of the same code with different causes are different
   * faults.
   */
  readonly finding: Finding;
  /** How many of the layouts that were tried show it. */
  readonly layouts: number;
  /** The first layout that showed it, counted from 0. */
  readonly firstLayout: number;
  /** The simplest layout that was found to show it. */
  readonly scenario: ScenarioBase;
  /** Steps of shrinking from the first layout to this one. */
  readonly shrinks: number;
}

export interface SearchResult {
  readonly mmu: Mmu;
  readonly layouts: number;
  readonly seed: number;
  /** Layouts on which each strategy was checked, and on how many it fails. */
  readonly strategies: readonly { readonly strategy: Strategy; readonly layouts: number; readonly failing: number }[];
  /** In the order of strategies, then of first occurrence. */
  readonly faults: readonly FoundFault[];
  /**
   * What is to be told and makes no strategy wrong, each once, in the order of first occurrence.
   */
  readonly notes: readonly FoundNote[];
  /** True where it was stopped before all layouts were tried. */
  readonly stopped: boolean;
}

/**
 * A note (see `RunOutcome.notes`) by its code, with the simplest layout that shows it under the
 * first strategy that has it.
 */
export interface FoundNote extends FoundFault {
  /** Ids of all strategies that have it, in their order. */
  readonly strategies: readonly string[];
}

export interface SearchOptions {
  readonly mmu: Mmu;
  readonly strategies: readonly Strategy[];
  /** How many random layouts. */
  readonly layouts: number;
  /** Equal seeds give equal layouts, faults and shrunk scenarios. */
  readonly seed: number;
  /** Told now and then how far the search is, 0 to 1. */
  readonly progress?: (share: number, what: string) => void;
  readonly stopped?: () => boolean;
}

interface Tally {
  readonly strategy: Strategy;
  layouts: number;
  failing: number;
  readonly findings: Occurrences;
  readonly notes: Occurrences;
}

type Occurrences = Map<string, { readonly firstLayout: number; layouts: number }>;

/**
 * Tries strategies on random layouts; for each fault that shows (by strategy, code and cause, not
 * only the first), shrinks the first layout that shows it to the simplest that still does.
 *
 * @throws UserError if the MMU has no random layouts, or a custom strategy throws
 */
export async function searchLayouts(options: SearchOptions): Promise<SearchResult> {
  const { mmu, strategies, seed } = options;
  if (mmu.random === undefined) {
    throw new UserError(`--random: ${mmu.title} has no random layouts; expected --scenario FILE`);
  }
  const fc = await import("fast-check");
  const layouts = mmu.random(fc).map((scenario) => mmu.parse(scenario, "random layout"));
  const tallies = strategies.map(
    (strategy): Tally => ({ strategy, layouts: 0, failing: 0, findings: new Map(), notes: new Map() }),
  );
  const tried = await tryAll(fc, layouts, tallies, options);
  const simplest = async (tally: Tally, among: "findings" | "notes", fault: string): Promise<FoundFault> => {
    const { strategy } = tally;
    const { firstLayout, layouts: count } = lookUp(tally[among], fault);
    options.progress?.(1, `shrinking: ${strategy.id}`);
    await breath();
    const shrunk = shrink(fc, layouts, strategy, among, fault, firstLayout, seed);
    return { strategy, layouts: count, firstLayout, ...shrunk };
  };
  const faults: FoundFault[] = [];
  for (const tally of tallies) {
    for (const fault of tally.findings.keys()) faults.push(await simplest(tally, "findings", fault));
  }
  const notes: FoundNote[] = [];
  for (const note of new Set(tallies.flatMap((tally) => [...tally.notes.keys()]))) {
    const having = nonEmpty(tallies.filter((tally) => tally.notes.has(note)));
    const found = await simplest(having[0], "notes", note);
    notes.push({ ...found, strategies: having.map(({ strategy }) => strategy.id) });
  }
  return {
    mmu,
    layouts: tried,
    seed,
    strategies: tallies.map(({ strategy, layouts: count, failing }) => ({ strategy, layouts: count, failing })),
    faults,
    notes,
    stopped: tried < options.layouts,
  };
}

/** Runs every strategy on every layout. Returns how many layouts were tried. */
async function tryAll(
  fc: FastCheck,
  layouts: Arbitrary<Case>,
  tallies: readonly Tally[],
  options: SearchOptions,
): Promise<number> {
  let tried = 0;
  let ended = false;
  let thrown: unknown;
  let lastBreath = 0;
  // A property that does not fail: fast-check makes the layouts, one at a time, and shrinks none of
  // them yet.
  const all = fc.asyncProperty(layouts, async (bound) => {
    // Failing is how a check ends early; with endOnFailure it shrinks nothing.
    if (ended) return false;
    try {
      tryOne(bound, tallies, tried);
      tried++;
    } catch (error) {
      thrown = error;
      ended = true;
    }
    // Time decides only how often others get a turn.
    if (performance.now() - lastBreath > 50) {
      options.progress?.(tried / options.layouts, `layout ${tried}`);
      await breath();
      ended ||= options.stopped?.() ?? false;
      lastBreath = performance.now();
    }
    return true;
  });
  await fc.check(all, { seed: options.seed, numRuns: options.layouts, endOnFailure: true });
  if (thrown !== undefined) throw thrown;
  return tried;
}

function tryOne(bound: Case, tallies: readonly Tally[], index: number): void {
  const check = caseCheck(bound);
  for (const tally of tallies) {
    if (!bound.applies(tally.strategy)) continue;
    const { findings, notes } = check(tally.strategy);
    tally.layouts++;
    if (findings.length > 0) tally.failing++;
    addTo(tally.findings, findings, index);
    addTo(tally.notes, notes, index);
  }
}

function addTo(occurrences: Occurrences, findings: readonly Finding[], index: number): void {
  for (const fault of new Set(findings.map(faultOf))) {
    const known = occurrences.get(fault);
    if (known === undefined) occurrences.set(fault, { firstLayout: index, layouts: 1 });
    else known.layouts++;
  }
}

/**
 * Makes the layout of this index again and lets fast-check shrink it for as long as the fault
 * shows.
 */
function shrink(
  fc: FastCheck,
  layouts: Arbitrary<Case>,
  strategy: Strategy,
  among: "findings" | "notes",
  fault: string,
  index: number,
  seed: number,
): { readonly scenario: ScenarioBase; readonly finding: Finding; readonly shrinks: number } {
  const finding = (bound: Case): Finding | undefined =>
    caseCheck(bound)(strategy)[among].find((one) => faultOf(one) === fault);
  let thrown: unknown;
  const absent = fc.property(layouts, (bound) => {
    try {
      return finding(bound) === undefined;
    } catch (error) {
      // A strategy that throws on a simpler layout has another fault there, not this one.
      if (error instanceof UserError) return true;
      thrown ??= error;
      return true;
    }
  });
  const details = fc.check(absent, { seed, path: String(index), numRuns: 1 });
  if (thrown !== undefined) throw thrown;
  const bound = details.counterexample![0];
  return { scenario: bound.scenario, finding: finding(bound)!, shrinks: details.numShrinks };
}

/** What a fault is: its code, and its cause where the MMU knows several. */
export function faultOf({ code, data }: Finding): string {
  return typeof data.cause === "string" ? `${code}/${data.cause}` : code;
}

function breath(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
