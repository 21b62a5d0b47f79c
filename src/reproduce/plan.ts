/**
 * What a reproduction lays out on a real host and looks at, in bytes: all that the C program is
 * made from.
 */
export interface ReproductionPlan {
  readonly arch: "arm64" | "x86";
  /** Name of the scenario; may be empty. */
  readonly name: string;
  readonly description: string;
  /** Things of the scenario that a real host does not have, one sentence each. */
  readonly notes: readonly string[];
  readonly pageBytes: number;
  /** Bytes of a leaf by level, page first: 4K, 2M, 1G. */
  readonly leafBytes: readonly number[];
  readonly mode: "enable" | "clear";
  /**
   * `split`: no block is left in range. `dirty`: each page that was cleared and then written is
   * reported again (x86 without eager splitting, where write protection alone counts).
   */
  readonly check: "split" | "dirty";
  /** arm64 only, else 0. */
  readonly chunkBytes: number;
  readonly ipaBits: number;
  readonly slots: readonly { readonly base: number; readonly bytes: number }[];
  /** Runs of leaves of one size, ascending. */
  readonly runs: readonly LeafRange[];
  /** What is to be split, ascending and disjoint; `end` is exclusive. */
  readonly spans: readonly { readonly start: number; readonly end: number }[];
  /** Clear mode: runs of pages that are cleared, relative to their slot; without one all are. */
  readonly cleared: readonly { readonly slot: number; readonly first: number; readonly count: number }[];
  /**
   * Where guest code, its page tables and its doorbell stand: nothing of the scenario is within
   * {@link SCRATCH_BYTES} of it.
   */
  readonly scratch: number;
  /**
   * Table pages below the root, those that map the guest code left out; 0 where they are not used
   * as evidence.
   */
  readonly tables: number;
  /** What the model says of each strategy. */
  readonly predictions: readonly Prediction[];
}

export interface LeafRange {
  readonly start: number;
  readonly bytes: number;
  readonly leafBytes: number;
  readonly readOnly: boolean;
}

/**
 * What is there after the work, as the model counts it; strategies that agree in all of it stand
 * together.
 */
export interface Prediction {
  readonly strategies: readonly string[];
  /** Leaves by level, page first. */
  readonly leaves: readonly number[];
  /** Table pages made by the work. */
  readonly tables: number;
  /** The first block that should have been split; null where there is none. */
  readonly firstUnsplit: number | null;
}

export const SCRATCH_BYTES = 2 ** 20;
const GIB = 2 ** 30;

/**
 * A free place for {@link ReproductionPlan.scratch}: in a GiB of its own where there is one, so
 * that it shares no table with the scenario but those at the top.
 *
 * @returns undefined where all below `end` is taken
 */
export function freePlace(slots: ReproductionPlan["slots"], end: number): number | undefined {
  const sorted = [...slots].sort((a, b) => a.base - b.base);
  const free = (start: number, bytes: number): boolean =>
    start + bytes <= end && sorted.every((slot) => slot.base + slot.bytes <= start || slot.base >= start + bytes);
  // Address 0 is left alone: a guest that goes astray ends there.
  const ends = sorted.map((slot) => slot.base + slot.bytes);
  const gib = [0, ...ends.map((at) => Math.ceil(at / GIB) * GIB)].find((at) => free(at, GIB));
  if (gib !== undefined) return gib + SCRATCH_BYTES;
  return [SCRATCH_BYTES, ...ends.map((at) => Math.ceil(at / SCRATCH_BYTES) * SCRATCH_BYTES)].find((at) =>
    free(at, SCRATCH_BYTES),
  );
}

/** Puts together the strategies that the model says the same of. */
export function grouped(
  outcomes: readonly (Omit<Prediction, "strategies"> & { readonly strategy: string })[],
): Prediction[] {
  const groups = new Map<string, Prediction & { strategies: string[] }>();
  for (const { strategy, ...outcome } of outcomes) {
    const key = JSON.stringify(outcome);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ...outcome, strategies: [strategy] });
    else group.strategies.push(strategy);
  }
  return [...groups.values()];
}
