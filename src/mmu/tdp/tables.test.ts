import { describe, expect, it } from "vitest";
import { named } from "../../testing/strategies.js";
import { defaultTdpScenario } from "./guests.js";
import { x86Tdp } from "./mmu.js";
import { zapPasses, zapTable } from "./tables.js";

const runs = (ids: readonly string[], reschedEvery = 0) => {
  const bound = x86Tdp.parse(defaultTdpScenario({ workload: "zap", reschedEvery }), "hello");
  return ids.map((strategy) => ({ strategy, counts: bound.run(named(x86Tdp, strategy)).counts }));
};

describe("the table of a zap's passes", () => {
  it("has a column of loops for each strategy, and a row that adds up", () => {
    const ids = x86Tdp.strategies.map(({ id }) => id);
    expect(zapTable(runs(ids))).toEqual({
      title: "loops by pass",
      headings: [
        "root",
        "zap level",
        "baseline",
        "skip-not-present-posted",
        "skip-not-present",
        "only-present",
        "used-count",
        "used-bitmap",
        "entries zapped",
      ],
      rows: [
        ["0", "1", "3584", "118", "118", "11", "1031", "8", "2"],
        ["0", "2", "2048", "69", "69", "7", "518", "6", "3"],
        ["0", "3", "1024", "35", "35", "3", "5", "3", "2"],
        ["0", "4", "512", "17", "17", "1", "1", "1", "1"],
        ["1", "1", "512", "16", "16", "1", "0", "0", "0"],
        ["1", "2", "512", "16", "16", "1", "0", "0", "0"],
        ["1", "3", "512", "16", "16", "1", "0", "0", "0"],
        ["1", "4", "512", "16", "16", "1", "0", "0", "0"],
        ["all", "", "9216", "303", "303", "26", "1555", "18", "8"],
      ],
    });
  });

  it("says where a pass never ends, and where it zaps other entries than the first strategy", () => {
    expect(zapTable(runs(["baseline", "skip-not-present-posted"], 1))!.rows).toEqual([
      ["0", "1", "14315", "never ends (zapped 1)", "2"],
      ["0", "2", "6647", "never ends (zapped 1)", "3"],
      ["0", "3", "2557", "never ends", "2"],
      ["0", "4", "1023", "33", "1"],
      ["1", "1", "1023", "31", "0"],
      ["1", "2", "1023", "31", "0"],
      ["1", "3", "1023", "31", "0"],
      ["1", "4", "1023", "31", "0"],
      ["all", "", "28634", "never ends (zapped 5)", "8"],
    ]);
  });

  it("has a dash where a strategy has no such pass", () => {
    const [baseline, bitmap] = runs(["baseline", "used-bitmap"]);
    const passes = (bitmap!.counts.passes as Record<string, object>)[0]!;
    const cut = { strategy: "cut", counts: { passes: { 0: passes } } } as unknown as typeof bitmap;
    const { rows } = zapTable([baseline!, cut!])!;
    expect(rows.map((row) => row[3])).toEqual(["8", "6", "3", "1", "-", "-", "-", "-", "18"]);
  });

  it("is of a zap alone", () => {
    expect(zapTable([])).toBeUndefined();
    expect(zapTable([{ strategy: "baseline", counts: { loops: 5 } }])).toBeUndefined();
    for (const passes of [null, 5]) expect(zapPasses({ passes })).toEqual([]);
  });

  it("is made of all that a pass counted", () => {
    const [{ counts }] = runs(["used-bitmap"]) as [ReturnType<typeof runs>[number]];
    expect(zapPasses(counts)[1]).toEqual({
      root: 0,
      zapLevel: 2,
      loops: 6,
      body: 6,
      zapped: 3,
      spteReads: 12,
      tablesFreed: 3,
    });
  });
});
