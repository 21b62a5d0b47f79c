import { describe, expect, it } from "vitest";
import type { Counts } from "../../mmu/counters.js";
import { goldenFiles } from "../../testing/golden.js";
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
  const bound = arm64.parse(data.scenario, data.name);

  it("the tree before logging is enabled is the kernel's", () => {
    expect(bound.run(byId.get("baseline")!).initial).toEqual(data.initial);
  });

  it.each(Object.keys(data.expected))("%s counts what the kernel's code counts, and leaves its tree", (id) => {
    expect(bound.run(byId.get(id)!).counts).toEqual(data.expected[id]);
  });

  it("skip-level equals max-level in every count", () => {
    expect(bound.run(byId.get("skip-level")!).counts).toEqual(data.expected["max-level"]);
  });

  it("split-mark leaves baseline's tree", () => {
    const final = bound.run(byId.get("split-mark")!).counts.final;
    expect(final).toEqual(data.expected.baseline!.final);
  });
});
