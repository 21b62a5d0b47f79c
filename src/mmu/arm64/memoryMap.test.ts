import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { times } from "../../testing/nightly.js";
import type { MemoryMap } from "../contract.js";
import { totalAt } from "../counters.js";
import { arm64 } from "./mmu.js";
import { strategies } from "./strategies/index.js";

const strategy = (id: string) => strategies.find((one) => one.id === id)!;
const file = (name: string) => arm64.parse(JSON.parse(readFileSync(`scenarios/${name}.json`, "utf8")), name);
const sum = (figures: readonly number[]) => figures.reduce((a, b) => a + b, 0);
const allBins = (map: MemoryMap, pick: (bins: MemoryMap["slots"][number]["bins"]) => readonly number[]) =>
  map.slots.flatMap(({ bins }) => pick(bins));

it("shows what the first proposal passed over: blocks before, the same blocks after, nearly nothing inspected", () => {
  const { memoryMap, counts } = file("fault-passed-over-1g").run(strategy("skip-return-rfc"), { map: { bins: 512 } });
  const [{ bins, binBytes }] = memoryMap!.slots as [MemoryMap["slots"][number]];
  expect(binBytes).toBe(2 ** 21);
  expect(bins.before).toEqual([3, ...new Array(511).fill(2)]);
  expect(bins.after).toEqual(bins.before);
  expect(bins.unsplit).toEqual([false, ...new Array(511).fill(true)]);
  expect(sum(bins.inspected)).toBe(totalAt(counts, "split/inspected"));
  expect(bins.inspected[0]).toBeGreaterThan(511);
});

it("shows that a right strategy leaves pages everywhere", () => {
  const { memoryMap } = file("fault-passed-over-1g").run(strategy("max-level"), { map: { bins: 100 } });
  expect(new Set(memoryMap!.slots[0]!.bins.after)).toEqual(new Set([3]));
  expect(memoryMap!.slots[0]!.bins.unsplit).not.toContain(true);
  expect(memoryMap!.slots[0]!.bins.after.length).toBeLessThanOrEqual(100);
});

it("counts every entry once, marks a bin where a block is unsplit, and changes no count, for any layout and window", () => {
  fc.assert(
    fc.property(
      arm64.random!(fc),
      fc.constantFrom(...strategies),
      fc.constantFrom(2 ** 30, Number.POSITIVE_INFINITY),
      (scenario, one, windowBytes) => {
        const plain = arm64.parse(scenario, "random").run(one, { digest: false, windowBytes });
        const { memoryMap, ...outcome } = arm64
          .parse(scenario, "random")
          .run(one, { digest: false, windowBytes, map: { bins: 64 } });
        expect(outcome).toEqual(plain);
        const inspected = allBins(memoryMap!, (bins) => bins.inspected);
        expect(sum(inspected)).toBe(totalAt(plain.counts, "split/inspected"));
        const unsplit = memoryMap!.slots.some(({ bins }) => bins.unsplit.includes(true));
        // Blocks that baseline leaves too (a cache too short, a mask that misses them) are no
        // fault, but no pages either.
        if (plain.findings.some(({ code }) => code === "unsplit-block")) expect(unsplit).toBe(true);
      },
    ),
    { numRuns: times(50, 300), seed: 12 },
  );
});

it("gives one map whether the tree is kept whole or comes and goes by regions", () => {
  fc.assert(
    fc.property(arm64.random!(fc), fc.constantFrom(...strategies), (scenario, one) => {
      const of = (windowBytes: number) =>
        arm64.parse(scenario, "random").run(one, { digest: false, windowBytes, map: { bins: 40 } }).memoryMap;
      expect(of(2 ** 30)).toEqual(of(Number.POSITIVE_INFINITY));
    }),
    { numRuns: times(35, 200), seed: 5 },
  );
});
