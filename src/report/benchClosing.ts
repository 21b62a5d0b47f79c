import { listed } from "../lists.js";
import type { Mmu } from "../mmu/contract.js";
import { totalAt } from "../mmu/counters.js";
import type { RunResult } from "../results/types.js";
import { isSound, verdictIn } from "../results/verdict.js";
import { sumAt } from "./sums.js";
import { fewer } from "./units.js";

/**
 * The gain of the walk alone beside the gain of the whole, for all that tie as the best of those
 * with no known fault.
 */
export function closingLine(runs: readonly RunResult[], base: RunResult, mmu: Mmu): string | undefined {
  const { totals } = mmu;
  if (totals === undefined) return undefined;
  const main = mmu.columns.find((column) => column.heading === totals.comparedHeading)!;
  const whole = totals.columns.find((column) => column.heading === totals.comparedHeading)!;
  const figuresOf = (run: RunResult) => [totalAt(run.counts, main.path), sumAt(run, whole.paths)] as const;
  const [before, wholeBefore] = figuresOf(base);
  const credited = runs.filter((run) => run !== base && isCredited(run));
  if (credited.length === 0 || !before || !wholeBefore) return undefined;
  const figures = credited.map((run) => ({ run, figures: figuresOf(run) as readonly [number, number] }));
  const [after, wholeAfter] = figures.map((one) => one.figures).reduce((a, b) => (isLess(b, a) ? b : a));
  if (after >= before) return undefined;
  const best = figures.filter((one) => one.figures[0] === after && one.figures[1] === wholeAfter).map(({ run }) => run);
  const sentence =
    `${namesOf(best)} ${best.length === 1 ? "inspects" : "inspect"} ${fewer(before, after)} entries than ` +
    `${base.strategy} in the split ` +
    `walk, and ${fewer(wholeBefore, wholeAfter)} in the whole ioctl`;
  const gain = 1 - after / before;
  const wholeGain = 1 - wholeAfter / wholeBefore;
  // Five points: below, the walk that all have in common is no news.
  return totals.commonPart !== undefined && gain - wholeGain > 0.05
    ? `${sentence}: ${totals.commonPart} is the same under every strategy.`
    : `${sentence}.`;
}

/**
 * Whether a run's gain is a strategy's merit: nothing is known against it, and there was something
 * to do.
 */
export function isCredited(run: RunResult): boolean {
  return isSound(run) && verdictIn(run)?.code !== "idle";
}

function isLess(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}

const NUMBERS = [
  "no",
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
  "nine",
  "ten",
  "eleven",
  "twelve",
];

/** "a", "a and b", "a, b and c", "a and five other right strategies". */
export function namesOf(runs: readonly RunResult[]): string {
  const names = runs.map(({ strategy }) => strategy);
  if (names.length < 4) return listed(names);
  const more = names.length - 1;
  const right = runs.every((run) => verdictIn(run)?.code === "right") ? "right " : "";
  return `${names[0]} and ${NUMBERS[more] ?? more} other ${right}strategies`;
}
