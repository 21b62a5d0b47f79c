import { describe, expect, it } from "vitest";
import { goldenFiles, type ZapGolden, type ZapYieldGolden } from "../../testing/x86Golden.js";
import { buildTree } from "./build.js";
import { structureOf } from "./inspect.js";
import { type BuiltInId, builtIn } from "./strategies/index.js";
import { type ZapPass, zapRoot, zapTotals } from "./zap.js";

const files = goldenFiles<ZapGolden>("x86-zap", /^zap_.*\.json$/);
const yieldFiles = goldenFiles<ZapYieldGolden>("x86-zap", /^zapyield_.*\.json$/);

function asGolden(pass: ZapPass): Record<string, unknown> {
  const { root, zapLevel, loops, body, loopsByLevel, zapped, spteReads, tablesFreed, removedPtEntries } = pass;
  return { root, zapLevel, loops, body, loopsByLevel, zapped, spteReads, tablesFreed, removedPtEntries };
}

function zapAll(golden: ZapGolden, id: BuiltInId): ZapPass[] {
  const { roots, hostMaxphyaddr } = golden.input;
  return roots.flatMap((root, i) => zapRoot(buildTree(root), builtIn[id].variant, hostMaxphyaddr, i));
}

describe("zapping a root", () => {
  it("has golden files to be compared with", () => {
    expect(files.length).toBeGreaterThanOrEqual(23);
    expect(yieldFiles.length).toBeGreaterThanOrEqual(1);
  });

  for (const golden of files) {
    it(`starts from the kernel's tree on ${golden.name}`, () => {
      expect(golden.input.roots.map((root) => structureOf(buildTree(root)))).toEqual(golden.structure);
    });

    for (const id of Object.keys(golden.expected) as BuiltInId[]) {
      it(`counts as the kernel does on ${golden.name} with ${id}`, () => {
        const passes = zapAll(golden, id);
        expect(passes.map(asGolden)).toEqual(golden.expected[id]);
        expect(zapTotals(passes)).toMatchObject(golden.totals[id]!);
      });
    }

    it(`counts the mended skip as the posted one where nothing yields, on ${golden.name}`, () => {
      expect(zapAll(golden, "skip-not-present")).toEqual(zapAll(golden, "skip-not-present-posted"));
    });
  }

  for (const golden of yieldFiles) {
    for (const [schedule, expected] of Object.entries(golden.expected)) {
      for (const id of Object.keys(expected) as BuiltInId[]) {
        it(`yields as the kernel does on ${golden.name}, ${schedule}, with ${id}`, () => {
          const everyNPolls = Number(/\d+/.exec(schedule)![0]);
          const passes = zapRoot(buildTree(golden.input.root), builtIn[id].variant, golden.input.hostMaxphyaddr, 0, {
            everyNPolls,
          });
          const seen = passes.map(({ zapLevel, loops, zapped, yields, livelock }) => ({
            zapLevel,
            loops,
            zapped,
            yields,
            livelock,
          }));
          expect(seen).toEqual(expected[id]);
        });
      }
    }
  }
});
