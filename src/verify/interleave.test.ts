import { describe, expect, it } from "vitest";
import { CHUNKS } from "../mmu/arm64/interleave/guests.js";
import { arm64Interleave, UNITS } from "../mmu/arm64/interleave/index.js";
import type { Makers } from "../mmu/arm64/interleave/vm.js";
import { Stage2 } from "../mmu/arm64/stage2.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { UnmapVisitor } from "../mmu/arm64/unmap.js";
import type { Strategy } from "../mmu/contract.js";
import { GUESTS, SCRIPTS } from "../mmu/interleave/guests.js";
import type { InterleaveFault, InterleaveSearch } from "../mmu/interleave.js";
import { UNITS as TDP_UNITS } from "../mmu/tdp/interleave/guests.js";
import { tdpInterleave } from "../mmu/tdp/interleave/index.js";
import { TdpIter } from "../mmu/tdp/iter.js";
import { x86Tdp } from "../mmu/tdp/mmu.js";
import { strategyFrom as tdpStrategyFrom } from "../mmu/tdp/strategy.js";
import { searchInterleavings } from "./interleave.js";

const arm64 = (id: string) => strategies.find((strategy) => strategy.id === id)!;
const tdp = (id: string) => x86Tdp.strategies.find((strategy) => strategy.id === id)!;

function everyUnit<T extends Parameters<InterleaveSearch["check"]>[0]>(search: InterleaveSearch<T>, strategy: T) {
  const check = search.check(strategy);
  for (let unit = 0; unit < search.units; unit++) check.unit(unit);
  return check;
}

const kinds = (check: ReturnType<InterleaveSearch["check"]>) => check.faults().map(({ kind }) => kind);

const ONE = { actions: 1, dirtyTracking: "faults" } as const;
const NONE = { ...ONE, actions: 0 } as const;
const TWO = { ...ONE, actions: 2 } as const;

describe("interleavings on arm64", () => {
  it("find what the RFC's walks leave unsplit, and that all others are right with any one action", () => {
    // Every guest with every script, one chunk each.
    const units = UNITS.filter(({ guest, script, chunk }) => {
      const chunks = UNITS.filter((unit) => unit.guest === guest && unit.script === script).map((unit) => unit.chunk);
      return chunk === chunks[GUESTS.indexOf(guest) % chunks.length];
    });
    const search = arm64Interleave(ONE, units);
    const found = Object.fromEntries(
      strategies.map((strategy) => [strategy.id, kinds(everyUnit(search, strategy))] as const),
    );
    expect(Object.entries(found).filter(([, faults]) => faults.length > 0)).toEqual([
      ["skip-return-rfc", ["unsplit-block", "tlbi-wrong-ipa"]],
      ["skip-new-table-naive", ["unsplit-block"]],
    ]);
  });

  it("find nothing wrong with split-mark's state with any two actions where tables are made and freed again", () => {
    const again = SCRIPTS.find(({ id }) => id === "again")!;
    const units = [GUESTS[0]!, GUESTS[2]!].map((guest) => ({ guest, script: again, chunk: CHUNKS[1]! }));
    const check = everyUnit(arm64Interleave(TWO, units), arm64("split-mark"));
    expect(check.runs).toBeGreaterThan(10_000);
    expect(check.faults()).toEqual([]);
  });

  it("call an unsplit block a dirty page lost where hardware tracks pages", () => {
    const hardware = { actions: 1, dirtyTracking: "hardware" } as const;
    const naive = everyUnit(arm64Interleave(hardware, UNITS.slice(0, 8)), arm64("skip-new-table-naive"));
    expect(kinds(naive)).toEqual(["dirty-page-lost/unsplit-block"]);
    expect(everyUnit(arm64Interleave(hardware, UNITS.slice(0, 8)), arm64("baseline")).faults()).toEqual([]);
  });

  it("try the empty schedule, each action alone, then each pair in order", () => {
    const units = [UNITS[0]!];
    const runs = (actions: number) => everyUnit(arm64Interleave({ ...ONE, actions }, units), arm64("baseline")).runs;
    expect(runs(0)).toBe(1);
    const one = runs(1) - 1;
    // Two actions: at different places in one order, at the same place in both.
    expect(runs(2) - runs(1)).toBeGreaterThan((one * one) / 2);
    expect(runs(2) - runs(1)).toBeLessThan(one * one);
  });

  const faulty = (makers: Makers, id: string, units = UNITS.slice(0, 16)) =>
    everyUnit(arm64Interleave(ONE, units, makers), arm64(id));

  it("find an unmap that forgets the marks, by a schedule in which the host takes memory away", () => {
    class Forgetful extends UnmapVisitor {
      protected override blockGone(): void {}
    }
    const check = faulty({ unmap: (stage2) => new Forgetful(stage2) }, "split-mark");
    const [fault] = check.faults();
    expect(fault!.kind).toBe("mark-inexact");
    expect(fault!.schedule).toHaveLength(1);
    expect(fault!.schedule[0]!.action).toMatch(/^the host takes/);
    expect(faulty({ unmap: (stage2) => new Forgetful(stage2) }, "max-level").faults()).toEqual([]);
  });

  it("find an unmap that leaves its last page mapped", () => {
    class Short extends UnmapVisitor {
      override unmap(start: number, end: number): void {
        super.unmap(start, end - 1);
      }
    }
    expect(kinds(faulty({ unmap: (stage2) => new Short(stage2) }, "baseline"))).toContain("still-mapped");
  });

  it("find a table that is taken out and not freed", () => {
    class Leaky extends UnmapVisitor {
      constructor(stage2: Stage2) {
        super(stage2);
        stage2.mem.release = () => {};
      }
    }
    expect(kinds(faulty({ unmap: (stage2) => new Leaky(stage2) }, "baseline"))).toContain("tables-not-linked");
  });

  it("find a write-protect that stops a page early, although nobody acts", () => {
    class Early extends Stage2 {
      override writeProtect(start: number, end: number): void {
        super.writeProtect(start, end - 1);
      }
    }
    const check = faulty({ stage2: (layout, rules) => new Early(layout, rules) }, "baseline");
    expect(check.faults()[0]).toMatchObject({ kind: "dirty-page-lost/next-write", schedule: [] });
  });
});

describe("interleavings on x86", () => {
  const zaps = TDP_UNITS.filter(({ script }) => script.steps.includes("zap"));
  const clears = TDP_UNITS.filter(({ script, pml }) => script.steps.includes("clear-first") && !pml);

  it("find the livelock of the posted patch, and none in any other strategy", () => {
    const found = x86Tdp.strategies.map(
      (strategy) => [strategy.id, kinds(everyUnit(tdpInterleave(ONE, zaps), strategy))] as const,
    );
    expect(found.filter(([, faults]) => faults.length > 0)).toEqual([["skip-not-present-posted", ["livelock"]]]);
  });

  it("find the page that a clear misses, by its next write and by a write between ioctls, off the word grid alone", () => {
    const faults = everyUnit(tdpInterleave(ONE, clears), tdp("baseline")).faults();
    expect(faults.map(({ kind, schedule }) => [kind, schedule.map(({ action }) => action)])).toEqual([
      ["dirty-page-lost/written", ["a vCPU writes page 512"]],
      ["dirty-page-lost/next-write", []],
    ]);
    for (const { units, finding } of faults) {
      expect(units.map((unit) => [clears[unit]!.guest.startGfn, clears[unit]!.eager])).toEqual([[449, false]]);
      expect(finding.data.gpa).toBe("0x200000");
    }
  });

  it("find that an iterator which passes over every second entry loses dirty pages", () => {
    const every2nd = tdpStrategyFrom({ id: "every-2nd", mmu: "x86-tdp", next: (_, index) => Math.min(512, index + 2) });
    const enable = TDP_UNITS.filter(({ script, pml }) => script.steps[0] === "enable" && !script.manual && !pml);
    const found = kinds(everyUnit(tdpInterleave(NONE, enable.slice(0, 1)), every2nd));
    expect(found).toContain("dirty-page-lost/next-write");
  });

  it("yields where a schedule says, and acts there", () => {
    const enables = TDP_UNITS.filter(({ script, policy }) => script.steps[0] === "enable" && policy === "chosen");
    for (const strategy of ["baseline", "only-present", "used-count", "used-bitmap"]) {
      const check = everyUnit(tdpInterleave(ONE, enables.slice(0, 1)), tdp(strategy));
      expect(check.faults()).toEqual([]);
      expect(check.runs).toBeGreaterThan(30);
    }
  });

  it("find that a count taken on entry misses what follows a page that another vCPU maps under the read lock", () => {
    const holes = TDP_UNITS.filter(({ guest, pml }) => guest.id === "hole" && !pml);
    const found = ["baseline", "only-present", "used-count", "used-bitmap"].map((id) => {
      const faults = everyUnit(tdpInterleave(ONE, holes), tdp(id)).faults();
      return [id, faults.map(({ kind, schedule }) => [kind, schedule.map(({ action }) => action)])];
    });
    expect(Object.fromEntries(found)).toEqual({
      baseline: [],
      "only-present": [],
      "used-count": [["dirty-page-lost/next-write", ["a vCPU writes page 512"]]],
      "used-bitmap": [],
    });
  });

  it("find a split that goes on although its cmpxchg has failed", () => {
    const original = TdpIter.prototype.lostRace;
    TdpIter.prototype.lostRace = () => false;
    try {
      const holes = TDP_UNITS.filter(({ guest, eager, pml }) => guest.id === "hole" && eager && !pml);
      const [fault] = everyUnit(tdpInterleave(ONE, holes), tdp("baseline")).faults();
      expect(fault!.kind).toBe("tables-not-linked");
      expect(fault!.schedule[0]!.action).toBe("a vCPU writes page 1024");
    } finally {
      TdpIter.prototype.lostRace = original;
    }
  });
});

describe("the search", () => {
  const clears = TDP_UNITS.filter(({ script, pml, eager }) => script.steps.includes("clear-first") && !pml && !eager);
  const call = {
    ...NONE,
    mmu: "x86-tdp",
    modelVersion: 1,
    baseline: tdp("baseline"),
    strategies: [tdp("used-count"), tdp("baseline")],
  };

  it("tells what baseline shows on the same guests as the kernel's, not as a strategy's fault", async () => {
    const { strategies: verdicts } = await searchInterleavings(tdpInterleave(NONE, clears), call);
    for (const { faults, kernelFaults, failing } of verdicts) {
      expect(faults).toEqual([]);
      expect(kernelFaults.map(({ kind }) => kind)).toEqual(["dirty-page-lost/next-write"]);
      expect(failing).toBeGreaterThan(0);
    }
  });

  /**
   * A search in which each unit takes ten runs, and every strategy has the faults of a table: by
   * kind, the units that show it.
   */
  function searchOf(units: number, faults: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>) {
    const tried: string[] = [];
    const search = {
      text: "three guests",
      units,
      unitIds: [],
      subject: () => null,
      check: ({ id }: Strategy) => {
        let runs = 0;
        return {
          get runs() {
            return runs;
          },
          failing: 7,
          unit: (index: number) => {
            tried.push(`${id}${index}`);
            runs += 10;
          },
          faults: (which: (kind: string, unit: number) => boolean = () => true) =>
            Object.entries(faults[id] ?? {})
              .map(
                ([kind, those]) =>
                  ({ kind, units: those.filter((unit) => which(kind, unit)) }) as unknown as InterleaveFault,
              )
              .filter(({ units: those }) => those.length > 0),
        };
      },
    } satisfies InterleaveSearch;
    return { search, tried };
  }

  const base = { id: "base", source: "builtin" } as Strategy;
  const mine = { id: "mine", source: "./mine.mjs" } as Strategy;
  const calls = { ...NONE, mmu: "toy", modelVersion: 3, baseline: base };

  it("tries every strategy, and baseline unasked, unit by unit, and tells how far it is after each", async () => {
    const { search, tried } = searchOf(2, {});
    const told: [share: number, runs: number][] = [];
    await searchInterleavings(search, {
      ...calls,
      strategies: [mine],
      progress: (...now) => told.push(now),
    });
    expect(tried).toEqual(["base0", "mine0", "base1", "mine1"]);
    expect(told).toEqual([
      [0.25, 10],
      [0.5, 20],
      [0.75, 30],
      [1, 40],
    ]);
  });

  it("says of each strategy which faults are its own and which baseline shows on the same guests", async () => {
    const { search, tried } = searchOf(3, {
      base: { lost: [0, 1], stuck: [2] },
      mine: { lost: [1, 2], stuck: [2], own: [0] },
    });
    const result = await searchInterleavings(search, { ...calls, strategies: [mine, base] });
    expect(tried).toEqual(["mine0", "base0", "mine1", "base1", "mine2", "base2"]);
    expect(result).toEqual({
      schemaVersion: 1,
      kind: "s2split-interleave",
      modelVersion: 3,
      mmu: "toy",
      actions: 0,
      dirtyTracking: "faults",
      text: "three guests",
      units: 3,
      unitsTried: 3,
      partial: false,
      strategies: [
        {
          strategy: "mine",
          source: "user",
          runs: 30,
          failing: 7,
          faults: [
            { kind: "lost", units: [2] },
            { kind: "own", units: [0] },
          ],
          kernelFaults: [
            { kind: "lost", units: [1] },
            { kind: "stuck", units: [2] },
          ],
        },
        {
          strategy: "base",
          source: "builtin",
          runs: 30,
          failing: 7,
          faults: [],
          kernelFaults: [
            { kind: "lost", units: [0, 1] },
            { kind: "stuck", units: [2] },
          ],
        },
      ],
    });
  });

  it("is stopped after a unit, within which others have their turns", async () => {
    let stopped = false;
    setImmediate(() => {
      stopped = true;
    });
    const { search, tried } = searchOf(3, {});
    const result = await searchInterleavings(search, { ...calls, strategies: [base], stopped: () => stopped });
    expect(tried).toEqual(["base0"]);
    expect(result).toMatchObject({ unitsTried: 1, partial: true });
    const last = await searchInterleavings(searchOf(1, {}).search, {
      ...calls,
      strategies: [base],
      stopped: () => true,
    });
    expect(last).toMatchObject({ unitsTried: 1, partial: false });
  });

  it("says how far it got where it is stopped", async () => {
    const result = await searchInterleavings(tdpInterleave(NONE, clears), { ...call, stopped: () => true });
    expect(result).toMatchObject({ partial: true, unitsTried: 1, units: clears.length });
  });
});
