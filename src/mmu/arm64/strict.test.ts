import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { times } from "../../testing/nightly.js";
import { wholeSlot } from "../flow/regions.js";
import { MARK_HI } from "./descriptor.js";
import { enableDirtyLogging } from "./dirtyLog.js";
import { layoutOf } from "./layout.js";
import { arm64 } from "./mmu.js";
import { randomLayouts } from "./random.js";
import type { Arm64Scenario } from "./scenario.js";
import { Stage2 } from "./stage2.js";
import { strategies } from "./strategies/index.js";
import { auditTables, StrictWatch } from "./strict.js";
import { RegionedGuest } from "./windows.js";

const byId = new Map(strategies.map((strategy) => [strategy.id, strategy]));

const guest: Arm64Scenario = {
  granule: "4K",
  ipaBits: 40,
  memslots: [{ base: "0x401fe000", segments: [{ map: "2M", size: "8M" }] }],
  dirtyLog: { mode: "enable", chunk: "1G" },
};

/** A finished tree that can still be spoilt before strict mode looks at it. */
function finished(id: string) {
  const stage2 = new Stage2(layoutOf(guest), byId.get(id)!);
  const regions = new RegionedGuest(stage2, Number.POSITIVE_INFINITY, false);
  regions.buildAll();
  const watch = new StrictWatch(stage2);
  enableDirtyLogging(stage2, wholeSlot);
  return { stage2, regions, watch };
}

describe("strict runs", () => {
  it.each(strategies.map(({ id }) => id))("of %s count entry by entry what fast runs count", (id) => {
    fc.assert(
      fc.property(randomLayouts(fc), (scenario) => {
        const fast = arm64.parse(scenario, "test").run(byId.get(id)!);
        const strict = arm64.parse(scenario, "test").run(byId.get(id)!, { strict: true });
        expect(strict.counts).toEqual(fast.counts);
      }),
      { numRuns: times(12, 100), seed: 11 },
    );
  });

  it("find nothing where all is right", () => {
    const { stage2, regions, watch } = finished("split-mark");
    regions.finishAll();
    expect([...watch.findings(regions, true), ...auditTables(stage2)]).toEqual([]);
  });

  it("see a table that is linked twice", () => {
    const { stage2 } = finished("baseline");
    const { mem } = stage2;
    const level2 = mem.childOf(mem.words[2]!, mem.words[3]!);
    const slot = level2 * 512;
    mem.words[2 * (slot + 2)] = mem.words[2 * (slot + 1)]!;
    mem.words[2 * (slot + 2) + 1] = mem.words[2 * (slot + 1) + 1]!;
    expect(auditTables(stage2)).toEqual([
      { code: "table-linked-twice", count: 1, data: { ipa: "0x40400000", level: 2 } },
    ]);
  });

  it("see a mark that says what is not so", () => {
    const { stage2 } = finished("split-mark");
    const { mem } = stage2;
    mem.words[3]! &= ~MARK_HI;
    expect(auditTables(stage2)).toEqual([{ code: "mark-inexact", count: 1, data: { ipa: "0x40000000", level: 1 } }]);
  });

  it("see a block that is gone without its TLBI", () => {
    const { stage2, regions, watch } = finished("baseline");
    stage2.counts.tlbi[2]!--;
    regions.finishAll();
    expect(watch.findings(regions, true).map(({ code, count }) => [code, count])).toEqual([["tlbi-not-one", 1]]);
  });

  it("see a block that is broken twice", () => {
    const { stage2, regions, watch } = finished("baseline");
    stage2.splitVisitor.onBreak!(2, 0x40200, 0x40200);
    regions.finishAll();
    expect(watch.findings(regions, true)).toMatchObject([
      { code: "tlbi-not-one", data: { ipa: "0x40200000", level: 2 } },
    ]);
  });

  it("see entries that are read after their table was left, and others beside the walk's address", () => {
    const pages = [{ base: "0x40000000", segments: [{ map: "4K", size: "4M" }] }];
    const of = (memslots: Arm64Scenario["memslots"]) =>
      arm64
        .parse({ ...guest, memslots }, "test")
        .run(byId.get("skip-return-rfc")!, { strict: true })
        .findings.filter(({ code }) => code.startsWith("read-"));
    expect(of(pages)).toEqual([
      {
        code: "read-after-leave",
        count: 1,
        data: { level: 3, index: 1, entry: "0x40001000", table: "0x40000000", addr: "0x40200000" },
      },
    ]);
    expect(of([{ base: "0x401fe000", segments: [{ map: "2M", size: "2060K" }] }])).toMatchObject([
      { code: "read-after-leave", count: 1, data: { level: 3, index: 511 } },
      { code: "read-beside-address", count: 1, data: { level: 2, index: 1, entry: "0x40200000", addr: "0x40400000" } },
    ]);
  });

  it("tell blocks that were passed over from blocks that splitting made and left", () => {
    const causes = (scenario: Arm64Scenario) =>
      arm64
        .parse(scenario, "test")
        .run(byId.get("skip-return-rfc")!, { strict: true })
        .findings.map(({ data }) => data.cause);
    const two = [{ base: "0x401fe000", segments: [{ map: "2M", size: "2056K" }] }];
    expect(causes({ ...guest, memslots: two })).toContain("passed-over");
    const giant = [{ base: "0x40000000", segments: [{ map: "1G", size: "1G" }] }];
    expect(causes({ ...guest, memslots: giant, dirtyLog: { mode: "enable", chunk: "2M" } })).toEqual([
      "left-in-new-table",
    ]);
  });
});

describe("with a cache too short for a level-1 block, and partial masks", () => {
  const scenario: Arm64Scenario = {
    ...guest,
    memslots: [
      {
        base: "0x40000000",
        segments: [{ map: "1G", size: "1G" }],
        dirty: {
          runs: [
            [5, 1],
            [262_143, 1],
          ],
        },
      },
    ],
    dirtyLog: { mode: "clear", chunk: "2M" },
  };

  it("baseline is right to leave the blocks that no mask meets", () => {
    const { counts, findings } = arm64.parse(scenario, "test").run(byId.get("baseline")!, { strict: true });
    expect(findings).toEqual([]);
    expect(counts.final).toMatchObject({ unsplitBlocks: 510, firstUnsplitIpa: "0x40200000" });
  });

  it("a block that a mask meets must be split", () => {
    const { findings } = arm64.parse(scenario, "test").run(byId.get("skip-new-table-naive")!);
    expect(findings).toMatchObject([{ code: "unsplit-block", count: 1, data: { ipa: "0x40000000", level: 2 } }]);
  });

  it("with a cache long enough all of it must be split", () => {
    const { counts } = arm64
      .parse({ ...scenario, dirtyLog: { mode: "clear", chunk: "1G" } }, "test")
      .run(byId.get("baseline")!);
    expect(counts.final).toMatchObject({ unsplitBlocks: 0 });
  });
});
