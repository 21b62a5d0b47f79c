import { zip } from "../lists.js";
import { fitPositive } from "../stats/fitPositive.js";
import { dot } from "../stats/linear.js";
import { modelTime } from "./modelTime.js";
import type { CostId, CostProfile } from "./profile.js";
import type { CountedRow } from "./splitRows.js";
import type { TermCounts } from "./terms.js";

/** Modelled change of a row, percent. */
export function changeOf({ patched, base }: Pick<CountedRow, "patched" | "base">, profile: CostProfile): number {
  return 100 * (modelTime(patched, profile).totalNs / modelTime(base, profile).totalNs - 1);
}

/**
 * A profile in which the given figures are those that come nearest to the published changes, each
 * row weighed by its standard deviation. The others stay as they are, so that at least one must:
 * changes say nothing of the scale.
 */
export function fitChanges(rows: readonly CountedRow[], profile: CostProfile, varied: readonly CostId[]): CostProfile {
  // A time is the sum of counts times prices: what is not varied is the same in each try.
  const designs = rows.map(({ row, patched, base }) => ({
    row,
    patched: designOf(patched, profile, varied),
    base: designOf(base, profile, varied),
  }));
  const figures = varied.map((id) => [id, profile.costs[id]!] as const);
  const values = fitPositive(
    (at) =>
      designs.map(({ row, patched, base }) => {
        const percent = 100 * (timeOf(patched, at) / timeOf(base, at) - 1);
        return (row.changePercent - percent) / (row.stdevPoints ?? 1);
      }),
    figures.map(([, { ns }]) => ns),
  );
  const fitted = zip(figures, values).map(([[id, figure], ns]) => [id, { ...figure, ns }] as const);
  return { ...profile, costs: { ...profile.costs, ...Object.fromEntries(fitted) } };
}

function timeOf({ rest, counts }: ReturnType<typeof designOf>, at: readonly number[]): number {
  return rest + dot(counts, at);
}

/** How often each varied figure is paid, and what all others cost, ns. */
function designOf(terms: TermCounts, profile: CostProfile, varied: readonly CostId[]) {
  const { parts } = modelTime(terms, profile);
  const sum = (of: typeof parts, value: (part: (typeof parts)[number]) => number) =>
    of.reduce((total, part) => total + value(part), 0);
  return {
    rest: sum(
      parts.filter((part) => !varied.includes(part.cost)),
      (part) => part.ns,
    ),
    counts: varied.map((id) =>
      sum(
        parts.filter((part) => part.cost === id),
        (part) => part.count,
      ),
    ),
  };
}
