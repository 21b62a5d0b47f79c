import { expect, it } from "vitest";
import type { RiscvTraceEvent } from "./trace.js";
import { riscvTraceWords as words } from "./traceWords.js";

const gfn = 0x40200;
const EVENTS: readonly (readonly [event: RiscvTraceEvent, text: string, fold: string])[] = [
  [
    { event: "walk", phase: "split", startGfn: gfn, endGfn: gfn + 512 },
    "split call: 0x40200000 to 0x40400000",
    "split call",
  ],
  [
    { event: "entry", phase: "split", level: 1, index: 3, gfn, kind: "leaf" },
    "level 1 [3] 0x40200000 leaf of 2M",
    "level 1 leaf of 2M",
  ],
  [
    { event: "entry", phase: "split", level: 2, index: 3, gfn, kind: "table" },
    "level 2 [3] 0x40200000 table",
    "level 2 table",
  ],
  [
    { event: "protect", phase: "write-protect", level: 1, gfn, changed: true },
    "write permission taken",
    "write permission taken",
  ],
  [
    { event: "protect", phase: "write-protect", level: 1, gfn, changed: false },
    "stored again, write-protected already",
    "stored again, write-protected already",
  ],
  [
    { event: "split", phase: "split", level: 2, gfn },
    "leaf of 1G becomes a table of 2M leaves, in one store",
    "leaf of 1G becomes a table of 2M leaves, in one store",
  ],
  [
    { event: "lock-drop", phase: "split", gfn, resched: true, unflushed: 0 },
    "drops mmu_lock to yield, at 0x40200000",
    "drops mmu_lock to yield",
  ],
  [
    { event: "lock-drop", phase: "split", gfn, resched: false, unflushed: 1 },
    "drops mmu_lock for pages, 1 split unflushed, at 0x40200000",
    "drops mmu_lock for pages, 1 split unflushed",
  ],
  [
    { event: "lock-drop", phase: "split", gfn, resched: false, unflushed: 2 },
    "drops mmu_lock for pages, 2 splits unflushed, at 0x40200000",
    "drops mmu_lock for pages, 2 splits unflushed",
  ],
  [
    { event: "flush", phase: "split", kind: "memslot", gfn, pages: 1024 },
    "flush (memslot) of 4M at 0x40200000",
    "flush (memslot) of 4M",
  ],
];

it.each(EVENTS)("a step reads whole, and without its place: %o", (event, text, fold) => {
  expect([words.text(event), words.fold!(event), words.place!(event)]).toEqual([text, fold, "0x40200000"]);
});

it("steps have the same fold exactly where that is said of them", () => {
  const others: RiscvTraceEvent[] = EVENTS.map(([event]) => ({
    ...event,
    ...(event.event === "walk" ? {} : { gfn: 1 }),
  }));
  for (const [a] of EVENTS) {
    for (const b of others) expect(words.sameFold!(a, b)).toBe(words.fold!(a) === words.fold!(b));
  }
});

it("JSON has addresses in hexadecimal, and each step's text", () => {
  expect(EVENTS.map(([event]) => words.json!(event))).toEqual(
    EVENTS.map(([event, text]) => {
      if (event.event === "walk")
        return { event: "walk", phase: "split", start: "0x40200000", end: "0x40400000", text };
      const { gfn: _, ...fields } = event;
      return { ...fields, gpa: "0x40200000", text };
    }),
  );
});
