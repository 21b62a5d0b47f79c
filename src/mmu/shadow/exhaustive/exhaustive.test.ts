import { describe, expect, it } from "vitest";
import { mergeExhaustive, searchExhaustively } from "../../../verify/exhaustive.js";
import type { ExhaustiveSearch } from "../../exhaustive.js";
import { x86Shadow } from "../mmu.js";
import { ShadowMmu } from "../shadow.js";
import { builtIn, strategies } from "../strategies/index.js";
import type { ShadowStrategy } from "../strategy.js";
import type { SmallGuest } from "./guests.js";
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
    expect(whole.text).toContain("all 15,552 guests");
    expect(whole.combinations).toBe(15_552 * 72 + 70);
  });

  it("scales the capacities of strategies so that they remain three", () => {
    const ids = ["exact", "default-capacity", "double"] as const;
    expect(ids.map((id) => smallCapacity(builtIn[id].policy.descriptorCapacity))).toEqual([5, 6, 10]);
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
