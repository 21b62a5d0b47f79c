import { guestPass } from "../cost/guestPass.js";
import { combine, TERM_IDS, type TermCounts, termCounts } from "../cost/terms.js";
import type { LeafRun } from "./leafRuns.js";

/**
 * Accesses of a run of equal leaves that are drawn one by one; the rest of a longer run is taken to
 * be alike.
 */
const DRAWN = 2 ** 20;

export interface PassCounts {
  /** Of all vCPUs together. */
  readonly terms: TermCounts;
  readonly writes: number;
  readonly reads: number;
  /** Whether some accesses were taken to be like those drawn: counts are then estimates. */
  readonly sampled: boolean;
}

export interface PassGuest {
  readonly runs: readonly LeafRun[];
  readonly pageBytes: number;
  /** Descriptors in a table. */
  readonly entries: number;
  /** 0 to 100. */
  readonly writePercent: number;
  readonly seed: number;
}

/**
 * The guest's first pass over memory that is write-protected and logged: every page accessed once,
 * in address order.
 *
 * @param split whether the memory was split to pages first
 * @param drawn accesses of each run of equal leaves to draw one by one
 */
export function firstPass(guest: PassGuest, split: boolean, drawn = DRAWN): PassCounts {
  const { pageBytes, entries, writePercent, seed } = guest;
  let first = 0;
  let sampled = false;
  let writes = 0;
  const parts: (readonly [TermCounts, number])[] = [];
  for (const run of guest.runs) {
    // Whole blocks are drawn, so that a sample has no half of one at its end.
    const block = Math.max(run.leafBytes, pageBytes * entries);
    const bytes = Math.min(run.bytes, Math.max(1, Math.floor((drawn * pageBytes) / block)) * block);
    const leafBytes = split ? pageBytes : run.leafBytes;
    const pass = { leafBytes, pageBytes, entries, memoryBytes: bytes, strideBytes: pageBytes, writePercent, seed };
    const counts = guestPass({ ...pass, iteration: 1, vcpu: 0, firstAccess: first });
    const times = run.bytes / bytes;
    parts.push([termCounts(counts), times]);
    writes += Number(counts.writes) * times;
    if (times > 1 && writePercent > 0 && writePercent < 100) sampled = true;
    first += run.bytes / pageBytes;
  }
  const sum = combine(parts);
  const terms = Object.fromEntries(TERM_IDS.map((id) => [id, Math.round(sum[id])])) as TermCounts;
  return { terms, writes: Math.round(writes), reads: first - Math.round(writes), sampled };
}
