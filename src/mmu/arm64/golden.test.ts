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

const files = ["arm64-split", "arm64-split-masks", "arm64-lpa2"].flatMap((group) =>
  goldenFiles<Golden>(group).map(({ name, data }) => ({ name: `${group}/${name}`, data })),
);

describe.each(files)("golden $name", ({ data }) => {
  const bound = arm64.parse(data.scenario, data.name);
  const run = (id: string, digest = true) =>
    bound.run(byId.get(id)!, { digest, windowBytes: Number.POSITIVE_INFINITY });
  const baseline = run("baseline");

  it("the tree before logging is enabled, and what baseline counts and leaves, are the kernel's", () => {
    expect(baseline.initial).toEqual(data.initial);
    expect(atGoldenKeys(baseline.counts, data.expected.baseline)).toEqual(data.expected.baseline);
  });

  it.each(others(data))("%s counts what the kernel's code counts, and leaves its tree", (id, expected) => {
    const digest = digestOf(expected) !== digestOf(data.expected.baseline!);
    const { counts, findings } = run(id, digest);
    if (digest) expect(atGoldenKeys(counts, expected)).toEqual(expected);
    else expect(atGoldenKeys(counts, expected)).toEqual(withoutDigest(expected));
    // Where it leaves baseline's tree, which is checked leaf by leaf, a digest of it says no more.
    if (!digest) expect(findings.filter(({ code }) => code !== "tlbi-wrong-ipa")).toEqual(baseline.findings);
  });

  it("split-mark leaves baseline's tree", () => {
    const { counts, findings } = run("split-mark", false);
    expect(counts.final).toEqual(withoutDigest(data.expected.baseline!).final);
    expect(findings).toEqual(baseline.findings);
  });
});

/** The strategies of a file but for baseline; skip-level has max-level's counts. */
function others({ expected }: Golden): [string, Counts][] {
  const { baseline: _, ...rest } = expected;
  return Object.entries({ ...rest, "skip-level": expected["max-level"]! });
}

const digestOf = (counts: Counts) => (counts.final as Counts).digest;
const withoutDigest = (counts: Counts): Counts => ({ ...counts, final: { ...(counts.final as Counts), digest: null } });
