import { describe, expect, it } from "vitest";
import { atGoldenKeys } from "../../testing/golden.js";
import { goldenFiles, type SplitGolden } from "../../testing/x86Golden.js";
import { buildTree } from "./build.js";
import { SPLIT_COUNTERS, walkedCounts } from "./counters.js";
import { enableDirtyLog } from "./dirtyLog.js";
import { type ByLevel, structureOf } from "./inspect.js";
import { splitLoops, splitRoot } from "./split.js";
import { type BuiltInId, builtIn } from "./strategies/index.js";

const files = goldenFiles<SplitGolden>("x86-split");

function bySize(leaves: ByLevel): Record<string, number> {
  return { "4k": leaves["1"] ?? 0, "2m": leaves["2"] ?? 0, "1g": leaves["3"] ?? 0 };
}

function byEveryLevel(tables: ByLevel): Record<string, number> {
  return Object.fromEntries([1, 2, 3, 4, 5].map((level) => [level, tables[level] ?? 0]));
}

describe("eager splitting of a root", () => {
  it("has golden files to be compared with", () => {
    expect(files.length).toBeGreaterThanOrEqual(14);
  });

  for (const golden of files) {
    const { root, startGfn, endGfnExclusive, targetLevel, minLevel, reschedEveryNPolls } = golden.input;

    it(`starts from the kernel's tree on ${golden.name}`, () => {
      expect(minLevel).toBe(targetLevel + 1);
      expect(bySize(structureOf(buildTree(root)).leavesByLevel)).toEqual(golden.leavesBefore);
    });

    for (const id of Object.keys(golden.expected) as BuiltInId[]) {
      it(`counts as the kernel does on ${golden.name} with ${id}`, () => {
        const tree = buildTree(root);
        const schedule = { everyNPolls: reschedEveryNPolls };
        const { counts, livelockGfn } = splitRoot(tree, builtIn[id].variant, startGfn, endGfnExclusive, {
          targetLevel,
          schedule,
        });
        const secondPassLoops = splitLoops(tree, builtIn[id].variant, startGfn, endGfnExclusive, targetLevel);
        const counted = { ...walkedCounts(SPLIT_COUNTERS, counts), secondPassLoops };
        expect(atGoldenKeys(counted, golden.expected[id])).toEqual(golden.expected[id]);
        expect(livelockGfn).toBeNull();
        const after = structureOf(tree);
        expect(bySize(after.leavesByLevel)).toEqual(golden.leavesAfter);
        expect(byEveryLevel(after.tablesByLevel)).toEqual(golden.tablesAfterByLevel);
      });
    }

    if (golden.loopsIfAllocationDidNotRestart !== null) {
      it(`says what ${golden.name} would take if no allocation restarted the walk`, () => {
        const loops = splitLoops(buildTree(root), builtIn.baseline.variant, startGfn, endGfnExclusive, targetLevel);
        expect(loops).toBe(golden.loopsIfAllocationDidNotRestart);
      });
    }

    for (const [key, expected] of Object.entries(golden.enableDirtyLogSequenceBaseline ?? {})) {
      it(`enables dirty logging as the kernel does on ${golden.name} with ${key}`, () => {
        const options = { eager: key.includes("eager_page_split=1"), pml: key.includes("pml=1") };
        const tree = buildTree(root);
        const { steps } = enableDirtyLog(tree, builtIn.baseline.variant, startGfn, endGfnExclusive, options);
        const counted = Object.entries(steps).map(([step, counts]) => ({ step, ...counts }));
        expect(atGoldenKeys(counted, expected)).toEqual(expected);
      });
    }
  }
});
