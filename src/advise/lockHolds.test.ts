import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseSize } from "../guest/sizes.js";
import { layoutOf } from "../mmu/arm64/layout.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import type { Counts } from "../mmu/counters.js";
import { atGoldenKeys } from "../testing/golden.js";
import { NIGHTLY } from "../testing/nightly.js";
import { extend, holdsOf } from "./holds.js";
import { recordHolds } from "./lockHolds.js";
import type { LockWork } from "./lockWork.js";

const folder = new URL("../testing/golden/arm64-split/", import.meta.url);

function guest(map: string, gib: number, mode: "enable" | "clear", chunk: string, base = "0x40000000"): Arm64Scenario {
  return {
    granule: "4K",
    ipaBits: 40,
    memslots: [{ base, segments: [{ map, size: `${gib}G` }] }],
    dirtyLog: { mode, chunk },
  };
}

function record(scenario: Arm64Scenario, strategy = "baseline") {
  return recordHolds(layoutOf(scenario), strategies.find((s) => s.id === strategy)!);
}

/** Pages of the granule that a guest has. */
function pagesOf({ granule, memslots }: Arm64Scenario): number {
  const bytes = memslots.flatMap(({ segments }) => segments).reduce((all, { size }) => all + parseSize(size), 0);
  return bytes / parseSize(granule);
}

function sum(works: readonly LockWork[]): LockWork {
  return works.reduce((a, b) => a.plus(b));
}

/** All pieces of a trace, in order. */
function pieces(trace: ReturnType<typeof record>): LockWork[] {
  return trace.takings.flatMap((taking) => taking.regions.flat());
}

function visits(holds: readonly LockWork[]): number[] {
  return holds.map((hold) => hold.visits).sort((a, b) => a - b);
}

describe("recordHolds", () => {
  it("leaves the counts of every golden file as they are, and its pieces add up to them", () => {
    for (const file of readdirSync(folder)) {
      const { scenario, expected } = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as {
        scenario: Arm64Scenario;
        expected: Record<string, Counts>;
      };
      if (!NIGHTLY && pagesOf(scenario) > 2 ** 17) continue;
      for (const id of file.startsWith("r-") ? ["baseline", "skip-return"] : ["baseline"]) {
        const trace = record(scenario, id);
        const { final: _, ...counts } = expected[id]!;
        expect(atGoldenKeys(trace.counts, counts), `${file} ${id}`).toEqual(counts);
        const total = sum(pieces(trace));
        const drops = trace.takings.reduce(
          (n, taking) => n + taking.regions.reduce((m, region) => m + region.length - 1, 0),
          0,
        );
        expect(drops, `${file} ${id}`).toBe((counts.split as { lockDrops: number }).lockDrops);
        const visited = (part: Counts): number => {
          const { valid, invalid } = part.visits as { valid: Counts; invalid: Counts };
          return [...Object.values(valid), ...Object.values(invalid)].reduce<number>((s, n) => s + Number(n), 0);
        };
        const split = counts.split as Counts;
        expect(total.visits, `${file} ${id}`).toBe(
          visited(counts.writeProtect as Counts) + visited(split) + visited(split.nested as Counts),
        );
      }
    }
  });

  it("holds the lock once for write-protection and once a chunk when enabling on blocks", () => {
    // 1G chunks of 2M blocks: 512 write-protect visits; each chunk 512 + 262144 split visits and
    // 262144 entries filled.
    const holds = holdsOf(record(guest("2M", 2, "enable", "1G")));
    expect(visits(holds)).toEqual([2 * 512, 512 + 2 * 262144]);
  });

  it("holds the lock through the whole slot, in each of the two walks, where there is nothing to split", () => {
    const holds = holdsOf(record(guest("4K", 2, "enable", "2M")));
    expect(visits(holds)).toEqual([2 * 262144, 2 * 262144]);
  });

  it("drops the lock about once a block when clearing, and holds it through all words when lazy", () => {
    const eager = holdsOf(record(guest("2M", 1, "clear", "2M")));
    // From the top-up before the second word of one block to the one before the second word of the
    // next.
    const rest = 7 * 64 + 6 * 64;
    const next = 1 + (1 + 64) + 512 + 64;
    expect(Math.max(...visits(eager))).toBe(rest + next);
    const lazy = record(guest("2M", 1, "clear", "0"));
    expect(holdsOf(lazy)).toHaveLength(1);
    expect(lazy.stretchesEnd).toBe(false);
  });

  it("never has a stretch longer than the longest hold", () => {
    for (const map of ["4K", "2M", "1G"]) {
      for (const mode of ["enable", "clear"] as const) {
        for (const chunk of ["0", "2M", "1G"]) {
          const trace = record(guest(map, 2, mode, chunk));
          const longest = Math.max(...visits(holdsOf(trace)));
          expect(Math.max(...visits(trace.stretches))).toBeLessThanOrEqual(longest);
        }
      }
    }
  });

  it("gives a 1G write-protect step or a chunk as the longest stretch when enabling on pages", () => {
    expect(Math.max(...visits(record(guest("4K", 3, "enable", "2M")).stretches))).toBe(262144);
    // The steps of write-protection have 512 blocks each; a chunk has its block, 512 pages visited
    // and 512 filled.
    expect(visits(record(guest("2M", 3, "enable", "2M")).stretches)).toEqual([512, 1 + 512 + 512]);
  });
});

describe("extend", () => {
  it("gives the holds of a larger guest as simulating it does", () => {
    for (const map of ["4K", "2M", "1G"]) {
      for (const mode of ["enable", "clear"] as const) {
        for (const chunk of ["0", "2M", "1G"]) {
          // By day each strategy has half of the cases.
          const ids = NIGHTLY ? ["baseline", "max-level"] : [chunk === "2M" ? "max-level" : "baseline"];
          for (const strategy of ids) {
            const small = record(guest(map, 3, mode, chunk), strategy);
            const large = record(guest(map, 5, mode, chunk), strategy);
            const extended = extend(small, 4);
            const name = `${map} ${mode} ${chunk} ${strategy}`;
            expect(extended, name).toBeDefined();
            const keys = (trace: typeof large) => [...new Set(holdsOf(trace).map((hold) => hold.key))].sort();
            expect(keys({ ...large, ...extended! }), name).toEqual(keys(large));
            if (small.stretchesEnd) {
              expect(Math.max(...visits(small.stretches)), name).toBe(Math.max(...visits(large.stretches)));
            }
          }
        }
      }
    }
  });

  it("refuses where the second and third region differ", () => {
    const scenario = guest("2M", 3, "enable", "1G");
    const mixed = {
      ...scenario,
      memslots: [
        {
          base: "0x40000000",
          segments: [
            { map: "2M", size: "2G" },
            { map: "4K", size: "1G" },
          ],
        },
      ],
    };
    expect(extend(record(mixed), 5)).toBeUndefined();
    // Also where the third is the second and more.
    const trace = record(guest("2M", 3, "clear", "0"));
    const [piece] = trace.takings[0]!.regions[0]!;
    const longer = { ...trace, takings: [{ regions: [[piece!], [piece!], [piece!, piece!]] }] };
    expect(extend(longer, 5)).toBeUndefined();
  });
});

describe("holds by region", () => {
  const segments = [
    { map: "2M", size: "6M" },
    { map: "4K", size: "2M" },
  ];
  /** Two slots, regions of 4 MiB: visits of each piece, and its words where ranges are words. */
  const trace = (mode: "enable" | "clear", chunk: string) => {
    const layout = layoutOf({
      granule: "4K",
      ipaBits: 40,
      memslots: [
        { base: "0x40000000", segments },
        { base: "0x80000000", segments: [{ map: "2M", size: "2M" }] },
      ],
      dirtyLog: { mode, chunk },
    });
    const { takings, stretches, stretchesEnd, counts, findings } = recordHolds(layout, strategies[0]!, 2 ** 22);
    expect(findings).toEqual([]);
    return {
      takings: takings.map(({ regions }) => regions.map((region) => visitsInOrder(region))),
      words: takings.map(({ regions }) => regions.map((region) => region.map((work) => wordsOf(work)))),
      stretches: visitsInOrder(stretches),
      stretchesEnd,
      lockDrops: (counts.split as Counts).lockDrops,
    };
  };
  const visitsInOrder = (works: readonly LockWork[]) => works.map((work) => work.visits);
  const wordsOf = (work: LockWork) => (work.counts().split as Counts).calls;
  const PAGES = 512;

  it("are one for write-protection and one for the split of each slot when enabling", () => {
    // Three blocks and the pages; the split begins with a top-up, and drops the lock before each
    // further block. The second slot has no need of one: the cache is full.
    const block = 1 + 2 * PAGES;
    expect(trace("enable", "2M")).toMatchObject({
      takings: [
        [[3 + PAGES]],
        [
          [0, block, block],
          [0, block, PAGES],
        ],
        [[1]],
        [[block]],
      ],
      stretches: [block, 3 + PAGES, PAGES, 1],
      stretchesEnd: true,
      lockDrops: 4,
    });
  });

  it("are those of write-protection alone where eager splitting is off", () => {
    expect(trace("enable", "0")).toMatchObject({
      takings: [[[3 + PAGES]], [[1]]],
      stretches: [3 + PAGES, 1],
      stretchesEnd: true,
      lockDrops: 0,
    });
  });

  it("are one a slot when clearing, with the words of each region", () => {
    expect(trace("clear", "0")).toEqual({
      // A word of a block is a visit, a word of pages 64.
      takings: [[[16], [8 + PAGES]], [[8]]],
      words: [[[16], [16]], [[8]]],
      stretches: [16 + 8 + PAGES, 8],
      // Nothing is split: there is no point at which the lock could be dropped.
      stretchesEnd: false,
      lockDrops: 0,
    });
    const { words, takings, lockDrops } = trace("clear", "2M");
    // Each block is visited, and split into a table whose words are then visited.
    expect(takings).toEqual([
      [
        [1, 641, 1474, 832],
        [642, 1856],
      ],
      [[642, 832]],
    ]);
    expect(words).toEqual([
      [
        [1, 1, 8, 6],
        [2, 14],
      ],
      [[2, 6]],
    ]);
    expect(lockDrops).toBe(5);
  });
});
