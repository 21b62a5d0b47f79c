import type { Arbitrary } from "fast-check";
import type { FastCheck } from "../contract.js";
import { pagesAt } from "../x86/pages.js";
import type { LeafRun, NonpresentPath, RootSpec } from "./build.js";

/**
 * Random x86 guests: small, so that thousands are run in a minute, but rich in what iterators
 * stumble over: tables with a few entries in 512, neighbours at both sides of a table's end, empty
 * tables, leaves of all sizes beside each other, 5-level roots, ranges that begin and end inside a
 * leaf, schedules that yield early and often. They shrink to fewer leaves, lower frames and no
 * schedule.
 */

/** A root whose leaves do not overlap and whose non-present entries have nothing below. */
export function randomRoots(fc: FastCheck): Arbitrary<RootSpec> {
  const gfns = fc.oneof(
    { weight: 8, arbitrary: fc.nat(4 * 2 ** 18 - 1) },
    { weight: 2, arbitrary: fc.nat(3).map((i) => i * 512) },
    { weight: 1, arbitrary: fc.nat(2 ** 26 - 1).map((i) => i * 2 ** 9 + 511) },
  );
  const small = fc.tuple(gfns, fc.constant(1), fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 600 })));
  const huge = fc.tuple(gfns, fc.constant(2), fc.integer({ min: 1, max: 4 }));
  const giant = fc.tuple(gfns, fc.constant(3), fc.constant(1));
  const run = fc.oneof(
    { weight: 12, arbitrary: small },
    { weight: 12, arbitrary: huge },
    { weight: 1, arbitrary: giant },
  );
  return fc
    .record({
      rootLevel: fc.constantFrom(4, 5),
      runs: fc.array(run, { maxLength: 8 }),
      paths: fc.array(fc.tuple(gfns, fc.constantFrom(1, 2, 3)), { maxLength: 3 }),
    })
    .map(({ rootLevel, runs, paths }) => rootOf(rootLevel, runs, paths));
}

type Placed = readonly [gfn: number, level: number, count: number];

/**
 * A root of the leaves and paths, in order, that do not overlap what was taken before; leaves may
 * touch.
 */
export function rootOf(
  rootLevel: number,
  runs: readonly Placed[],
  paths: readonly (readonly [number, number])[],
): RootSpec {
  const taken: [number, number][] = [];
  const take = (from: number, to: number): boolean => {
    if (taken.some(([a, b]) => from < b && to > a)) return false;
    taken.push([from, to]);
    return true;
  };
  const leaves: LeafRun[] = [];
  for (const [raw, level, count] of runs) {
    const pages = pagesAt(level);
    const gfn = Math.floor(raw / pages) * pages;
    if (take(gfn, gfn + count * pages)) leaves.push({ gfn, level, count });
  }
  const nonpresentPaths: NonpresentPath[] = [];
  for (const [gfn, level] of paths) {
    // A whole 1G of its own, so that no path lies above another's table.
    const from = Math.floor(gfn / pagesAt(3)) * pagesAt(3);
    if (take(from, from + pagesAt(3))) nonpresentPaths.push({ gfn, level });
  }
  return { rootLevel, leaves: leaves.sort((a, b) => a.gfn - b.gfn), nonpresentPaths };
}

/**
 * A root without the huge pages that lie across a frame: no slot that ends or begins there has one.
 */
function withoutAcross(root: RootSpec, gfns: readonly number[]): RootSpec {
  const leaves = gfns.reduce<readonly LeafRun[]>(
    (runs, edge) =>
      runs.flatMap((run) => {
        const pages = pagesAt(run.level);
        const whole = Math.floor((edge - run.gfn) / pages);
        if (whole < 0 || whole >= run.count || (edge - run.gfn) % pages === 0) return [run];
        const after = { ...run, gfn: run.gfn + (whole + 1) * pages, count: run.count - whole - 1 };
        return [{ ...run, count: whole }, after].filter(({ count }) => count > 0);
      }),
    root.leaves,
  );
  return { ...root, leaves };
}

/** Schedules: never, or at every n-th poll. */
export function randomSchedules(fc: FastCheck): Arbitrary<number> {
  return fc.oneof(fc.constantFrom(0, 1, 2, 7), fc.integer({ min: 3, max: 200 }));
}

/**
 * Scenarios of all workloads of the TDP MMU. Slots are based on multiples of 64 pages: see
 * docs/x86-clear-crossing.md.
 */
export function randomTdpScenarios(fc: FastCheck): Arbitrary<object> {
  const common = { root: randomRoots(fc), reschedEveryNPolls: randomSchedules(fc) };
  const range = { start: fc.nat(5000), length: fc.integer({ min: 1, max: 2 ** 19 }) };
  const modes = { pml: fc.boolean(), eager: fc.boolean() };
  const masks = fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1, maxLength: 20, size: "max" });
  const zap = fc.record(common).map((fields) => ({ workload: "zap", ...fields }));
  const split = fc
    .record({ ...common, ...range, targetLevel: fc.constantFrom(1, 2) })
    .map(({ start, length, ...fields }) => ({
      workload: "split",
      ...fields,
      startGfn: start,
      endGfnExclusive: start + length,
    }));
  const enable = fc.record({ ...common, ...range, ...modes }).map(({ start, length, root, ...fields }) => ({
    workload: "enable",
    root: withoutAcross(root, [start, start + length]),
    ...fields,
    startGfn: start,
    endGfnExclusive: start + length,
  }));
  const clear = fc
    .record({ ...common, ...modes, manualProtectAndInitSet: fc.boolean(), base: fc.nat(100), masks })
    .map(({ base, masks: words, root, ...fields }) => ({
      workload: "clear",
      root: withoutAcross(root, [base * 64, (base + words.length) * 64]),
      ...fields,
      slotBaseGfn: base * 64,
      npages: words.length * 64,
      masks: words.map((word) => `0x${word.toString(16)}`),
    }));
  return fc.oneof(zap, split, enable, clear).map((scenario) => ({ mmu: "x86-tdp", ...scenario }));
}
