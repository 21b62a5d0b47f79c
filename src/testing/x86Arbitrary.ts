import fc from "fast-check";
import type { LeafRun, NonpresentPath, RootSpec } from "../x86/build.js";
import { PAGES } from "../x86/tree.js";

/** Random x86 guests for property tests. */

/** Frames of a small guest: the first 4 GiB, where tables are shared and neighbours meet, or far up. */
const gfns = fc.oneof(
  { weight: 8, arbitrary: fc.nat(4 * 2 ** 18 - 1) },
  { weight: 2, arbitrary: fc.nat(3).map((i) => i * 512) },
  { weight: 1, arbitrary: fc.nat(2 ** 26 - 1).map((i) => i * 2 ** 9 + 511) },
);

const levels = fc.oneof(
  { weight: 4, arbitrary: fc.constant(1) },
  { weight: 4, arbitrary: fc.constant(2) },
  { weight: 1, arbitrary: fc.constant(3) },
);

/** A root whose leaves do not overlap and whose non-present entries have nothing below. */
export const rootSpecs: fc.Arbitrary<RootSpec> = fc
  .record({
    rootLevel: fc.constantFrom(4, 5),
    runs: fc.array(fc.tuple(gfns, levels, fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 600 }))), {
      maxLength: 10,
    }),
    paths: fc.array(fc.tuple(gfns, fc.constantFrom(1, 2, 3)), { maxLength: 3 }),
  })
  .map(({ rootLevel, runs, paths }) => {
    const leaves: LeafRun[] = [];
    const taken: [number, number][] = [];
    const free = (from: number, to: number): boolean => taken.every(([a, b]) => to <= a || from >= b);
    for (const [raw, level, wanted] of runs) {
      const count = level === 3 ? 1 : wanted;
      const gfn = Math.floor(raw / PAGES[level]!) * PAGES[level]!;
      const end = gfn + count * PAGES[level]!;
      if (!free(gfn, end)) continue;
      taken.push([gfn, end]);
      leaves.push({ gfn, level, count });
    }
    const nonpresentPaths: NonpresentPath[] = [];
    for (const [gfn, level] of paths) {
      // A whole 1G of its own, so that no path lies above another's table.
      const from = Math.floor(gfn / PAGES[3]!) * PAGES[3]!;
      if (!free(from, from + PAGES[3]!)) continue;
      taken.push([from, from + PAGES[3]!]);
      nonpresentPaths.push({ gfn, level });
    }
    return { rootLevel, leaves: leaves.sort((a, b) => a.gfn - b.gfn), nonpresentPaths };
  });

/** Yield schedules, never among them. */
export const schedules: fc.Arbitrary<number> = fc.oneof(fc.constantFrom(0, 1, 2, 7), fc.integer({ min: 3, max: 200 }));
