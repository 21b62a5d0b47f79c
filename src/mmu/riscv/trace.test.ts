import { describe, expect, it } from "vitest";
import { totalAt } from "../counters.js";
import { riscv } from "./mmu.js";
import { strategies } from "./strategies/index.js";
import type { RiscvTraceEvent } from "./trace.js";

const bound = riscv.parse(
  {
    gstage: "sv48x4",
    memslots: [
      {
        base: "0x401ff000",
        segments: [
          { map: "4K", size: "4K" },
          { map: "2M", size: "68M" },
          { map: "hole", size: "4M" },
        ],
      },
    ],
    dirtyLog: { mode: "clear", reschedEveryNPolls: 40 },
  },
  "test",
);

describe.each(strategies)("a trace of $id", (strategy) => {
  const events: RiscvTraceEvent[] = [];
  const traced = bound.trace!(strategy, (event) => events.push(event as RiscvTraceEvent));
  const of = (event: string, phase: string) => events.filter((one) => one.event === event && one.phase === phase);

  it("counts what the run counts", () => {
    expect(traced).toEqual(bound.run(strategy));
  });

  it("tells each entry, split, store, flush and lock drop that is counted", () => {
    const { counts } = traced;
    expect(of("entry", "split")).toHaveLength(totalAt(counts, "split/inspected")!);
    expect(of("split", "split")).toHaveLength(totalAt(counts, "split/splits")!);
    expect(of("lock-drop", "split")).toHaveLength(totalAt(counts, "split/lockDrops")!);
    expect(of("protect", "write-protect")).toHaveLength(totalAt(counts, "writeProtect/stores")!);
    expect(events.filter(({ event }) => event === "flush")).toHaveLength(totalAt(counts, "flush/requests")!);
  });

  it("says at a lock drop how many splits are unflushed", () => {
    const stale = events.filter((one) => one.event === "lock-drop" && one.unflushed > 0);
    expect(stale).toHaveLength(totalAt(traced.counts, "split/staleDrops")!);
  });
});

it("a trace without write-protect tells none of it, and stops at its limit", () => {
  const events: RiscvTraceEvent[] = [];
  bound.trace!(strategies[0]!, (event) => events.push(event as RiscvTraceEvent), {
    limit: 20,
    without: ["write-protect"],
  });
  expect(events).toHaveLength(20);
  expect(new Set(events.map(({ phase }) => phase))).toEqual(new Set(["split"]));
});

describe("the words of a trace", () => {
  const { text, fold, json } = riscv.traceWords!;
  const step = { event: "entry", phase: "split", level: 1, index: 1, gfn: 0x40200, kind: "leaf" } as const;

  it("say where a step is, and fold it without", () => {
    expect([text(step), fold!(step)]).toEqual(["level 1 [1] 0x40200000 leaf of 2M", "level 1 leaf of 2M"]);
    expect(json!(step)).toMatchObject({ event: "entry", index: 1, gpa: "0x40200000", kind: "leaf" });
  });

  it("say of a lock drop what it leaves unflushed", () => {
    const drop = { event: "lock-drop", phase: "split", gfn: 0x40000, resched: true, unflushed: 2 } as const;
    expect(text(drop)).toBe("drops mmu_lock to yield, 2 splits unflushed, at 0x40000000");
  });
});
