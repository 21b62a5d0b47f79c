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
