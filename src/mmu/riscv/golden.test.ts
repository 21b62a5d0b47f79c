import { describe, expect, it } from "vitest";
import { atGoldenKeys, goldenFiles } from "../../testing/golden.js";
import { NIGHTLY } from "../../testing/nightly.js";
import type { Counts } from "../counters.js";
import { parseRiscvScenario } from "./parse.js";
import { finalJson, findingsOf, initialJson, simulate, workJson } from "./run.js";
import { strategies } from "./strategies/index.js";

interface Golden {
  name: string;
  scenario: object;
  initial: Counts;
  expected: Record<string, Counts>;
}

describe.each(goldenFiles<Golden>("riscv-split"))("golden riscv-split/$name", ({ data }) => {
  const { layout } = parseRiscvScenario(data.scenario, data.name);

  it.each(strategies)("$id counts what the kernel's code counts, flush by flush, and leaves its tree", (strategy) => {
    const expected = data.expected[strategy.id]!;
    const own = expected.final as Counts;
    // Digests take half the time: they are compared for baseline, and where a strategy leaves
    // another tree.
    const digest =
      NIGHTLY || strategy.id === "baseline" || own.digest !== (data.expected.baseline!.final as Counts).digest;
    const run = simulate(layout, strategy, { digest });
    const { gstage, regions } = run;
    expect(atGoldenKeys(initialJson(run), data.initial)).toEqual(
      digest ? data.initial : { ...data.initial, digest: null },
    );
    const counts = { ...workJson(gstage), flush: gstage.flushes.golden(), final: finalJson(gstage, regions.final) };
    expect(atGoldenKeys(counts, expected)).toEqual(
      digest ? expected : { ...expected, final: { ...own, digest: null } },
    );
    // Right means: nothing unsplit where eager splitting is on.
    const { unsplitBlocks } = regions.final;
    const wrong = layout.eagerSplit && unsplitBlocks > 0 ? ["unsplit-block"] : [];
    expect(findingsOf(run).map(({ code }) => code)).toEqual(wrong);
  });
});
