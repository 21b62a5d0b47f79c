import { describe, expect, it } from "vitest";
import { named } from "../../testing/strategies.js";
import { x86Tdp } from "./mmu.js";
import { type TdpTraceEvent, tracing } from "./trace.js";
import { tdpTraceWords as words } from "./traceWords.js";
import type { WalkState } from "./walkState.js";

/** Two 4K pages, and a 2M page. */
const root = {
  rootLevel: 4,
  leaves: [
    { gfn: 0, level: 1, count: 2 },
    { gfn: 512, level: 2, count: 1 },
  ],
};

function told(written: object, id: string, limit?: number): TdpTraceEvent[] {
  const events: TdpTraceEvent[] = [];
  const bound = x86Tdp.parse({ mmu: "x86-tdp", root, ...written }, "told");
  const strategy = named(x86Tdp, id);
  bound.trace!(strategy, (event) => events.push(event as TdpTraceEvent), limit === undefined ? {} : { limit });
  return events;
}

const texts = (events: readonly TdpTraceEvent[]) => events.map((event) => words.text(event));

/** The second page of the first table is cleared, then the first two pages of the 2M page. */
const CLEAR = {
  workload: "clear",
  slotBaseGfn: 0,
  npages: 1024,
  masks: Array.from({ length: 16 }, (_, i) => (i === 0 ? "0x2" : i === 8 ? "0x3" : "0x0")),
  pml: false,
};

const toLevel2 = (entry: string) => [
  "level 4 [0] table",
  "into the table of level 3",
  "level 3 [0] table",
  "into the table of level 2",
  entry,
];
const toTop = ["up to level 3 [0]", "up to level 4 [0]", "end"];

describe("a trace of the TDP MMU", () => {
  it("tells a clear word by word, with its steps, splits and restarts", () => {
    expect(texts(told(CLEAR, "used-bitmap"))).toEqual([
      "word 0: gfns 1 to 1",
      ...["split", "write-protect"].flatMap((step) => [step, ...toLevel2("level 2 [0] table"), "end"]),
      "clear masked",
      ...toLevel2("level 2 [0] table"),
      "into the table of level 1",
      "level 1 [1] leaf",
      "lost its writable bit",
      "up to level 2 [0]",
      "end",
      "word 8: gfns 512 to 513",
      "split",
      ...toLevel2("level 2 [1] leaf"),
      "drops mmu_lock for a page table",
      "restarts at the root, from 0x200000",
      ...toLevel2("level 2 [1] leaf"),
      "split",
      ...toTop,
      ...[1, 2].flatMap(() => ["write-protect", ...toLevel2("level 2 [1] table"), ...toTop]),
      "clear masked",
      ...toLevel2("level 2 [1] table"),
      "into the table of level 1",
      "level 1 [0] leaf",
      "lost its writable bit",
      "level 1 [1] leaf",
      "lost its writable bit",
      "level 1 [2] leaf",
    ]);
  });

  it("tells enabling with PML as two walks, the second not below 2M", () => {
    const enable = { workload: "enable", pml: true, eager: false };
    const lost = (bit: string) => [...toLevel2("level 2 [1] leaf"), `lost its ${bit} bit`, ...toTop];
    const events = told({ ...enable, root: { ...root, leaves: root.leaves.slice(1) } }, "used-bitmap");
    expect(texts(events)).toEqual(["clear_dirty", ...lost("dirty"), "wrprot_min_level_2", ...lost("writable")]);
    const phases = events.map(({ phase }) => phase);
    expect(phases).toEqual([...new Array(10).fill("clear_dirty"), ...new Array(10).fill("wrprot_min_level_2")]);
  });

  it("tells what a zap passes over, yields for, steps over and frees", () => {
    const zap = { workload: "zap", hostMaxphyaddr: 32 };
    expect(texts(told({ ...zap, reschedEveryNPolls: 3 }, "used-count")).slice(0, 21)).toEqual([
      "root 0: zap level 1",
      ...toLevel2("level 2 [0] table"),
      "into the table of level 1",
      "level 1 [0] leaf",
      "zapped",
      "level 1 [1] leaf",
      "zapped",
      "up to level 2 [0]",
      "level 2 [1] leaf",
      "yields, to go on from 0x200000",
      "restarts at the root, from 0x200000",
      ...toLevel2("level 2 [1] leaf"),
      "level 2 [2] non-present, passed over",
    ]);
    const zaps = told({ ...zap, workload: "zap" }, "baseline").filter(({ event }) => event === "zap");
    expect(texts(zaps)).toEqual([
      "zapped",
      "zapped",
      "zapped, with 1 table",
      "zapped",
      "zapped, with 1 table",
      "zapped, with 1 table",
    ]);
    const aside = told(zap, "skip-not-present").find(({ event }) => event === "aside")!;
    expect([words.text(aside), words.fold!(aside), words.place!(aside)]).toEqual([
      "stepped over 32, now at [34]",
      "stepped over non-present entries of level 1",
      "0x22000",
    ]);
  });

  it("tells a livelock by the furthest place that the walk comes to", () => {
    const zap = { workload: "zap", hostMaxphyaddr: 32, reschedEveryNPolls: 1 };
    const events = told(zap, "skip-not-present-posted").filter(({ event }) => event === "livelock");
    expect(texts(events)).toEqual([
      "livelock: here before, with nothing changed since, at 0x21000",
      "livelock: here before, with nothing changed since, at 0x4200000",
    ]);
  });

  it("tells of tables that hold nothing that they are not entered", () => {
    const empty = { rootLevel: 4, leaves: [], nonpresentPaths: [{ gfn: 0, level: 1 }] };
    const events = told({ workload: "zap", hostMaxphyaddr: 32, root: empty }, "used-bitmap");
    expect(texts(events).slice(0, 8)).toEqual([
      "root 0: zap level 1",
      "level 4 [0] table",
      "into the table of level 3",
      "level 3 [0] table",
      "into the table of level 2",
      "level 2 [0] table",
      "the table of level 1 is not entered",
      "up to level 3 [0]",
    ]);
  });

  it("is as JSON what the step is about, a place only where it has one", () => {
    const json = told(CLEAR, "used-bitmap").map((event) => words.json!(event));
    const at = { phase: "split", level: 2, gpa: "0x200000" };
    expect(json[1]).toEqual({ event: "step", phase: "split", text: "split", step: "split" });
    expect(json[2]).toEqual({
      event: "loop",
      phase: "split",
      text: "level 4 [0] table",
      level: 4,
      index: 0,
      gpa: "0x0",
      entry: "table",
      loops: 1,
      body: true,
    });
    expect(json[3]).toEqual({
      event: "descend",
      phase: "split",
      text: "into the table of level 3",
      level: 3,
      gpa: "0x0",
    });
    expect(json.find(({ event }) => event === "word")).toMatchObject({
      text: "word 0: gfns 1 to 1",
      index: 0,
      first: 1,
      last: 1,
    });
    expect(json.find(({ event }) => event === "lock-drop")).toEqual({
      event: "lock-drop",
      ...at,
      text: "drops mmu_lock for a page table",
      index: 1,
      entry: "leaf",
      loops: 3,
      why: "page table",
    });
    expect(json.find(({ event }) => event === "restart")).toEqual({
      event: "restart",
      ...at,
      text: "restarts at the root, from 0x200000",
      index: 1,
      entry: "leaf",
      loops: 3,
      mark: "0x200000",
    });
  });

  it("ends at its limit, and counts what it left out of it no less", () => {
    const all = told(CLEAR, "used-bitmap");
    for (const limit of [0, 1, 7, all.length, all.length + 1])
      expect(told(CLEAR, "used-bitmap", limit)).toEqual(all.slice(0, limit));
  });
});

describe("what makes trace events of steps", () => {
  /** A step of the walk at an entry. */
  const heard = (steps: readonly (readonly [event: string, level: number, fields?: object])[]) => {
    const events: TdpTraceEvent[] = [];
    const sink = tracing((event) => events.push(event), {});
    for (const [event, level, fields = {}] of steps)
      sink(event, { level, index: 7, gfn: 9, spte: 3, loops: 4 } as WalkState, fields as Record<string, number>);
    return events.map(({ event, phase, level }) => `${phase}: ${event}${level === undefined ? "" : ` ${level}`}`);
  };

  it("adds a descent where a loop is a level below the step before, within a walk", () => {
    expect(
      heard([
        ["loop", 4],
        ["loop", 3],
        ["loop", 3],
        ["up", 4],
        ["zap", 3],
        ["loop", 2],
        ["step", 4, { step: "split" }],
        ["loop", 1],
        ["pass", 4, { zapLevel: 3 }],
        ["loop", 2],
        ["word", 2],
        ["loop", 1],
      ]),
    ).toEqual([
      "walk: loop 4",
      "walk: descend 3",
      "walk: loop 3",
      "walk: loop 3",
      "walk: up 4",
      "walk: zap 3",
      "walk: descend 2",
      "walk: loop 2",
      "split: step",
      "split: loop 1",
      "zap level 3: pass",
      "zap level 3: loop 2",
      "zap level 3: word",
      "zap level 3: loop 1",
    ]);
  });
});

describe("steps of a trace in a row", () => {
  const at = { index: 1, gfn: 512, spte: 3, loops: 5 };
  const of = (event: string, fields: TdpTraceEvent["fields"] = {}, level = 2, spte = 3): TdpTraceEvent => ({
    event,
    phase: "walk",
    level,
    at: { ...at, spte },
    fields,
  });
  const [LEAF, TABLE, NONE] = [3, 1, 0];

  it("are folded where they differ in their place alone", () => {
    const same = words.sameFold!;
    const loop = of("loop", { body: true });
    expect(same(loop, { ...loop, at: { ...at, index: 400, gfn: 7, loops: 99 } })).toBe(true);
    expect(same(loop, of("loop", { body: false }))).toBe(false);
    expect(same(loop, of("loop", { body: true }, 3))).toBe(false);
    expect(same(loop, of("loop", { body: true }, 2, TABLE))).toBe(false);
    expect(same(of("loop", {}, 2, NONE), of("loop", {}, 2, TABLE))).toBe(false);
    expect(same(loop, of("zap", { body: true }))).toBe(false);
    expect(same(of("zap", { tablesFreed: 1 }), of("zap", { tablesFreed: 1, x: 1 }))).toBe(true);
    expect(same(of("zap", { tablesFreed: 1 }), of("zap", { tablesFreed: 2 }))).toBe(false);
    expect(same(of("yield", { mark: 1 }), of("yield", { mark: 2 }))).toBe(true);
    expect(same(of("clear-bit", { bit: "dirty" }), of("clear-bit", { bit: "dirty" }))).toBe(true);
    expect(same(of("clear-bit", { bit: "dirty" }), of("clear-bit", { bit: "writable" }))).toBe(false);
  });

  it.each<[TdpTraceEvent, fold: string, text: string]>([
    [of("word", { index: 8, first: 512, last: 513 }), "word", "word 8: gfns 512 to 513"],
    [of("yield", { mark: 512 }), "yield", "yields, to go on from 0x200000"],
    [of("restart", { mark: 512 }), "restart", "restarts at the root, from 0x200000"],
    [of("livelock", { mark: 33 }), "livelock", "livelock: here before, with nothing changed since, at 0x21000"],
    [of("end"), "end", "end"],
    [of("pass", { root: 1, zapLevel: 3 }), "root 1: zap level 3", "root 1: zap level 3"],
    [of("step", { step: "clear masked" }), "clear masked", "clear masked"],
    [of("loop", { body: true }, 2, LEAF), "level 2 leaf", "level 2 [1] leaf"],
    [of("loop", { body: true }, 2, TABLE), "level 2 table", "level 2 [1] table"],
    [of("loop", { body: false }, 2, NONE), "level 2 non-present, passed over", "level 2 [1] non-present, passed over"],
    [of("descend"), "into a table of level 2", "into the table of level 2"],
    [of("up"), "up to level 2", "up to level 2 [1]"],
    [of("aside", { skipped: 5 }), "stepped over non-present entries of level 2", "stepped over 5, now at [1]"],
    [
      of("retry"),
      "level 2: its cmpxchg fails, for another party changed the entry: tries again",
      "its cmpxchg fails, for another party changed the entry: tries again",
    ],
    [
      of("lock-drop", { why: "page table" }),
      "level 2: drops mmu_lock for a page table",
      "drops mmu_lock for a page table",
    ],
    [of("zap", { tablesFreed: 0 }), "level 2: zapped", "zapped"],
    [of("zap", { tablesFreed: 1 }), "level 2: zapped, with 1 table", "zapped, with 1 table"],
    [of("zap", { tablesFreed: 2 }), "level 2: zapped, with 2 tables", "zapped, with 2 tables"],
    [of("clear-bit", { bit: "dirty" }), "level 2: lost its dirty bit", "lost its dirty bit"],
    [
      of("not-entered", { table: 1 }),
      "level 2: the table of level 1 is not entered",
      "the table of level 1 is not entered",
    ],
    [of("split"), "level 2: split", "split"],
  ])("read as the step and, folded, as its kind: $event", (event, fold, text) => {
    expect([words.fold!(event), words.text(event)]).toEqual([fold, text]);
  });

  it("have a place where they are about an entry", () => {
    expect([words.place!(of("loop")), words.place!({ ...of("step"), at: null })]).toEqual(["0x200000", ""]);
  });
});
