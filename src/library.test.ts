import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  type AnyScenario,
  bench,
  defineStrategy,
  loadScenario,
  totalAt,
  UserError,
  verify,
  WALK_BLOCK,
} from "./index.js";
import { times } from "./testing/nightly.js";

const path = fileURLToPath(new URL("../scenarios/fault-left-in-new-table.json", import.meta.url));
const blocks = defineStrategy({ id: "blocks", summary: "blocks only", flags: WALK_BLOCK });
const naive = defineStrategy({ id: "naive", enter: (at) => at.fresh === 0 });

const small = {
  granule: "4K",
  ipaBits: 40,
  memslots: [{ base: "0x40000000", segments: [{ map: "2M", size: "4M" }] }],
  dirtyLog: { mode: "enable", chunk: "2M" },
} as const satisfies AnyScenario;

describe("the library", () => {
  it("counts: built-in strategies by name, custom ones by definition, baseline always among them", async () => {
    const { runs, scenarios } = await bench({ scenarios: [path], strategies: ["max-level", blocks] });
    expect(runs.map(({ strategy }) => strategy)).toEqual(["baseline", "max-level", "blocks"]);
    expect(runs.map(({ counts }) => totalAt(counts, "split/inspected"))).toEqual([263168, 1024, 1024]);
    expect(scenarios[0]!.name).toBe("fault-left-in-new-table");
  });

  it("verifies given scenarios, as paths and as objects", async () => {
    const scenario = await loadScenario(path);
    const { wrong, verdicts } = await verify({ scenarios: [path, scenario], strategies: [naive, blocks] });
    expect(wrong).toEqual(["naive"]);
    expect(verdicts.map(({ strategy, findings }) => [strategy, findings.length])).toEqual([
      ["naive", 1],
      ["blocks", 0],
      ["naive", 1],
      ["blocks", 0],
    ]);
  });

  it("types what may be written of each MMU and workload, and takes it", async () => {
    const root = { rootLevel: 4, leaves: [{ gfn: 0, level: 2, count: 2 }] };
    const { runs } = await bench({
      scenarios: [
        { mmu: "x86-tdp", workload: "zap", roots: [root, root] },
        { mmu: "x86-tdp", workload: "split", root, targetLevel: 1, minLevel: 2 },
        {
          mmu: "x86-tdp",
          workload: "clear",
          root,
          slotBaseGfn: 0,
          npages: 1024,
          masks: { allWords: "0x1" },
          pml: false,
        },
        { mmu: "x86-shadow", slot: { baseGfn: 0, npages: 512 }, alias: "few" },
      ],
      strategies: ["baseline", "default-capacity"],
    });
    expect(runs).toHaveLength(4);
    // @ts-expect-error a zap has no slot
    const wrong: AnyScenario = { mmu: "x86-tdp", workload: "zap", root, slotBaseGfn: 0 };
    await expect(bench({ scenarios: [wrong] })).rejects.toThrow('scenarios[0]: field "slotBaseGfn": unknown');
  });

  it("takes x86 strategies as defineStrategy types them, and finds the faults of their zaps", async () => {
    const aside = defineStrategy({ id: "aside-8", mmu: "x86-tdp", aside: 8 });
    const evenOnly = defineStrategy({ id: "even-only", mmu: "x86-tdp", next: (_table, i) => Math.min(i + 2, 512) });
    const capacity = defineStrategy({ id: "triple", mmu: "x86-shadow", descriptorCapacity: 1539 });
    const tdp = await verify({ random: times(25, 60), seed: 1, mmu: "x86-tdp", strategies: [aside, evenOnly] });
    expect(tdp.wrong).toEqual(["even-only"]);
    const shadow = await verify({ random: times(5, 20), seed: 1, mmu: "x86-shadow", strategies: [capacity] });
    expect(shadow.wrong).toEqual([]);
  });

  it("searches random layouts", async () => {
    const { wrong, faults } = await verify({ random: times(60, 200), seed: 1, strategies: [naive, blocks] });
    expect(wrong).toEqual(["naive"]);
    expect(faults[0]).toMatchObject({ strategy: "naive", finding: { code: "unsplit-block" } });
  });

  it("counts the baseline alone where no strategy is asked for", async () => {
    const { runs } = await bench({ scenarios: [path], strategies: [] });
    expect(runs.map(({ strategy }) => strategy)).toEqual(["baseline"]);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ["a call without an argument", () => bench(undefined as never), "bench: is missing; expected an object"],
    ["a call that gives nothing", () => bench({} as never), "bench.scenarios: is missing; expected an array"],
    ["no scenario at all", () => bench({ scenarios: [] }), "bench.scenarios: is empty; expected one scenario or more"],
    [
      "a check of no scenario",
      () => verify({ scenarios: [] }),
      "verify.scenarios: is empty; expected one scenario or more",
    ],
    ["a check without an argument", () => verify(undefined as never), "verify: is missing; expected an object"],
    [
      "a check of no strategy",
      () => verify({ random: 5, strategies: [] }),
      "verify.strategies: is empty; expected one strategy or more, or none given for every built-in one",
    ],
    [
      "a misspelt field",
      () => bench({ scenario: [path] } as never),
      'bench: field "scenario": unknown, did you mean "scenarios"?; expected one of scenarios, strategies, wall, seed',
    ],
    [
      "a misspelt field of a check",
      () => verify({ randon: 5 } as never),
      'verify: field "randon": unknown, did you mean "random"?; expected one of scenarios, random, seed, mmu, strategies',
    ],
    [
      "a list that is none",
      () => bench({ scenarios: [path], strategies: "all" } as never),
      "bench.strategies: is a string; expected an array",
    ],
    [
      "an MMU that is no name",
      () => verify({ random: 5, mmu: 7 } as never),
      "verify.mmu: is a number; expected a string",
    ],
    [
      "another's MMU that is no name",
      () => bench({ scenarios: [{ mmu: 7 } as never] }),
      "scenarios[0].mmu: is a number; expected a string",
    ],
    [
      "an MMU that there is not",
      () => verify({ random: 5, mmu: "vax" }),
      'MMU "vax": unknown; expected one of arm64, x86-tdp, x86-shadow, riscv',
    ],
    [
      "a seed that is none",
      () => verify({ random: 5, seed: 1.5 }),
      "verify.seed: is 1.5; expected a whole number from 0 to 4294967295",
    ],
    [
      "a seed of more than 32 bits",
      () => bench({ scenarios: [small], seed: 2 ** 32 }),
      "bench.seed: is 4294967296; expected a whole number from 0 to 4294967295",
    ],
    [
      "wall time of no kind",
      () => bench({ scenarios: [path], wall: {} as never }),
      "bench.wall: has both or neither of rounds and timeMs; expected one of them",
    ],
    [
      "wall time of both kinds",
      () => bench({ scenarios: [path], wall: { rounds: 6, timeMs: 6 } as never }),
      "bench.wall: has both or neither of rounds and timeMs; expected one of them",
    ],
    [
      "wall time of no rounds",
      () => bench({ scenarios: [path], wall: { rounds: 0 } }),
      "bench.wall.rounds: is 0; expected a number above 0",
    ],
    [
      "wall time of rounds that are no number",
      () => bench({ scenarios: [path], wall: { rounds: Number.NaN } }),
      "bench.wall.rounds: is NaN; expected a number above 0",
    ],
    [
      "wall time that is a word",
      () => bench({ scenarios: [path], wall: { timeMs: "5" as never } }),
      "bench.wall.timeMs: is a string; expected a number above 0",
    ],
    [
      "no scenario and no search",
      () => verify({}),
      "verify: has both or neither of scenarios and random; expected one of them",
    ],
    [
      "scenarios and a search",
      () => verify({ scenarios: [path], random: 5 }),
      "verify: has both or neither of scenarios and random; expected one of them",
    ],
    ["no number of layouts", () => verify({ random: 0 }), "random 0: no number of layouts; expected 1 or more"],
    ["a part of a layout", () => verify({ random: 1.5 }), "random 1.5: no number of layouts; expected 1 or more"],
    [
      "a scenario that is none",
      () => bench({ scenarios: [{ granule: "4K" } as never] }),
      "scenarios[0].dirtyLog: is missing; expected an object",
    ],
    [
      "a scenario that is a number",
      () => bench({ scenarios: [small, 7 as never] }),
      "scenarios[1]: is a number; expected a scenario, or the path of one",
    ],
    [
      "a scenario that is null",
      () => bench({ scenarios: [null as never] }),
      "scenarios[0]: is null; expected a scenario, or the path of one",
    ],
    [
      "a file that is not there",
      () => loadScenario("no-such.json"),
      "no-such.json: no such file, nor a scenario of s2split's; expected a scenario file, or a name that s2split list " +
        "scenarios has",
    ],
    [
      "a strategy that is none",
      () => bench({ scenarios: [path], strategies: [{ id: 7 } as never] }),
      "strategies[0].id: is a number; expected a string",
    ],
    [
      "a strategy of an MMU that is no name, behind a name",
      () => bench({ scenarios: [path], strategies: ["max-level", { id: "x", mmu: 9 } as never] }),
      "strategies[1].mmu: is a number; expected a string",
    ],
    [
      "a strategy that is not there",
      () => bench({ scenarios: [path], strategies: [undefined as never] }),
      "strategies[0]: is missing; expected an object",
    ],
    [
      "an unknown name",
      () => bench({ scenarios: [path], strategies: ["max-levle"] }),
      'strategy "max-levle": unknown, did you mean "max-level"?; expected one of all, baseline, skip-return-rfc, ' +
        "skip-return, page-block-flags, max-level, skip-new-table-naive, skip-new-table, skip-level, split-mark",
    ],
  ])("refuses %s with a UserError", async (_, call, message) => {
    const refused = await call().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UserError);
    expect(refused).toMatchObject({ name: "UserError", message, exitCode: 2 });
  });

  it("takes seeds from 0 to the last of 32 bits, and says which one it took", async () => {
    for (const seed of [0, 2 ** 32 - 1]) {
      const { options } = await bench({ scenarios: [small], strategies: [], seed });
      expect(options).toEqual({ wall: false, runs: null, timeMs: null, seed });
    }
  });

  it("counts without wall time, with seed 1 and what machine it was, where nothing else is asked for", async () => {
    const before = Date.now();
    const result = await bench({ scenarios: [small] });
    expect(result).toMatchObject({
      schemaVersion: 1,
      kind: "s2split-result",
      tool: { name: "s2split", version: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
      partial: false,
      environment: { node: process.versions.node },
      options: { wall: false, runs: null, timeMs: null, seed: 1 },
      shard: null,
      scenarios: [{ id: "scenario-1/enable/chunk=2M", mmu: "arm64", scenario: small }],
    });
    expect(Date.parse(result.createdAt!)).toBeGreaterThanOrEqual(before);
    expect(result.runs.map(({ wall }) => wall)).toEqual(Array(9).fill(null));
  });

  it("measures wall time in the rounds that are asked for", async () => {
    const { options, runs } = await bench({ scenarios: [small], strategies: [], wall: { rounds: 6 } });
    expect(options).toEqual({ wall: true, runs: 6, timeMs: null, seed: 1 });
    expect(runs[0]!.wall!.split!.samplesNs).toHaveLength(6);
  });

  it("verifies each scenario under the strategies of its MMU, and names those of several by it", async () => {
    const shadow = { mmu: "x86-shadow", slot: { baseGfn: 0, npages: 512 }, alias: "few" } as const;
    const left = defineStrategy({ id: "left", maxLevel: 1 });
    const report = await verify({ scenarios: [small, shadow], strategies: ["baseline", "exact", left] });
    expect(report.wrong).toEqual(["arm64/left"]);
    expect(report.faults).toEqual([]);
    expect(
      report.verdicts.map(({ scenario, strategy, findings }) => [scenario.mmu, strategy, findings.length]),
    ).toEqual([
      [undefined, "baseline", 0],
      [undefined, "left", 1],
      ["x86-shadow", "exact", 0],
    ]);
    expect(report.verdicts[1]).toMatchObject({ scenario: small, findings: [{ code: "unsplit-block", count: 2 }] });
  });

  it("searches a single layout where one is asked for, with seed 1 where none is given", async () => {
    expect(await verify({ random: 1, strategies: ["baseline"] })).toEqual({ wrong: [], verdicts: [], faults: [] });
    const left = defineStrategy({ id: "left", maxLevel: 1 });
    const report = await verify({ random: 4, strategies: ["baseline", left] });
    expect(report.wrong).toEqual(["left"]);
    expect(report.verdicts).toEqual([]);
    expect(Object.keys(report.faults[0]!)).toEqual(["strategy", "finding", "layouts", "scenario"]);
    expect(report.faults[0]).toMatchObject({ strategy: "left", finding: { code: "unsplit-block" } });
    expect(await verify({ random: 4, seed: 1, strategies: ["baseline", left] })).toEqual(report);
  });
});
