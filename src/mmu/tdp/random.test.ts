import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomRoots, randomTdpScenarios, rootOf } from "./random.js";

const leavesOf = (...given: Parameters<typeof rootOf>) => rootOf(...given).leaves.map(({ gfn }) => gfn);

describe("a random root", () => {
  it("has leaves that touch, whichever was drawn first, and none that overlap", () => {
    expect(
      leavesOf(
        4,
        [
          [0, 1, 5],
          [5, 1, 5],
        ],
        [],
      ),
    ).toEqual([0, 5]);
    expect(
      leavesOf(
        4,
        [
          [5, 1, 5],
          [0, 1, 5],
        ],
        [],
      ),
    ).toEqual([0, 5]);
    expect(
      leavesOf(
        4,
        [
          [0, 1, 5],
          [4, 1, 5],
        ],
        [],
      ),
    ).toEqual([0]);
    expect(
      leavesOf(
        4,
        [
          [4, 1, 5],
          [0, 1, 5],
        ],
        [],
      ),
    ).toEqual([4]);
    expect(
      leavesOf(
        4,
        [
          [700, 2, 1],
          [1023, 1, 1],
        ],
        [],
      ),
    ).toEqual([512]);
  });

  it("has paths without a leaf only where nothing else is within their 1G", () => {
    const { nonpresentPaths } = rootOf(
      5,
      [[2 ** 18 - 1, 1, 1]],
      [
        [5, 2],
        [2 ** 18, 1],
        [2 ** 19 - 1, 3],
      ],
    );
    expect(nonpresentPaths).toEqual([{ gfn: 2 ** 18, level: 1 }]);
  });
});

describe("what verify draws", () => {
  // Tests let every list grow as long as it may; the program leaves that to each.
  const ofTests = fc.readConfigureGlobal();
  beforeAll(() => fc.configureGlobal({ ...ofTests, defaultSizeToMaxWhenMaxSpecified: false }));
  afterAll(() => fc.configureGlobal(ofTests));

  it("has roots of up to eight runs of leaves", () => {
    const sizes = fc.sample(randomRoots(fc), { seed: 1, numRuns: 300 }).map(({ leaves }) => leaves.length);
    expect(Math.max(...sizes)).toBe(8);
  });

  it("has bitmaps of up to twenty words", () => {
    const drawn = fc.sample(randomTdpScenarios(fc), { seed: 1, numRuns: 600 }) as { masks?: string[] }[];
    const words = drawn.flatMap(({ masks }) => masks?.length ?? []);
    expect(Math.min(...words)).toBe(1);
    expect(Math.max(...words)).toBe(20);
  });
});

describe("random scenarios", () => {
  type Drawn = Readonly<Record<string, unknown>> & {
    readonly workload: string;
    readonly root: ReturnType<typeof rootOf>;
    readonly reschedEveryNPolls: number;
  };
  /** All that were drawn, and those of a workload. */
  const draw = () => {
    const drawn = fc.sample(randomTdpScenarios(fc), { seed: 1, numRuns: 1500 }) as unknown as readonly Drawn[];
    return { drawn, of: (workload: string) => drawn.filter((scenario) => scenario.workload === workload) };
  };
  const values = <T>(list: readonly T[]) => [...new Set(list)].toSorted((a, b) => (a < b ? -1 : 1));
  const numbers = (list: readonly number[]) => [...new Set(list)].toSorted((a, b) => a - b);

  it("are of every workload, with both roots, targets and modes", () => {
    const { drawn, of } = draw();
    expect(values(drawn.map(({ workload }) => workload))).toEqual(["clear", "enable", "split", "zap"]);
    expect(new Set(drawn.map(({ mmu }) => mmu))).toEqual(new Set(["x86-tdp"]));
    expect(values(drawn.map(({ root }) => root.rootLevel))).toEqual([4, 5]);
    expect(values(of("split").map(({ targetLevel }) => targetLevel as number))).toEqual([1, 2]);
    const modes = [...of("enable"), ...of("clear")].map(({ workload, pml, eager }) => `${workload} ${pml} ${eager}`);
    expect(values(modes)).toHaveLength(8);
    expect(values(of("clear").map(({ manualProtectAndInitSet }) => String(manualProtectAndInitSet)))).toEqual([
      "false",
      "true",
    ]);
  });

  it("have schedules of never, every poll, every second, and so on to every two hundredth", () => {
    const { drawn } = draw();
    const every = numbers(drawn.map(({ reschedEveryNPolls }) => reschedEveryNPolls));
    expect(every.slice(0, 4)).toEqual([0, 1, 2, 3]);
    expect(every.at(-1)).toBe(200);
    expect(every.length).toBeGreaterThan(100);
  });

  it("have runs of up to 600 pages of 4K, four of 2M or one of 1G, at tables' ends too", () => {
    const { drawn } = draw();
    const runs = drawn.flatMap(({ root }) => root.leaves);
    const counts = (level: number) => numbers(runs.flatMap((run) => (run.level === level ? [run.count] : [])));
    expect([counts(1)[0], counts(1).at(-1), counts(2), counts(3)]).toEqual([1, 600, [1, 2, 3, 4], [1]]);
    const gfns = runs.flatMap(({ level, gfn }) => (level === 1 ? [gfn] : []));
    expect([0, 512, 1024, 1536].every((gfn) => gfns.includes(gfn))).toBe(true);
    expect(Math.max(...gfns)).toBeGreaterThan(2 ** 34);
    expect(Math.max(...gfns)).toBeLessThan(2 ** 35);
    expect(gfns.filter((gfn) => gfn > 2 ** 20).map((gfn) => gfn % 512)).toContain(511);
    expect(numbers(gfns.filter((gfn) => gfn >= 2 ** 20).map((gfn) => gfn % 512))).toEqual([511]);
    const paths = drawn.flatMap(({ root }) => root.nonpresentPaths);
    expect(numbers(paths.map(({ level }) => level))).toEqual([1, 2, 3]);
    expect(numbers(drawn.map(({ root }) => root.nonpresentPaths.length))).toEqual([0, 1, 2, 3]);
  });

  it("have ranges that begin below gfn 5,001 and go on for up to 2 GiB", () => {
    const { of } = draw();
    for (const workload of ["split", "enable"]) {
      const ranges = of(workload).map(
        ({ startGfn, endGfnExclusive }) => [startGfn, endGfnExclusive] as [number, number],
      );
      const starts = ranges.map(([start]) => start);
      const lengths = ranges.map(([start, end]) => end - start);
      expect([Math.min(...starts), Math.max(...starts) <= 5000, Math.max(...starts) > 4900]).toEqual([0, true, true]);
      expect([Math.min(...lengths), Math.max(...lengths) <= 2 ** 19]).toEqual([1, true]);
      expect(Math.max(...lengths)).toBeGreaterThan(2 ** 19 - 2 ** 14);
    }
  });

  it("have slots that begin at one of the first hundred words and are as long as their masks", () => {
    const { of } = draw();
    const slots = of("clear").map(({ slotBaseGfn, npages, masks }) => {
      expect(npages).toBe(64 * (masks as string[]).length);
      return slotBaseGfn as number;
    });
    expect(numbers(slots.map((base) => base % 64))).toEqual([0]);
    expect([Math.min(...slots), Math.max(...slots)]).toEqual([0, 6400]);
    const words = of("clear").flatMap(({ masks }) => (masks as string[]).map(BigInt));
    expect(words.some((word) => word >= 2n ** 63n)).toBe(true);
    expect(words.every((word) => word < 2n ** 64n)).toBe(true);
  });

  it("have no huge page across an edge of a slot, and every other that was drawn", () => {
    const { of } = draw();
    const across = (root: Drawn["root"], gfn: number) =>
      root.leaves.filter((run) => {
        const pages = 512 ** (run.level - 1);
        return run.gfn < gfn && gfn < run.gfn + run.count * pages && (gfn - run.gfn) % pages !== 0;
      });
    const huge = (root: Drawn["root"], gfn: number) =>
      root.leaves.filter(({ level, gfn: first, count }) => {
        const end = first + count * 512 ** (level - 1);
        return level > 1 && (end === gfn || first === gfn);
      });
    let touching = 0;
    for (const { root, startGfn, endGfnExclusive, slotBaseGfn, npages } of [...of("enable"), ...of("clear")]) {
      const start = (startGfn ?? slotBaseGfn) as number;
      for (const edge of [start, (endGfnExclusive as number | undefined) ?? start + (npages as number)]) {
        expect(across(root, edge)).toEqual([]);
        touching += huge(root, edge).length;
      }
      for (const { count } of root.leaves) expect(count).toBeGreaterThan(0);
    }
    expect(touching).toBeGreaterThan(0);
    // Splits have ranges of their own, that may begin and end within a leaf.
    const cut = of("split").filter(({ root, startGfn }) => across(root, startGfn as number).length > 0);
    expect(cut.length).toBeGreaterThan(0);
  });
});
