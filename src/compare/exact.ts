import { clip } from "../errors.js";
import { type CounterDeclaration, type Counts, type CountValue, countAt, totalAt } from "../mmu/counters.js";
import type { Finding } from "../mmu/finding.js";
import type { RunResult } from "../results/types.js";
import { type RunVerdict, VERDICT_CODES, verdictIn } from "../results/verdict.js";
import { firstDifference } from "./difference.js";
import type { ExactMetric, FindingsChange, Status } from "./types.js";

/**
 * Compares every counter of two runs: the declared ones in the order of their declarations, then
 * whatever else either side has, which is reported where it changes but has no meaning to judge it
 * by.
 *
 * @param maxIncrease tolerated increase of a cost, as a fraction of base
 */
export function compareCounts(
  base: Counts,
  next: Counts,
  declarations: readonly CounterDeclaration[],
  maxIncrease: number,
): ExactMetric[] {
  const metrics: ExactMetric[] = [];
  const declared = new Set<string>();
  for (const declaration of declarations) {
    declared.add(declaration.path);
    const before = countAt(base, declaration.path);
    const after = countAt(next, declaration.path);
    if (before === undefined && after === undefined) continue;
    metrics.push(metricOf(declaration, base, next, maxIncrease));
  }
  for (const path of undeclaredLeaves([base, next], declared)) {
    metrics.push(
      metricOf(
        { path, byLevel: false, label: clip(path, 100), unit: "", role: "outcome", doc: "" },
        base,
        next,
        maxIncrease,
      ),
    );
  }
  return metrics;
}

function metricOf(
  declaration: CounterDeclaration,
  baseCounts: Counts,
  nextCounts: Counts,
  maxIncrease: number,
): ExactMetric {
  const { path, label, unit } = declaration;
  const base = summed(baseCounts, path);
  const next = summed(nextCounts, path);
  const levels = changedLevels(countAt(baseCounts, path), countAt(nextCounts, path));
  const change = typeof base === "number" && typeof next === "number" ? relativeChange(base, next) : null;
  const status = judge(declaration, base, next, change, levels.length > 0, maxIncrease);
  return { kind: "exact", path, label, unit, base, next, change, status, levels };
}

function summed(counts: Counts, path: string): CountValue | undefined {
  return totalAt(counts, path) ?? countAt(counts, path);
}

/** Increase as a fraction: from zero to anything is without bound, zero to zero is none. */
function relativeChange(base: number, next: number): number {
  if (base === next) return 0;
  return base === 0 ? Math.sign(next) * Number.POSITIVE_INFINITY : (next - base) / Math.abs(base);
}

function judge(
  declaration: CounterDeclaration,
  base: CountValue | undefined,
  next: CountValue | undefined,
  change: number | null,
  levelsDiffer: boolean,
  maxIncrease: number,
): Status {
  if (firstDifference(base, next) === undefined) return levelsDiffer ? "changed" : "equal";
  const gated = declaration.role === "cost" || declaration.worse !== undefined;
  // A counter that vanished can hide anything; one that is new has nothing to be worse than.
  if (next === undefined) return gated ? "regression" : "changed";
  if (base === undefined) return "changed";
  if (declaration.worse === "different") {
    // A digest is null where the guest was too large to keep whole: nothing to compare with.
    return base === null || next === null ? "changed" : "regression";
  }
  // Neither can a cost that has no number any more: a walk that never ends.
  if (gated && next === null && typeof base === "number") return "regression";
  if (!gated || change === null) return "changed";
  if (change < 0) return "improvement";
  return declaration.role === "cost" && change <= maxIncrease ? "tolerated" : "regression";
}

function changedLevels(base: CountValue | undefined, next: CountValue | undefined): ExactMetric["levels"] {
  const before = levelsOf(base);
  const after = levelsOf(next);
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .sort((a, b) => Number(a) - Number(b))
    .map((level) => ({ level, base: before[level] ?? 0, next: after[level] ?? 0 }))
    .filter((pair) => pair.base !== pair.next);
}

function levelsOf(value: CountValue | undefined): Record<string, number> {
  if (typeof value !== "object" || value === null) return {};
  const numbers = Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === "number");
  return Object.fromEntries(numbers);
}

/** Paths of leaves that no declaration covers, in the order they stand. */
function undeclaredLeaves(trees: readonly Counts[], declared: ReadonlySet<string>): string[] {
  const paths = new Set<string>();
  const visit = (node: Counts, prefix: string): void => {
    for (const [name, value] of Object.entries(node)) {
      const path = prefix + name;
      if (declared.has(path)) continue;
      if (typeof value === "object" && value !== null) visit(value, `${path}/`);
      else paths.add(path);
    }
  };
  for (const tree of trees) visit(tree, "");
  return [...paths];
}

/**
 * Whether a result became wrong, right, more or less wrong, and whether the verdict on the strategy
 * did. A new kind of finding is worse, whatever else went away.
 */
export function compareResult(base: RunResult, next: RunResult): FindingsChange {
  const verdicts = { base: verdictIn(base) ?? null, next: verdictIn(next) ?? null };
  const status = worst(compareFindings(base.findings, next.findings), compareVerdicts(verdicts.base, verdicts.next));
  return { base: base.findings, next: next.findings, verdicts, status };
}

type ResultStatus = FindingsChange["status"];

function compareFindings(base: readonly Finding[], next: readonly Finding[]): ResultStatus {
  const before = countsByCode(base);
  const after = countsByCode(next);
  if ([...after].some(([code, count]) => count > (before.get(code) ?? 0))) return "regression";
  if ([...before].some(([code, count]) => (after.get(code) ?? 0) < count)) return "improvement";
  return firstDifference(base, next) === undefined ? "equal" : "changed";
}

function compareVerdicts(base: RunVerdict | null, next: RunVerdict | null): ResultStatus {
  // A file of before verdicts were written has nothing to be better or worse than.
  if (base === null || next === null || base.code === next.code) return "equal";
  // Where one side had nothing to do, only findings can say that the other is worse.
  if (base.code === "idle" || next.code === "idle") return "changed";
  const [before, after] = [VERDICT_CODES.indexOf(base.code), VERDICT_CODES.indexOf(next.code)];
  return after > before ? "regression" : "improvement";
}

function worst(a: ResultStatus, b: ResultStatus): ResultStatus {
  const order: readonly ResultStatus[] = ["regression", "improvement", "changed", "equal"];
  return order.indexOf(a) < order.indexOf(b) ? a : b;
}

function countsByCode(findings: readonly Finding[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { code, count } of findings) counts.set(code, (counts.get(code) ?? 0) + count);
  return counts;
}
