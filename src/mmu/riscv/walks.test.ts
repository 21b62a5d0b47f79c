import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { times } from "../../testing/nightly.js";
import type { Layout } from "./layout.js";
import { parseRiscvScenario } from "./parse.js";
import { randomLayouts } from "./random.js";
import { countsJson, findingsOf, type RiscvRun, simulate } from "./run.js";
import { strategies } from "./strategies/index.js";
import type { GStageStrategy } from "./strategy.js";

const layouts = randomLayouts(fc).map((scenario) => parseRiscvScenario(scenario, "random").layout);
const anyStrategy = fc.constantFrom(...strategies);

/** Everything that a run says. */
const said = (run: RiscvRun) => ({ counts: countsJson(run), findings: findingsOf(run) });

function naively(layout: Layout, strategy: GStageStrategy): RiscvRun {
  return simulate(layout, strategy, {}, (gstage) => {
    gstage.naive = true;
  });
}

describe("the walks", () => {
  it("count and leave the same whether pages of a table are gone over in one go or looked up one by one", () => {
    fc.assert(
      fc.property(layouts, anyStrategy, (layout, strategy) => {
        expect(said(simulate(layout, strategy))).toEqual(said(naively(layout, strategy)));
      }),
      { numRuns: times(100, 500), seed: 1 },
    );
  });

  it("count and find the same region by region as on the whole tree, flush by flush", () => {
    fc.assert(
      fc.property(layouts, anyStrategy, (layout, strategy) => {
        const whole = simulate(layout, strategy, { digest: false });
        const regions = simulate(layout, strategy, { digest: false, windowBytes: 2 ** 30 });
        expect(said(regions)).toEqual(said(whole));
      }),
      { numRuns: times(100, 500), seed: 2 },
    );
  });

  it("are those of the whole tree also where regions share tables and holes lie above them", () => {
    const scenario = {
      gstage: "sv57x4",
      memslots: [
        { base: "0x7f80000000", segments: [{ map: "2M", size: "1026M" }, HOLE, { map: "4K", size: "3G" }] },
        { base: "0x3ff00000", segments: [{ map: "4K", size: "3M" }, HOLE, { map: "1G", size: "2G" }] },
      ],
      dirtyLog: { mode: "enable", reschedEveryNPolls: 7 },
    };
    const { layout } = parseRiscvScenario(scenario, "test");
    for (const strategy of strategies) {
      const whole = simulate(layout, strategy, { digest: false });
      const regions = simulate(layout, strategy, { digest: false, windowBytes: 2 ** 30 });
      expect(said(regions), strategy.id).toEqual(said(whole));
    }
  });

  it("end in baseline's tree where masks are written by their bits", () => {
    const others = strategies.filter(({ id, rules }) => id !== "baseline" && rules.masks === "bits");
    fc.assert(
      fc.property(layouts, fc.constantFrom(...others), (layout, strategy) => {
        const final = (one: GStageStrategy) => countsJson(simulate(layout, one, { digest: true })).final;
        expect(final(strategy)).toEqual(final(strategies[0]!));
      }),
      { numRuns: times(60, 300), seed: 3 },
    );
  });

  it("lose nothing, map nothing new, and write-protect what was asked for, whichever strategy steers them", () => {
    fc.assert(
      fc.property(layouts, anyStrategy, (layout, strategy) => {
        const codes = findingsOf(simulate(layout, strategy)).map(({ code }) => code);
        expect(codes.filter((code) => code !== "unsplit-block")).toEqual([]);
      }),
      { numRuns: times(60, 300), seed: 4 },
    );
  });
});

const HOLE = { map: "hole", size: "1G" };
