import { describe, expect, it } from "vitest";
import type { TraceEvent } from "../contract.js";
import { totalAt } from "../counters.js";
import { riscv } from "./mmu.js";
import { strategies } from "./strategies/index.js";

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
  const events: TraceEvent[] = [];
  const traced = bound.trace!(strategy, (event) => events.push(event));
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
    const stale = of("lock-drop", "split").filter((event) => Number((event as { unflushed?: number }).unflushed) > 0);
    expect(stale).toHaveLength(totalAt(traced.counts, "split/staleDrops")!);
  });
});

it("a trace without write-protect tells none of it, and stops at its limit", () => {
  const events: TraceEvent[] = [];
  bound.trace!(strategies[0]!, (event) => events.push(event), { limit: 20, without: ["write-protect"] });
  expect(events).toHaveLength(20);
  expect(new Set(events.map(({ phase }) => phase))).toEqual(new Set(["split"]));
});
