import { quantileOfSorted } from "../stats/statistics.js";

/** Work that is timed, and what it is set against. */
export interface PreparedCase {
  /** Units of one `work`: entries, blocks, descriptors. */
  readonly units: number;
  /** Puts the tree back; not timed. */
  reset(): void;
  work(): void;
  readonly reference: Reference;
}

export interface Reference {
  readonly title: string;
  readonly units: number;
  /** Before each `work`; not timed. */
  reset?(): void;
  work(): void;
}

export interface PerfCase {
  readonly id: string;
  readonly title: string;
  /** Singular: "inspected entry". */
  readonly unit: string;
  /** The ratio that is to be kept, where there is one. */
  readonly limit?: number;
  /** Called when the case's turn comes: trees of several GiB are not held together. */
  prepare(): PreparedCase;
}

/** Nanoseconds per unit over all rounds. */
export interface Spread {
  readonly median: number;
  readonly p10: number;
  readonly p25: number;
  readonly p75: number;
}

export interface CaseResult {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly units: number;
  readonly rounds: number;
  readonly nsPerUnit: Spread;
  readonly reference: { readonly title: string; readonly units: number; readonly nsPerUnit: Spread };
  /**
   * Tenth percentile of the case over that of the reference, both per unit: what else runs on the
   * machine only adds.
   */
  readonly ratio: number;
  readonly limit: number | null;
}

const WARM_UP_ROUNDS = 12;
const MIN_ROUNDS = 15;
const MAX_ROUNDS = 2000;

/**
 * Measures a case: rounds in which the work and its reference take turns, in alternating order, so
 * that a slow moment of the machine falls on both. Not a test: nothing fails here.
 *
 * @param timeMs how long to go on, warm-up left out; at least 15 rounds
 */
export function measureCase(perfCase: PerfCase, timeMs: number): CaseResult {
  const prepared = perfCase.prepare();
  const { reference } = prepared;
  const work: number[] = [];
  const scan: number[] = [];
  let started = 0;
  for (let round = -WARM_UP_ROUNDS; round < MAX_ROUNDS; round++) {
    if (round === 0) started = performance.now();
    const workFirst = round % 2 === 0;
    let scanNs = workFirst ? 0 : timeOf(reference);
    const workNs = timeOf(prepared);
    if (workFirst) scanNs = timeOf(reference);
    if (round < 0) continue;
    work.push(workNs / prepared.units);
    scan.push(scanNs / reference.units);
    if (round + 1 >= MIN_ROUNDS && performance.now() - started >= timeMs) break;
  }
  const nsPerUnit = spreadOf(work);
  const referenceNs = spreadOf(scan);
  return {
    id: perfCase.id,
    title: perfCase.title,
    unit: perfCase.unit,
    units: prepared.units,
    rounds: work.length,
    nsPerUnit,
    reference: { title: reference.title, units: reference.units, nsPerUnit: referenceNs },
    ratio: nsPerUnit.p10 / referenceNs.p10,
    limit: perfCase.limit ?? null,
  };
}

function timeOf(part: { reset?(): void; work(): void }): number {
  part.reset?.();
  const before = process.hrtime.bigint();
  part.work();
  return Number(process.hrtime.bigint() - before);
}

function spreadOf(samples: readonly number[]): Spread {
  const sorted = Float64Array.from(samples).sort();
  const at = (q: number) => quantileOfSorted(sorted, q);
  return { median: at(0.5), p10: at(0.1), p25: at(0.25), p75: at(0.75) };
}
