import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { times } from "../../testing/nightly.js";
import { rootSpecs, schedules } from "../../testing/x86Arbitrary.js";
import { buildTree, type RootSpec } from "./build.js";
import { mappedRuns, structureOf } from "./inspect.js";
import { TdpIter } from "./iter.js";
import { splitRoot } from "./split.js";
import { type BuiltInId, builtIn } from "./strategies/index.js";
import { PRESENT } from "./tree.js";
import type { IterVariant } from "./variant.js";
import { zapRoot } from "./zap.js";

const ids = Object.keys(builtIn) as BuiltInId[];
const splitting = ids.filter((id) => builtIn[id].variant.aside === 0);
const MAXPHYADDR = 48;

function byHooks(variant: IterVariant): IterVariant {
  return { ...variant, fast: undefined };
}

/** Whether the walk of a leafless range loops at all, and at which gfns. */
function visited(root: RootSpec, variant: IterVariant, start: number, end: number, minLevel: number): number[] {
  const iter = new TdpIter(buildTree(root), variant);
  const gfns: number[] = [];
  for (let more = iter.start(start, end, minLevel); more; more = iter.next()) {
    if (iter.gated && !iter.enterBody()) continue;
    if ((iter.spte & PRESENT) !== 0) gfns.push(iter.gfn);
  }
  return gfns;
}

describe("the TDP iterator", () => {
  for (const id of ids) {
    it(`counts ${id} in its own steps as through the contract's functions, in zaps that yield`, () => {
      fc.assert(
        fc.property(rootSpecs, schedules, (root, everyNPolls) => {
          const own = zapRoot(buildTree(root), builtIn[id].variant, MAXPHYADDR, 0, { everyNPolls });
          const hooks = zapRoot(buildTree(root), byHooks(builtIn[id].variant), MAXPHYADDR, 0, { everyNPolls });
          expect(own).toEqual(hooks);
        }),
        { numRuns: times(20, 120) },
      );
    });
  }

  for (const id of splitting) {
    it(`splits with ${id} in its own steps as through the contract's functions`, () => {
      fc.assert(
        fc.property(
          rootSpecs,
          schedules,
          fc.nat(2 ** 19),
          fc.constantFrom(1, 2),
          (root, everyNPolls, start, targetLevel) => {
            const options = { targetLevel, schedule: { everyNPolls } };
            const own = splitRoot(buildTree(root), builtIn[id].variant, start, start + 2 ** 18, options);
            const hooks = splitRoot(buildTree(root), byHooks(builtIn[id].variant), start, start + 2 ** 18, options);
            expect(own).toEqual(hooks);
          },
        ),
        { numRuns: times(15, 80) },
      );
    });

    it(`maps with ${id} after a split what was mapped before, and nothing huge`, () => {
      fc.assert(
        fc.property(rootSpecs, schedules, (root, everyNPolls) => {
          const tree = buildTree(root);
          const before = mappedRuns(tree);
          const { livelockGfn } = splitRoot(tree, builtIn[id].variant, 0, 2 ** 36, {
            targetLevel: 1,
            schedule: { everyNPolls },
          });
          expect(livelockGfn).toBeNull();
          expect(mappedRuns(tree)).toEqual(before);
          expect(Object.keys(structureOf(tree).leavesByLevel).filter((level) => level !== "1")).toEqual([]);
        }),
        { numRuns: times(15, 80) },
      );
    });
  }

  for (const id of ids.filter((name) => name !== "skip-not-present-posted")) {
    it(`empties every root with ${id}, however often it must yield`, () => {
      fc.assert(
        fc.property(rootSpecs, schedules, (root, everyNPolls) => {
          const tree = buildTree(root);
          const passes = zapRoot(tree, builtIn[id].variant, MAXPHYADDR, 0, { everyNPolls });
          expect(passes.some((pass) => pass.livelock)).toBe(false);
          expect(structureOf(tree).tablesByLevel).toEqual({ [root.rootLevel]: 1 });
          expect(mappedRuns(tree)).toEqual([]);
        }),
        { numRuns: times(20, 120) },
      );
    });
  }

  it("comes with every variant to the same present entries of a range", () => {
    fc.assert(
      fc.property(
        rootSpecs,
        fc.nat(2 ** 20),
        fc.integer({ min: 1, max: 2 ** 19 }),
        fc.constantFrom(1, 2, 3),
        (root, start, length, minLevel) => {
          const baseline = visited(root, builtIn.baseline.variant, start, start + length, minLevel);
          for (const id of splitting)
            expect(visited(root, builtIn[id].variant, start, start + length, minLevel)).toEqual(baseline);
        },
      ),
      { numRuns: times(40, 200) },
    );
  });

  it("has no iteration for an empty range", () => {
    for (const id of ids) {
      const iter = new TdpIter(
        buildTree({ rootLevel: 4, leaves: [{ gfn: 0, level: 1, count: 8 }], nonpresentPaths: [] }),
        builtIn[id].variant,
      );
      expect(iter.start(5, 5, 1)).toBe(false);
      expect(iter.loops).toBe(0);
    }
  });

  it("refuses a variant that goes backwards, rather than walk for ever", () => {
    const back: IterVariant = { ...byHooks(builtIn.baseline.variant), next: (_table, index) => index };
    const tree = buildTree({ rootLevel: 4, leaves: [], nonpresentPaths: [] });
    expect(() => zapRoot(tree, back, MAXPHYADDR)).toThrow(/next gave entry 0; expected a whole number from 1 to 512/);
  });

  it("finds the posted skip's livelock on any guest with an upper entry and a yield at every poll", () => {
    const root = {
      rootLevel: 4,
      leaves: [
        { gfn: 0, level: 1, count: 1 },
        { gfn: 0xfffff, level: 1, count: 1 },
      ],
      nonpresentPaths: [],
    };
    const passes = zapRoot(buildTree(root), builtIn["skip-not-present-posted"].variant, MAXPHYADDR, 0, {
      everyNPolls: 1,
    });
    expect(passes.map((pass) => pass.livelock)).toEqual([true, true, true, false]);
  });
});
