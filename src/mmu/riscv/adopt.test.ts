import { describe, expect, it } from "vitest";
import { totalAt } from "../counters.js";
import { adoptRiscvStrategy } from "./adopt.js";
import { parseRiscvScenario } from "./parse.js";
import { outcomeOf, simulate } from "./run.js";
import { skipHoles } from "./strategies/skipHoles.js";
import type { GStageStrategy, SplitStep } from "./strategy.js";

const { layout } = parseRiscvScenario(
  {
    gstage: "sv39x4",
    memslots: [
      {
        base: "0x40000000",
        segments: [
          { map: "2M", size: "4M" },
          { map: "hole", size: "2G" },
          { map: "2M", size: "2M" },
        ],
      },
    ],
    dirtyLog: { mode: "enable" },
  },
  "test",
);
const run = (strategy: GStageStrategy) => outcomeOf(simulate(layout, strategy));
const adopt = (definition: object) => adoptRiscvStrategy({ mmu: "riscv", id: "mine", ...definition }, "./mine.mjs");

describe("a custom strategy for riscv", () => {
  it("that gives nothing is the kernel's own", () => {
    expect(run(adopt({})).counts).toEqual(run(adopt({ holes: "step", start: "aligned" })).counts);
  });

  it("may steer the loop over holes as skip-holes does", () => {
    const span = [1, 512, 512 ** 2, 512 ** 3];
    const next = ({ gfn, emptyLevel }: SplitStep) => {
      const step = emptyLevel < 0 ? 512 : span[emptyLevel]!;
      return Math.floor(gfn / step) * step + step;
    };
    expect(run(adopt({ next })).counts).toEqual(run(skipHoles).counts);
  });

  it("that passes blocks over is found wrong by what it leaves", () => {
    const { findings, counts } = run(adopt({ next: ({ endGfn }: SplitStep) => endGfn }));
    expect(findings.map(({ code }) => code)).toEqual(["unsplit-block"]);
    expect(totalAt(counts, "split/steps")).toBe(1);
  });

  it.each<[string, () => unknown, RegExp]>([
    ["stands still", () => 0, /strategy "mine" \(\.\/mine\.mjs\): its next\(\) returned number 0; expected a whole/],
    ["throws", () => JSON.parse("{"), /its next\(\) threw SyntaxError/],
  ])("whose hook %s ends with a line that names it", (_, next, message) => {
    expect(() => run(adopt({ next }))).toThrow(message);
  });

  it.each<[object, RegExp]>([
    [{ id: "baseline" }, /is "baseline", which is built in/],
    [{ walk: "tree" }, /\.walk: is "tree"; expected one of lookup, tables/],
    [{ onlyIfHuge: 1 }, /\.onlyIfHuge: is a number; expected true or false/],
    [{ walk: "tables", next: () => 1 }, /\.next: is not asked where tables are walked/],
    [{ maxLevel: 1 }, /field "maxLevel"/],
  ])("%o is refused", (definition, message) => {
    expect(() => adopt(definition)).toThrow(message);
  });
});
