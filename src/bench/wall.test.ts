import { describe, expect, it, vi } from "vitest";
import type { TimedPart } from "../mmu/contract.js";
import { CountsDiffer, measureWall, type SampleSpec } from "./wall.js";

function part(id: string, log: string[], counts: () => Record<string, number> = () => ({ n: 1 })): TimedPart {
  return { id, title: id, reset: () => log.push(`reset ${id}`), work: () => log.push(`work ${id}`), counts };
}

/** Measures one part, "ioctl", on a clock that only its work moves. */
async function onClock(spec: SampleSpec, made: (tick: (ms: number) => void) => Partial<TimedPart>) {
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
  const tick = (ms: number) => {
    now += ms;
  };
  const shares: number[] = [];
  const runs = new Map([["a", { parts: [{ ...part("ioctl", []), ...made(tick) }] }]]);
  const samples = await measureWall(runs, spec, async (share) => void shares.push(share));
  clock.mockRestore();
  return { samples: Object.fromEntries(samples.get("a")!), shares };
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
    log.length = 0;
    const third = new Map([...runs, ["c", { parts: [part("c", log), part("d", log)] }]]);
    await measureWall(third, { rounds: 2 }, async () => undefined);
    const order = log.filter((_, i) => i % 2 === 1).map((work) => work.slice("work ".length));
    expect(order.join("")).toBe("bcdacdabdabcabcdbcda");
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

  it("gives the whole and its phase in nanoseconds, of one clock that has milliseconds", async () => {
    const { samples } = await onClock({ rounds: 1 }, (tick) => ({
      phase: { id: "split", title: "split" },
      work: (phaseBegins) => {
        tick(5);
        phaseBegins();
        tick(3);
      },
    }));
    expect(samples).toEqual({ split: [3e6], ioctl: [8e6] });
  });

  it("takes a phase for none that takes no time by the clock", async () => {
    const phase = { id: "split", title: "split" };
    const { samples } = await onClock({ rounds: 2 }, () => ({ phase, work: (phaseBegins) => phaseBegins() }));
    expect(samples).toEqual({ split: [0, 0], ioctl: [0, 0] });
  });

  it("gives no phase of a part that has none, although its work says where one begins", async () => {
    const { samples } = await onClock({ rounds: 1 }, (tick) => ({
      work: (phaseBegins) => {
        phaseBegins();
        tick(2);
      },
    }));
    expect(samples).toEqual({ ioctl: [2e6] });
  });

  it("tells after each round the share done, warm-up among it", async () => {
    const { shares } = await onClock({ rounds: 2 }, () => ({}));
    expect(shares).toEqual([0, 0.2, 0.4, 0.6, 0.8]);
  });

  it("samples for the time that is given, until a round ends on it or after it", async () => {
    const tickOne = (tick: (ms: number) => void) => ({ work: () => tick(1) });
    const on = await onClock({ timeMs: 10 }, tickOne);
    expect(on.shares).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
    expect(on.samples.ioctl).toHaveLength(7);
    const after = await onClock({ timeMs: 10.5 }, tickOne);
    expect(after.shares.slice(9)).toEqual([10 / 10.5, 1]);
    expect(after.samples.ioctl).toHaveLength(8);
  });

  it("fails where a part has a phase and does not say where it begins", async () => {
    const silent = { ...part("ioctl", []), phase: { id: "split", title: "split" } };
    const measured = measureWall(new Map([["a", { parts: [silent] }]]), { rounds: 1 }, async () => undefined);
    await expect(measured).rejects.toThrow("a/ioctl did not say where its phase begins");
  });

  it("refuses counters that differ between repeats", async () => {
    let n = 0;
    const runs = new Map([["a", { parts: [part("p", [], () => ({ n: n++ }))] }]]);
    await expect(measureWall(runs, { rounds: 3 }, async () => undefined)).rejects.toThrow(
      new CountsDiffer("a/p: counters differ between repeats"),
    );
  });

  it("throws what the work throws", async () => {
    const broken: TimedPart = {
      ...part("ioctl", []),
      work: () => {
        throw new RangeError("oh");
      },
    };
    const measured = measureWall(new Map([["a", { parts: [broken] }]]), { rounds: 1 }, async () => undefined);
    await expect(measured).rejects.toThrow(new RangeError("oh"));
  });

  it("takes six samples where a time is given that is over sooner", async () => {
    const { samples, shares } = await onClock({ timeMs: 0.5 }, (tick) => ({ work: () => tick(1) }));
    expect(samples).toEqual({ ioctl: Array(6).fill(1e6) });
    expect(shares).toEqual(Array(9).fill(1));
  });
});
