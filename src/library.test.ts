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
    const tdp = await verify({ random: 60, seed: 1, mmu: "x86-tdp", strategies: [aside, evenOnly] });
    expect(tdp.wrong).toEqual(["even-only"]);
    const shadow = await verify({ random: 20, seed: 1, mmu: "x86-shadow", strategies: [capacity] });
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

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ["a call without an argument", () => bench(undefined as never), /^bench: is missing; expected an object/],
    ["a call that gives nothing", () => bench({} as never), /^bench\.scenarios: is missing; expected an array/],
    [
      "no scenario at all",
      () => bench({ scenarios: [] }),
      /^bench\.scenarios: is empty; expected one scenario or more/,
    ],
    ["a check of no scenario", () => verify({ scenarios: [] }), /^verify\.scenarios: is empty/],
    ["a check without an argument", () => verify(undefined as never), /^verify: is missing; expected an object/],
    ["a check of no strategy", () => verify({ random: 5, strategies: [] }), /^verify\.strategies: is empty/],
    ["a misspelt field", () => bench({ scenario: [path] } as never), /field "scenario": unknown.*"scenarios"\?/],
    ["a list that is none", () => bench({ scenarios: [path], strategies: "all" } as never), /strategies: is a string/],
    ["an MMU that is no name", () => verify({ random: 5, mmu: 7 } as never), /^verify\.mmu: is a number/],
    ["another's MMU that is no name", () => bench({ scenarios: [{ mmu: 7 } as never] }), /^scenarios\[0\]\.mmu: is a/],
    ["a seed that is none", () => verify({ random: 5, seed: 1.5 }), /^verify\.seed: is 1\.5; expected a whole number/],
    [
      "wall time of no kind",
      () => bench({ scenarios: [path], wall: {} as never }),
      /^bench\.wall: has both or neither/,
    ],
    ["wall time of no rounds", () => bench({ scenarios: [path], wall: { rounds: 0 } }), /^bench\.wall\.rounds: is 0/],
    ["no scenario and no search", () => verify({}), /both or neither of scenarios and random/],
    ["no number of layouts", () => verify({ random: 0 }), /random 0: no number of layouts/],
    ["a scenario that is none", () => bench({ scenarios: [{ granule: "4K" } as never] }), /scenarios\[0\]/],
    ["a file that is not there", () => loadScenario("no-such.json"), /no-such\.json: no such file/],
    [
      "a strategy that is none",
      () => bench({ scenarios: [path], strategies: [{ id: 7 } as never] }),
      /strategies\[0\]\.id: is a number/,
    ],
    ["an unknown name", () => bench({ scenarios: [path], strategies: ["max-levle"] }), /did you mean "max-level"/],
  ])("refuses %s with a UserError", async (_, call, message) => {
    const refused = call();
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(UserError);
  });
});
