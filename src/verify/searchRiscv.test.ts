import { describe, expect, it } from "vitest";
import { loadMmu } from "../mmu/registry.js";
import type { RiscvScenario } from "../mmu/riscv/scenario.js";
import { faultOf, searchLayouts } from "./search.js";

const mmu = await loadMmu("riscv");

describe("searching random layouts of riscv from seed 1", () => {
  const found = searchLayouts({ mmu, strategies: mmu.strategies, layouts: 500, seed: 1 });

  it("calls exactly the strategy wrong that leaves blocks unsplit", async () => {
    const wrong = (await found).strategies.filter(({ failing }) => failing > 0).map(({ strategy }) => strategy.id);
    expect(wrong).toEqual(["posted-v1"]);
    expect(mmu.strategies.filter(({ knownFaults }) => knownFaults.length > 0).map(({ id }) => id)).toEqual(wrong);
    expect((await found).faults.map(({ finding }) => faultOf(finding))).toEqual(["unsplit-block"]);
  });

  it("shrinks that to a page and a block, cleared by one word that lies across their boundary", async () => {
    const { memslots, dirtyLog } = (await found).faults[0]!.scenario as RiscvScenario;
    expect(memslots).toEqual([
      { base: "0x3ffff000", segments: [{ map: "2M", size: "2052K" }], dirty: { runs: [[0, 2]] } },
    ]);
    expect(dirtyLog.mode).toBe("clear");
  });

  it("notes of every strategy what the kernel has whichever is used, each on one segment", async () => {
    const { notes } = await found;
    expect(notes.map(({ finding }) => finding.code).sort()).toEqual(["access-stuck", "stale-drop", "tables-lost"]);
    for (const { strategies, scenario, finding } of notes) {
      expect(strategies, finding.code).toEqual(mmu.strategies.map(({ id }) => id));
      const { memslots } = scenario as RiscvScenario;
      expect(memslots.flatMap(({ segments }) => segments)).toHaveLength(1);
    }
  });

  it("shrinks the access that never ends to one write beside the first page of a split huge page", async () => {
    const note = (await found).notes.find(({ finding }) => finding.code === "access-stuck")!;
    const { memslots, afterDisable } = note.scenario as RiscvScenario;
    expect(memslots[0]!.segments).toEqual([{ map: "2M", size: "2M" }]);
    expect(afterDisable).toEqual({ backing: "thp", writes: [[1, 1]] });
  });
});
