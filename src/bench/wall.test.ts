import { describe, expect, it } from "vitest";
import type { TimedPart } from "../mmu/contract.js";
import { CountsDiffer, measureWall } from "./wall.js";

function part(id: string, log: string[], counts: () => Record<string, number> = () => ({ n: 1 })): TimedPart {
  return { id, title: id, reset: () => log.push(`reset ${id}`), work: () => log.push(`work ${id}`), counts };
}

describe("measureWall", () => {
  it("lays a fresh copy before each work, works once a sample, and lets strategies take turns", async () => {
    const log: string[] = [];
    const runs = new Map([
      ["a", { parts: [part("a", log)] }],
      ["b", { parts: [part("b", log)] }],
    ]);
    const samples = await measureWall(runs, { rounds: 2 }, async () => undefined);
    expect(samples.get("a")!.get("a")).toHaveLength(2);
    // Three rounds of warm-up and two that count; the order moves on by one each round.
    const a = ["reset a", "work a"];
    const b = ["reset b", "work b"];
    expect(log).toEqual([...b, ...a, ...a, ...b, ...b, ...a, ...a, ...b, ...b, ...a]);
  });

  it("refuses counters that differ between repeats", async () => {
    let n = 0;
    const runs = new Map([["a", { parts: [part("a", [], () => ({ n: n++ }))] }]]);
    await expect(measureWall(runs, { rounds: 3 }, async () => undefined)).rejects.toThrow(CountsDiffer);
  });

  it("takes at least six samples where a time is given, however short", async () => {
    const runs = new Map([["a", { parts: [part("p", [])] }]]);
    const samples = await measureWall(runs, { timeMs: 0.001 }, async () => undefined);
    expect(samples.get("a")!.get("p")!.length).toBeGreaterThanOrEqual(6);
  });
});
