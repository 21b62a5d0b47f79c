import { describe, expect, it } from "vitest";
import type { Counts } from "../../mmu/counters.js";
import { atGoldenKeys, goldenFiles } from "../../testing/golden.js";
import { arm64 } from "./mmu.js";
import { strategies } from "./strategies/index.js";

interface Golden {
  name: string;
  scenario: unknown;
  initial: Counts;
  expected: Record<string, Counts>;
}

const byId = new Map(strategies.map((strategy) => [strategy.id, strategy]));

describe.each(goldenFiles<Golden>("arm64-split"))("golden arm64-split/$name", ({ data }) => {
  const scenario = arm64.parse(data.scenario, data.name);
  const counted = (id: string, expected: Counts) => atGoldenKeys(arm64.run(scenario, byId.get(id)!).counts, expected);

  it("the tree before logging is enabled is the kernel's", () => {
    expect(arm64.run(scenario, byId.get("baseline")!).initial).toEqual(data.initial);
  });

  it.each(Object.entries(data.expected))(
    "%s counts what the kernel's code counts, and leaves its tree",
    (id, expected) => {
      expect(counted(id, expected)).toEqual(expected);
    },
  );

  it("skip-level equals max-level in every count", () => {
    const expected = data.expected["max-level"]!;
    expect(counted("skip-level", expected)).toEqual(expected);
  });

  it("split-mark leaves baseline's tree", () => {
    const final = arm64.run(scenario, byId.get("split-mark")!).counts.final;
    expect(final).toEqual(data.expected.baseline!.final);
  });
});
