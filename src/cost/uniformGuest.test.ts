import { describe, expect, it } from "vitest";
import { layoutOf } from "../mmu/arm64/layout.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { NIGHTLY } from "../testing/nightly.js";
import { termCounts } from "./terms.js";
import { countsOf, countsOfGuest, REGION, type UniformGuest, uniformScenario } from "./uniformGuest.js";

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
