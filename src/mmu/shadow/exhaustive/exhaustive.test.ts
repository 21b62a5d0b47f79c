import { describe, expect, it } from "vitest";
import { mergeExhaustive, searchExhaustively } from "../../../verify/exhaustive.js";
import type { ExhaustiveSearch } from "../../exhaustive.js";
import { x86Shadow } from "../mmu.js";
import { ShadowMmu } from "../shadow.js";
import { builtIn, strategies } from "../strategies/index.js";
import type { ShadowStrategy } from "../strategy.js";
import type { SmallGuest } from "./guests.js";
import { shadowExhaustive } from "./index.js";
import { SMALL_FAULTS, type SmallFault } from "./judge.js";
import { type MakeShadowMmu, Session, smallCapacity } from "./session.js";

const whole = x86Shadow.exhaustive!("small") as ExhaustiveSearch<ShadowStrategy>;
const first = (units: number): ExhaustiveSearch<ShadowStrategy> => ({ ...whole, units });

/** Several parents of each kind, and more descriptors taken than a cache holds. */
const GUEST: SmallGuest = { giant: "ab", huge: ["aab", "ab", "aaaa", ""], pages: "all" };

/** Kinds of faults of a strategy on {@link GUEST}, on an MMU with a fault. */
function kindsWith(makeMmu: MakeShadowMmu, strategy: ShadowStrategy = builtIn.exact): string[] {
  const found = new Set<string>();
  new Session(strategy, makeMmu).try(GUEST, (kinds) => {
    for (const kind of kinds) found.add(kind);
  });
  return [...found];
}

/** Makes an MMU whose splits are changed. */
function splitting(change: (mmu: ShadowMmu, splitAll: ShadowMmu["splitAll"]) => ShadowMmu["splitAll"]): MakeShadowMmu {
  return (...given) => {
    const mmu = new ShadowMmu(...given);
    mmu.splitAll = change(mmu, mmu.splitAll.bind(mmu));
    return mmu;
  };
}

const DAMAGES: readonly (readonly [what: string, kind: SmallFault, makeMmu: MakeShadowMmu])[] = [
  [
    "fills its cache for fewer descriptors than a split can take",
    "split-cache-empty",
    (guest, geometry) => new ShadowMmu(guest, { ...geometry!, minDescriptors: 3 }),
  ],
  [
    "leaves 2M pages",
    "unsplit-huge-page",
    splitting((_, split) => (policy, options) => split(policy, { ...options, targetLevel: 2 })),
  ],
  [
    "splits 2M pages that were to stay",
    "split-below-target",
    splitting((_, split) => (policy, options) => split(policy, { ...options, targetLevel: 1 })),
  ],
  [
    "does not see the limit of MMU pages",
    "mmu-pages-exceeded",
    splitting(
      (_, split) =>
        (policy, { availableMmuPages: _limit, ...options }) =>
          split(policy, options),
    ),
  ],
  [
    "loses a role",
    "roles-changed",
    splitting((mmu, split) => (policy, options) => {
      split(policy, options);
      mmu.roles.fill(0);
    }),
  ],
  [
    "never makes use of a table that is there",
    "shadow-pages-miscounted",
    splitting((mmu, split) => (policy, options) => {
      split(policy, options);
      mmu.counts.newShadowPages++;
      mmu.counts.headers.allocated++;
      mmu.counts.pages.allocated++;
    }),
  ],
  [
    "counts a split that was none",
    "splits-miscounted",
    splitting((mmu, split) => (policy, options) => {
      split(policy, options);
      mmu.counts.splits1g++;
    }),
  ],
  [
    "loses a descriptor",
    "split-caches-unaccounted",
    splitting((mmu, split) => (policy, options) => {
      split(policy, options);
      mmu.counts.descriptors.left--;
    }),
  ],
  [
    "finds a resched due at every poll",
    "livelock",
    splitting((_, split) => (policy, options) => split(policy, { ...options, reschedEvery: 1 })),
  ],
  [
    "tops its caches up for nothing",
    "topped-up-needlessly",
    splitting((mmu, split) => (policy, options) => {
      split(policy, options);
      mmu.counts.topupCalls += 100;
    }),
  ],
];

describe("the exhaustive search of the shadow MMU", () => {
  it.each(strategies.map((strategy) => [strategy.id, strategy] as const))("calls %s right", (_, strategy) => {
    const check = first(60).check(strategy);
    for (let unit = 0; unit < 60; unit++) check.unit(unit);
    expect(check.faults()).toEqual([]);
    expect(kindsWith((...given) => new ShadowMmu(...given), strategy)).toEqual([]);
  });

  it("counts in its text and its figures what it tries", () => {
    const check = first(3).check(builtIn.double);
    for (let unit = 0; unit < 3; unit++) check.unit(unit);
    expect(check.combinations).toBe(3 * 72);
    expect(x86Shadow.exhaustive!("small").text).toBe(
      "all 15,552 guests of 16 pages whose 1G frame (16 pages) has one of 4 lists of SPTEs (none a aa ab, by role), " +
        "whose four 2M frames (4 pages) have each one of 6 (none a aa ab aab aaaa), and whose 4K pages are mapped not " +
        "at all, at the first of each 2M frame, or all; in tables of 4 entries, with descriptors of 3 SPTEs, caches " +
        "of 2 pages, and descriptor caches scaled with their minimum, 5; split to 4K and to 2M, with a resched due " +
        "never or at every 2nd to 5th or 7th poll (at every poll nothing is ever split), and no limit of MMU pages " +
        "or 5 to 9 of them; and 70 guests of the real geometry, slots on and off the grids, frames with as many " +
        "SPTEs as fill descriptors",
    );
    expect(whole.combinations).toBe(15_552 * 72 + 70);
  });

  it("scales the capacities of strategies so that they remain three", () => {
    const ids = ["exact", "default-capacity", "double"] as const;
    expect(ids.map((id) => smallCapacity(builtIn[id].policy.descriptorCapacity))).toEqual([5, 6, 10]);
  });

  it("says what was wrong of which guest, and has it at full size where it is seen there", () => {
    /** Loses a descriptor of all that is split in one way. */
    const faultOf = (unit: number, targetLevel: number, reschedEvery: number, availableMmuPages?: number) => {
      const seen: object[] = [];
      const search = shadowExhaustive(
        "small",
        (scenario) => {
          seen.push(scenario);
          return () => [{ code: "split-caches-unaccounted", count: 3, data: {} }];
        },
        splitting((mmu, split) => (policy, options) => {
          split(policy, options);
          const { targetLevel: target, reschedEvery: every = 0, availableMmuPages: limit } = options;
          if (target === targetLevel && every === reschedEvery && limit === availableMmuPages)
            mmu.counts.descriptors.left--;
        }),
      );
      const check = search.check(builtIn.exact);
      check.unit(unit);
      return { fault: check.faults()[0], seen };
    };
    // The heaviest of all guests.
    const { fault, seen } = faultOf(15_551, 1, 0);
    expect(fault).toMatchObject({
      kind: "split-caches-unaccounted",
      ofLinux: true,
      words: "SPTEs by role: 1G frame ab, 2M frames aaaa, aaaa, aaaa, aaaa, all 4K pages; split to 4K",
      finding: { code: "split-caches-unaccounted", count: 3, data: {} },
      scenario: seen[0],
    });
    expect(seen[0]).toMatchObject({
      mmu: "x86-shadow",
      slot: { baseGfn: 0, npages: 2 ** 18 },
      targetLevel: 1,
      reschedEvery: 0,
    });
    expect(seen[0]).not.toHaveProperty("availableMmuPages");
    const limited = faultOf(1, 2, 4, 7);
    expect(limited.fault!.words).toBe(
      "SPTEs by role: 1G frame none, 2M frames none, none, none, a, no 4K pages; split to 2M; a resched at every 4th " +
        "poll; 7 MMU pages",
    );
    expect(limited.seen[0]).toEqual({
      mmu: "x86-shadow",
      slot: { baseGfn: 0, npages: 2 ** 18 },
      mappings: [{ gfn: 1536, count: 1, level: 2, role: 0, copies: 1 }],
      targetLevel: 2,
      reschedEvery: 4,
      availableMmuPages: 7,
    });
  });

  it("passes on what is no fault of an MMU", () => {
    const broken = splitting(() => () => {
      throw new RangeError("no such list");
    });
    expect(() => kindsWith(broken)).toThrow("no such list");
  });

  it("has an example of each fault that it can find", () => {
    expect(DAMAGES.map(([, kind]) => kind).toSorted()).toEqual(SMALL_FAULTS.toSorted());
  });

  it.each(DAMAGES)("finds an MMU that %s", (_, kind, makeMmu) => {
    expect(kindsWith(makeMmu)).toContain(kind);
  });

  it("gives the whole's verdict from its shards", async () => {
    const search = first(7);
    const options = { mmu: "x86-shadow", modelVersion: 1, strategies: [...strategies] };
    const all = await searchExhaustively(search, options);
    const shares = await Promise.all(
      [1, 2].map(async (index) => ({
        path: `part-${index}.json`,
        result: await searchExhaustively(search, { ...options, shard: { index, count: 2 } }),
      })),
    );
    expect(mergeExhaustive(shares)).toEqual(all);
  });
});
