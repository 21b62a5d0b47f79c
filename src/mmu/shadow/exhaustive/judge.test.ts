import { describe, expect, it } from "vitest";
import { ShadowMmu } from "../shadow.js";
import { guestAt, SMALL_SHADOW, type SmallGuest } from "./guests.js";
import { Judge, type Work } from "./judge.js";

const CAPACITY = 6;
const WHOLE: Work = { targetLevel: 1, reschedEvery: 0, availableMmuPages: null };
/** Two roles at 1G, and of each kind of 2M frame and 4K page one. */
const GUEST: SmallGuest = { giant: "ab", huge: ["aab", "", "b", "c"], pages: "first" };

/** What the judge says of a guest that was split, and damaged then. */
function judged(work: Work, damage: (mmu: ShadowMmu) => void = () => {}, guest = GUEST, done: Work = work) {
  const mmu = new ShadowMmu(guestAt(guest, SMALL_SHADOW.pages, 0), SMALL_SHADOW);
  const { targetLevel, reschedEvery, availableMmuPages } = done;
  const limit = availableMmuPages === null ? {} : { availableMmuPages };
  mmu.splitAll({ descriptorCapacity: CAPACITY }, { targetLevel, reschedEvery, ...limit });
  damage(mmu);
  return new Judge(guest).judge(mmu, work, CAPACITY);
}

describe("the judge of small nested guests", () => {
  it("calls a split right, to either size, with a schedule, and up to the limit of MMU pages", () => {
    expect(judged(WHOLE)).toEqual([]);
    expect(judged({ ...WHOLE, targetLevel: 2 })).toEqual([]);
    expect(judged({ ...WHOLE, reschedEvery: 3 })).toEqual([]);
    for (const availableMmuPages of [0, 5, 6, 7, 8, 9]) expect(judged({ ...WHOLE, availableMmuPages })).toEqual([]);
  });

  it("says nothing else of a split that never ends", () => {
    expect(judged(WHOLE, (mmu) => void mmu.counts.splits1g++, GUEST, { ...WHOLE, reschedEvery: 1 })).toEqual([
      "livelock",
    ]);
  });

  it("excuses huge pages that are left only where no MMU page could be made for them", () => {
    const stopped = { ...WHOLE, availableMmuPages: 8 };
    expect(judged(WHOLE, () => {}, GUEST, stopped)).toEqual(["unsplit-huge-page"]);
    // Three pages were made of the four that there might have been.
    expect(judged({ ...WHOLE, availableMmuPages: 9 }, () => {}, GUEST, stopped)).toEqual(["unsplit-huge-page"]);
    expect(judged({ ...WHOLE, availableMmuPages: 7 }, () => {}, GUEST, stopped)).toEqual(["mmu-pages-exceeded"]);
    expect(judged({ ...WHOLE, targetLevel: 2 }, () => {}, GUEST, { ...WHOLE, availableMmuPages: 5 })).toEqual([
      "unsplit-huge-page",
    ]);
  });

  it("counts a table for each role of a frame, and a split for each SPTE", () => {
    // Two roles at 1G make two tables, of four 2M entries each; the frames have two roles, three
    // in the last, and so nine tables.
    const down = new ShadowMmu(guestAt(GUEST, SMALL_SHADOW.pages, 0), SMALL_SHADOW);
    down.splitAll({ descriptorCapacity: CAPACITY }, { targetLevel: 1 });
    const { newShadowPages, splits1g, splits2m } = down.counts;
    expect([newShadowPages, splits1g, splits2m]).toEqual([2 + 9, 2, 8 + 5]);
    const also = (damage: (counts: ShadowMmu["counts"]) => void, work = WHOLE) =>
      judged(work, (mmu) => damage(mmu.counts));
    const page = (counts: ShadowMmu["counts"]) => {
      counts.newShadowPages++;
      counts.headers.allocated++;
      counts.pages.allocated++;
    };
    expect(also(page)).toEqual(["shadow-pages-miscounted"]);
    expect(also(page, { ...WHOLE, targetLevel: 2 })).toEqual(["shadow-pages-miscounted"]);
    expect(also((counts) => counts.splits1g--)).toEqual(["splits-miscounted"]);
    expect(also((counts) => counts.splits2m++)).toEqual(["splits-miscounted"]);
    expect(also((counts) => counts.splits2m++, { ...WHOLE, targetLevel: 2 })).toEqual([
      "splits-miscounted",
      "split-below-target",
    ]);
  });

  it("finds a role too few or too many at a single page", () => {
    const role = (frame: number, change: (mmu: ShadowMmu, list: number) => number) => (mmu: ShadowMmu) => {
      const pages = mmu.lists[1]!;
      pages[frame] = change(mmu, pages[frame]!);
    };
    for (const frame of [0, 1, 7, 15]) {
      expect(
        judged(
          WHOLE,
          role(frame, () => 0),
        ),
      ).toEqual(["roles-changed"]);
      expect(
        judged(
          WHOLE,
          role(frame, (mmu, list) => {
            mmu.roles[mmu.sptes] = 7;
            return mmu.pool.add(list, mmu.sptes);
          }),
        ),
      ).toEqual(["roles-changed"]);
    }
  });

  it("holds caches to what was put in, and top-ups to one for each split unless a resched is due", () => {
    const counts = (change: (counts: ShadowMmu["counts"]) => void, work = WHOLE) =>
      judged(work, (mmu) => change(mmu.counts));
    expect(counts((all) => all.headers.left++)).toEqual(["split-caches-unaccounted"]);
    const topUps = (of: number) => (all: ShadowMmu["counts"]) => {
      all.topupCalls = of;
    };
    expect(counts(topUps(15))).toEqual([]);
    expect(counts(topUps(16))).toEqual(["topped-up-needlessly"]);
    expect(counts(topUps(16), { ...WHOLE, reschedEvery: 2 })).toEqual([]);
    const filled = (left: number) => (all: ShadowMmu["counts"]) => {
      all.descriptors.allocated += left - all.descriptors.left;
      all.descriptors.left = left;
    };
    expect(counts(filled(CAPACITY))).toEqual([]);
    expect(counts(filled(CAPACITY + 1))).toEqual(["topped-up-needlessly"]);
  });
});
