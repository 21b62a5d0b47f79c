import { describe, expect, it } from "vitest";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { leafRunsOf } from "./leafRuns.js";

describe("leafRunsOf", () => {
  it("gives the leaves that a layout begins with, holes left out", () => {
    const scenario = {
      granule: "4K",
      ipaBits: 40,
      memslots: [
        {
          base: "0x401fe000",
          segments: [
            { map: "4K", size: "8K" },
            { map: "2M", size: "4M" },
            { map: "hole", size: "2M" },
            { map: "1G", size: "2G" },
          ],
        },
      ],
      dirtyLog: { mode: "enable", chunk: "2M" },
    } as const;
    expect(leafRunsOf({ kind: "scenario", scenario })).toEqual([
      { leafBytes: 4096, bytes: 8192 },
      { leafBytes: 2 ** 21, bytes: 2 ** 30 - 2 ** 22 },
      { leafBytes: 2 ** 30, bytes: 2 ** 30 },
      { leafBytes: 2 ** 21, bytes: 2 ** 23 },
    ]);
  });

  const slot = (base: string, ...segments: [map: string, size: string][]) => ({
    base,
    segments: segments.map(([map, size]) => ({ map, size })),
  });
  const scenario = (...memslots: ReturnType<typeof slot>[]): Arm64Scenario => ({
    granule: "4K",
    ipaBits: 40,
    memslots,
    dirtyLog: { mode: "enable", chunk: "2M" },
  });

  it("joins leaves of one size over segments and slots, in address order", () => {
    const given = scenario(
      slot("0x40000000", ["2M", "2M"], ["2M", "4M"], ["4K", "8K"], ["2M", "2M"]),
      slot("0x80000000", ["4K", "4K"]),
    );
    expect(leafRunsOf({ kind: "scenario", scenario: given })).toEqual([
      { leafBytes: 2 ** 21, bytes: 6 * 2 ** 20 },
      // What wants blocks begins at 8K of a block, and has pages until the next, and at the end.
      { leafBytes: 4096, bytes: 8192 + 2 ** 21 + 4096 },
    ]);
  });

  it("gives one run a size of leaf where the guest is larger than what is taken whole", () => {
    const given = scenario(slot("0x40000000", ["2M", "2M"], ["4K", "2M"], ["2M", "4M"], ["4K", "4K"]));
    const guest = { kind: "scenario", scenario: given } as const;
    const inOrder = [
      { leafBytes: 2 ** 21, bytes: 2 ** 21 },
      { leafBytes: 4096, bytes: 2 ** 21 },
      { leafBytes: 2 ** 21, bytes: 2 ** 22 },
      { leafBytes: 4096, bytes: 4096 },
    ];
    const bytes = 2 ** 23 + 4096;
    expect(leafRunsOf(guest)).toEqual(inOrder);
    expect(leafRunsOf(guest, bytes)).toEqual(inOrder);
    expect(leafRunsOf(guest, bytes - 1)).toEqual([
      { leafBytes: 2 ** 21, bytes: 6 * 2 ** 20 },
      { leafBytes: 4096, bytes: 2 ** 21 + 4096 },
    ]);
  });

  it("gives the leaves of a guest that is mapped alike, of any granule and size", () => {
    const guest = { kind: "uniform", granule: "16K", map: "32M", bytes: 2 ** 40 } as const;
    expect(leafRunsOf(guest)).toEqual([{ leafBytes: 2 ** 25, bytes: 2 ** 40 }]);
  });
});
