/**
 * A run of dirty pages, near the multiple of `unit` pages (0: of a block) that is `at` of the way
 * through the slot.
 */
export interface DrawnRun {
  readonly at: number;
  readonly unit: number;
  readonly offset: number;
  readonly count: number;
}

/** The runs `[first, count]` in a slot of so many pages. */
export function runsIn(runs: readonly DrawnRun[], pages: number, blockPages: number): [number, number][] {
  return runs.map(({ at, unit, offset, count }) => {
    const step = unit === 0 ? blockPages : unit;
    const near = Math.floor((at * pages) / step) * step + offset;
    const first = Math.max(0, Math.min(near, pages - 1));
    return [first, Math.min(count, pages - first)];
  });
}
