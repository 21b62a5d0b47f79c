import { describe, expect, it } from "vitest";
import { median } from "../../stats/statistics.js";
import { splitOnly, writeProtectOnly } from "./dirtyLog.js";
import { layoutOf } from "./layout.js";
import { Stage2 } from "./stage2.js";
import { baseline } from "./strategies/baseline.js";
import { splitMark } from "./strategies/splitMark.js";
import { type SplitStrategy, strategyFrom } from "./strategy.js";
import { CONTINUE } from "./walkRules.js";
import { RegionedGuest } from "./windows.js";

/**
 * A million pages: one byte an entry would be a megabyte, one number on the heap a table 32 KiB.
 */
const SIZE = "4G";
/**
 * What four walks of 1 GiB may allocate around the entries, the two readings and V8's own notes
 * included.
 */
const AROUND_BYTES = 24 * 1024;
/**
 * For each of 2048 blocks that are split, a number or two where V8 has not optimised the outer
 * function yet: 0.06 bytes an entry.
 */
const SPLITTING_BYTES = AROUND_BYTES + 2048 * 32;

function guest(strategy: SplitStrategy, map: string, base: string, size = SIZE): Stage2 {
  const layout = layoutOf({
    granule: "4K",
    ipaBits: 44,
    memslots: [{ base, segments: [{ map, size }] }],
    dirtyLog: { mode: "enable", chunk: "1G" },
  });
  const stage2 = new Stage2(layout, strategy);
  new RegionedGuest(stage2, Number.POSITIVE_INFINITY, false).buildAll();
  return stage2;
}

/**
 * Bytes by which the heap grows during the work, round by round, in the steady state. Others may
 * add to it, and a collection between the readings takes from it: no single round is to be
 * believed.
 */
function* growths(stage2: Stage2, work: (stage2: Stage2) => void): Generator<number> {
  const before = stage2.snapshot();
  for (let round = 0; round < 40; round++) {
    stage2.restore(before);
    const start = process.memoryUsage().heapUsed;
    work(stage2);
    yield process.memoryUsage().heapUsed - start;
  }
}

/**
 * Whether there is no round that no collection has touched and that grows by no more than the
 * limit. All rounds are run: stopped at the first good one, V8 would meet the next guest with code
 * that is not through with the last, and keep a number on the heap for each table.
 */
function grows(limit: number, stage2: Stage2, work: (stage2: Stage2) => void): boolean {
  return ![...growths(stage2, work)].some((bytes) => bytes >= 0 && bytes <= limit);
}

const entryByEntry = strategyFrom({ id: "each", summary: "looks at every page", afterVisit: () => CONTINUE });

describe.each([
  ["low in the IPA space", "0x40000000"],
  ["beyond 8 TiB, where frames are larger than 31 bits", "0xa0000000000"],
])("memory that walks allocate, with a guest %s", (_where, base) => {
  it.each<[string, SplitStrategy, string, (stage2: Stage2) => void, number]>([
    ["the write-protect walk", baseline, "4K", writeProtectOnly, AROUND_BYTES],
    ["the split walk", baseline, "4K", splitOnly, AROUND_BYTES],
    ["a split walk that looks at every page", entryByEntry, "4K", splitOnly, AROUND_BYTES],
    ["the split walk under split-mark", splitMark, "4K", splitOnly, AROUND_BYTES],
    ["splitting 2M blocks", baseline, "2M", splitOnly, SPLITTING_BYTES],
    ["splitting 2M blocks under split-mark", splitMark, "2M", splitOnly, SPLITTING_BYTES],
  ])("%s allocates nothing an entry", (_what, strategy, map, work, limit) => {
    expect(grows(limit, guest(strategy, map, base), work)).toBe(false);
  });
});

it("the measure notices an object an entry", () => {
  const kept: { entryGfn: number }[] = [];
  const hoarding = strategyFrom({
    id: "hoarding",
    summary: "keeps a note of every page",
    afterVisit: ({ entryGfn }) => {
      kept.push({ entryGfn });
      return CONTINUE;
    },
  });
  const rounds = [...growths(guest(hoarding, "4K", "0x40000000", "16M"), splitOnly)];
  expect(median(rounds)).toBeGreaterThan(16 * 2 ** 12);
});
