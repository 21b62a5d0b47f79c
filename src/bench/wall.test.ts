import { describe, expect, it, vi } from "vitest";
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

  it("takes a phase from the samples of the whole, so that it is never the longer of the two", async () => {
    let works = 0;
    const spin = (turns: number) => {
      for (let i = 0; i < turns; i++) works += Number.EPSILON;
    };
    const staged: TimedPart = {
      ...part("ioctl", []),
      phase: { id: "split", title: "split" },
      work: (phaseBegins) => {
        works++;
        spin(10_000);
        phaseBegins();
        spin(50_000);
      },
    };
    const samples = await measureWall(new Map([["a", { parts: [staged] }]]), { rounds: 8 }, async () => undefined);
    const [split, ioctl] = [samples.get("a")!.get("split")!, samples.get("a")!.get("ioctl")!];
    expect([...samples.get("a")!.keys()]).toEqual(["split", "ioctl"]);
    expect(Math.floor(works)).toBe(3 + 8);
    expect(split).toHaveLength(8);
    for (const [i, ns] of split.entries()) {
      expect(ns).toBeGreaterThan(0);
      expect(ns).toBeLessThanOrEqual(ioctl[i]!);
    }
  });

  it("gives a phase in nanoseconds, of a clock that has milliseconds", async () => {
    let now = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
    const staged: TimedPart = {
      ...part("ioctl", []),
      phase: { id: "split", title: "split" },
      work: (phaseBegins) => {
        phaseBegins();
        now += 3;
      },
    };
    const samples = await measureWall(new Map([["a", { parts: [staged] }]]), { rounds: 1 }, async () => undefined);
    clock.mockRestore();
    expect(samples.get("a")!.get("split")).toEqual([3e6]);
  });

  it("fails where a part has a phase and does not say where it begins", async () => {
    const silent = { ...part("ioctl", []), phase: { id: "split", title: "split" } };
    const measured = measureWall(new Map([["a", { parts: [silent] }]]), { rounds: 1 }, async () => undefined);
    await expect(measured).rejects.toThrow("a/ioctl did not say where its phase begins");
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
