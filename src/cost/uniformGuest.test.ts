import { describe, expect, it } from "vitest";
import { layoutOf } from "../mmu/arm64/layout.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { NIGHTLY } from "../testing/nightly.js";
import { termCounts } from "./terms.js";
import {
  countsOf,
  countsOfGuest,
  REGION,
  type RegionMemory,
  remember,
  simulatedPart,
  type UniformGuest,
  uniformScenario,
} from "./uniformGuest.js";

describe("countsOfGuest", () => {
  const sizes = [5 * REGION, 5 * REGION + 300 * 2 ** 20 + 4096];

  it("equals the whole simulation for every layout, mode and chunk under every strategy", () => {
    let scaled = 0;
    for (const map of ["4K", "2M", "1G"]) {
      for (const mode of ["enable", "clear"] as const) {
        for (const chunk of ["0", "2M", "1G"]) {
          // By day each strategy has half of the cases.
          for (const id of NIGHTLY
            ? ["baseline", "skip-return-rfc"]
            : [chunk === "2M" ? "skip-return-rfc" : "baseline"]) {
            const strategy = strategies.find((s) => s.id === id)!;
            const bytes = sizes[scaled % 2]!;
            const guest: UniformGuest = { granule: "4K", map, bytes, mode, chunk };
            const result = countsOfGuest(guest, strategy);
            const counts = countsOf(layoutOf(uniformScenario(guest)), strategy);
            const name = `${map} ${mode} ${chunk} ${id}`;
            expect(result.counts, name).toEqual(counts);
            expect(result.terms, name).toEqual(termCounts(counts));
            expect(result.scaled, name).toBe(true);
            scaled++;
          }
        }
      }
    }
  });

  it("equals the whole simulation where the tree begins at level 0", () => {
    // Beyond 1 TiB of IPA space the walk has a level more; 1G blocks keep the whole simulation
    // small.
    const guest: UniformGuest = { granule: "4K", map: "1G", bytes: 1100 * REGION, mode: "enable", chunk: "0" };
    expect(uniformScenario(guest).ipaBits).toBe(44);
    const strategy = strategies[0]!;
    const whole = termCounts(countsOf(layoutOf(uniformScenario(guest)), strategy));
    expect(countsOfGuest(guest, strategy).terms).toEqual(whole);
    expect(whole.flushes).toBe(Math.ceil((1100 * 2 ** 18) / 2 ** 21));
  });

  it("scales 16K and 64K granules alike", () => {
    for (const [granule, map] of [
      ["16K", "32M"],
      ["64K", "512M"],
    ] as const) {
      const guest: UniformGuest = { granule, map, bytes: 6 * REGION, mode: "enable", chunk: map };
      const whole = termCounts(countsOf(layoutOf(uniformScenario(guest)), strategies[0]!));
      expect(countsOfGuest(guest, strategies[0]!).terms).toEqual(whole);
    }
  });
});

describe("a uniform guest", () => {
  const guest: UniformGuest = { granule: "4K", map: "1G", bytes: 5 * REGION, mode: "clear", chunk: "2M" };
  const strategy = strategies[0]!;

  it("is a scenario of one slot behind the first GiB, in the narrowest IPA space that holds it", () => {
    expect(uniformScenario(guest)).toEqual({
      granule: "4K",
      ipaBits: 40,
      memslots: [{ base: "0x40000000", segments: [{ map: "1G", size: "5G" }] }],
      dirtyLog: { mode: "clear", chunk: "2M" },
    });
    const bits = (bytes: number) => uniformScenario(guest, bytes).ipaBits;
    const widths = [40, 44, 48].flatMap((width) => [2 ** width - REGION - 4096, 2 ** width - REGION].map(bits));
    expect(widths).toEqual([40, 40, 44, 44, 48, 48]);
    expect(bits(2 ** 40 - REGION + 4096)).toBe(44);
    expect(bits(2 ** 44 - REGION + 4096)).toBe(48);
    expect(() => bits(2 ** 48)).toThrow("memory 256T: beyond 48 IPA bits; expected less than 256T");
  });

  it("is simulated whole up to four regions, and of more three and what is over", () => {
    const part = (bytes: number) => simulatedPart({ ...guest, bytes }).bytes;
    expect([REGION, 4 * REGION, 5 * REGION - 4096].map(part)).toEqual([REGION, 4 * REGION, 5 * REGION - 4096]);
    expect([5 * REGION, 9 * REGION + 4096].map(part)).toEqual([3 * REGION, 3 * REGION + 4096]);
    const wide = { ...guest, bytes: 2 ** 41 };
    expect(simulatedPart(wide).scenario).toEqual({ ...uniformScenario(wide, 3 * REGION), ipaBits: 44 });
    const scaled = (bytes: number) => countsOfGuest({ ...guest, bytes }, strategy).scaled;
    expect([scaled(4 * REGION), scaled(5 * REGION)]).toEqual([false, true]);
  });

  it("says how much the split cache holds when the work is done", () => {
    const { cacheLeft, counts, terms } = countsOfGuest({ ...guest, bytes: REGION }, strategy);
    expect(cacheLeft).toBe(Number(Object(counts.split).cacheLeft));
    expect(cacheLeft).toBeGreaterThan(0);
    expect(terms).toEqual(termCounts(counts));
  });

  it("is not simulated where its counts are remembered, of the same strategy and scenario", () => {
    const small = { ...guest, bytes: REGION };
    const counts = { split: { cacheLeft: 7 } };
    const memory: RegionMemory = new Map();
    remember(memory, uniformScenario(small), strategy, counts);
    expect(countsOfGuest(small, strategy, memory)).toEqual({
      counts,
      terms: termCounts(counts),
      scaled: false,
      cacheLeft: 7,
    });
    expect(countsOfGuest(small, strategies[1]!, memory).counts).not.toBe(counts);
    expect(countsOfGuest({ ...small, chunk: "1G" }, strategy, memory).counts).not.toBe(counts);
    expect(memory.size).toBe(3);
    const again = countsOfGuest(small, strategies[1]!, memory).counts;
    expect(countsOfGuest(small, strategies[1]!, memory).counts).toBe(again);
  });

  it("is simulated whole where its regions do not repeat themselves", () => {
    const memory: RegionMemory = new Map();
    const at = (regions: number, pteStores: number, cacheLeft: number) => {
      const flush = { memslot: 1, rangeCalls: 1, vmidAll: 0 };
      const scenario = uniformScenario(guest, regions * REGION);
      remember(memory, scenario, strategy, { split: { pteStores, cacheLeft }, flush });
    };
    const of = () => countsOfGuest(guest, strategy, memory);
    at(5, 99, 1);
    at(1, 10, 1);
    at(2, 15, 1);
    at(3, 21, 1);
    expect(of()).toMatchObject({ scaled: false, counts: { split: { pteStores: 99 } } });
    at(3, 20, 2);
    expect(of()).toMatchObject({ scaled: false });
    at(3, 20, 1);
    expect(of()).toMatchObject({ scaled: true, counts: { split: { pteStores: 30 } } });
  });
});
