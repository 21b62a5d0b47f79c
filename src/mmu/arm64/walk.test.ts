import { describe, expect, it } from "vitest";
import { newWalkCounts } from "./counts.js";
import { MARK_HI } from "./descriptor.js";
import { layoutOf } from "./layout.js";
import type { Arm64Scenario } from "./scenario.js";
import { Stage2 } from "./stage2.js";
import { strategies } from "./strategies/index.js";
import { type Visitor, Walker } from "./walk.js";
import {
  CONTINUE,
  EAGAIN,
  EINVAL,
  WALK_IGNORE_EAGAIN,
  WALK_LEAF,
  WALK_SKIP_LEVEL0,
  WALK_TABLE_POST,
  WALK_TABLE_PRE,
  type WalkRules,
} from "./walkRules.js";

const byId = new Map(strategies.map((strategy) => [strategy.id, strategy]));

function guest(segments: Arm64Scenario["memslots"][0]["segments"], base = "0x40000000", id = "baseline"): Stage2 {
  const stage2 = new Stage2(
    layoutOf({
      granule: "4K",
      ipaBits: 40,
      memslots: [{ base, segments }],
      dirtyLog: { mode: "enable", chunk: "1G" },
    }),
    byId.get(id)!,
  );
  for (const segment of stage2.layout.slots[0]!.segments) stage2.populator.map(segment, 0, Number.POSITIVE_INFINITY);
  return stage2;
}

/** A walk that writes down its visitor calls: kind, level and IPA. */
function recorded(stage2: Stage2, rules: Partial<WalkRules>, leafCode = CONTINUE) {
  const calls: string[] = [];
  const call = (kind: string, { level, entryGfn }: Walker) =>
    calls.push(`${kind} ${level} 0x${(entryGfn * 4096).toString(16)}`);
  const visitor: Visitor = {
    leaf: (walker) => {
      call("leaf", walker);
      return leafCode;
    },
    tablePre: (walker) => {
      call("pre", walker);
      return CONTINUE;
    },
    tablePost: (walker) => {
      call("post", walker);
      return CONTINUE;
    },
  };
  const counts = newWalkCounts();
  const all: WalkRules = { flags: WALK_LEAF, maxLevel: 3, skips: "structured", ...rules };
  const walker = new Walker(stage2.geometry, stage2.mem, all, visitor, counts);
  return { walker, calls, counts };
}

describe("a walk", () => {
  it("calls for a table before and after what is below it, where both are asked for", () => {
    const { walker, calls } = recorded(guest([{ map: "4K", size: "8K" }]), {
      flags: WALK_LEAF | WALK_TABLE_PRE | WALK_TABLE_POST,
    });
    expect(walker.walk(0x40000, 0x40002)).toBe(0);
    expect(calls).toEqual([
      "pre 1 0x40000000",
      "pre 2 0x40000000",
      "leaf 3 0x40000000",
      "leaf 3 0x40001000",
      "post 2 0x40000000",
      "post 1 0x40000000",
    ]);
  });

  it("with SKIP_LEVEL3 still makes its POST calls for tables whose entries it leaves out", () => {
    const { walker, calls, counts } = recorded(
      guest([
        { map: "4K", size: "2M" },
        { map: "2M", size: "2M" },
      ]),
      {
        flags: WALK_LEAF | WALK_TABLE_POST | (WALK_SKIP_LEVEL0 << 3),
      },
    );
    expect(walker.walk(0x40000, 0x40400)).toBe(0);
    expect(calls).toEqual(["post 2 0x40000000", "leaf 2 0x40200000", "post 1 0x40000000"]);
    expect([...counts.inspected]).toEqual([0, 1, 2, 0]);
  });

  it("refuses to skip the level that it starts at, and looks at nothing", () => {
    const { walker, calls, counts } = recorded(guest([{ map: "2M", size: "2M" }]), {
      flags: WALK_LEAF | (WALK_SKIP_LEVEL0 << 1),
    });
    expect(walker.walk(0x40000, 0x40200)).toBe(EINVAL);
    expect({ calls, inspected: [...counts.inspected] }).toEqual({ calls: [], inspected: [0, 0, 0, 0] });
  });

  it("steps over a hole at level 1 in one visit", () => {
    const { walker, calls } = recorded(guest([{ map: "4K", size: "4K" }]), {});
    walker.walk(0x80000, 0xc0000);
    expect(calls).toEqual(["leaf 1 0x80000000"]);
  });

  it("that begins in the middle of a block steps to the block's end", () => {
    const { walker, calls } = recorded(guest([{ map: "2M", size: "4M" }]), {});
    walker.walk(0x40100, 0x40201);
    expect(calls).toEqual(["leaf 2 0x40000000", "leaf 2 0x40200000"]);
  });

  it("ends with the visitor's error, and passes over -EAGAIN only where it is told to", () => {
    const blocks = guest([{ map: "2M", size: "4M" }]);
    const stops = recorded(blocks, {}, EAGAIN);
    expect([stops.walker.walk(0x40000, 0x40400), stops.calls.length]).toEqual([EAGAIN, 1]);
    const goesOn = recorded(blocks, { flags: WALK_LEAF | WALK_IGNORE_EAGAIN }, EAGAIN);
    expect([goesOn.walker.walk(0x40000, 0x40400), goesOn.calls.length]).toEqual([0, 2]);
  });

  it("crosses from one concatenated root table into the next", () => {
    const { walker, calls } = recorded(guest([{ map: "1G", size: "2G" }], "0x7fc0000000"), {});
    walker.walk(0x7fc0000, 0x8040000);
    expect(calls).toEqual(["leaf 1 0x7fc0000000", "leaf 1 0x8000000000"]);
  });
});

describe("the mark of split-mark", () => {
  const marked = (stage2: Stage2, level: 1 | 2): boolean => {
    const { mem } = stage2;
    const slot1 = 1;
    if (level === 1) return (mem.words[2 * slot1 + 1]! & MARK_HI) !== 0;
    const table = mem.childOf(mem.words[2 * slot1]!, mem.words[2 * slot1 + 1]!);
    return (mem.words[2 * table * 512 + 1]! & MARK_HI) !== 0;
  };

  it("is there where only pages are mapped below, holes or not", () => {
    const stage2 = guest(
      [
        { map: "4K", size: "1M" },
        { map: "hole", size: "1M" },
      ],
      "0x40000000",
      "split-mark",
    );
    expect([marked(stage2, 1), marked(stage2, 2)]).toEqual([true, true]);
  });

  it("goes, on the way up, when a block is mapped below a marked table", () => {
    const stage2 = guest([{ map: "4K", size: "2M" }], "0x40000000", "split-mark");
    expect(marked(stage2, 1)).toBe(true);
    stage2.populator.map({ startGfn: 0x40200, endGfn: 0x40400, level: 2, writeProtected: false }, 0, 0x80000);
    expect([marked(stage2, 1), marked(stage2, 2)]).toEqual([false, true]);
  });

  it("comes when the last block below is split, not before, for one store more", () => {
    const stage2 = guest(
      [
        { map: "4K", size: "2M" },
        { map: "2M", size: "4M" },
      ],
      "0x40000000",
      "split-mark",
    );
    stage2.split(0x40200, 0x40400);
    expect([marked(stage2, 1), stage2.counts.split.pteStores]).toEqual([false, 2]);
    stage2.split(0x40400, 0x40600);
    expect([marked(stage2, 1), stage2.counts.split.pteStores]).toEqual([true, 5]);
  });

  it("keeps the next walk out", () => {
    const stage2 = guest([{ map: "4K", size: "4M" }], "0x40000000", "split-mark");
    stage2.split(0x40000, 0x40400);
    expect([...stage2.counts.split.inspected]).toEqual([0, 1, 0, 0]);
  });
});
