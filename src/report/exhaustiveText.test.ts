import { expect, it } from "vitest";
import { arm64 } from "../mmu/arm64/mmu.js";
import type { Mmu } from "../mmu/contract.js";
import type { ExhaustiveFault } from "../mmu/exhaustive.js";
import { colourStyle, marked } from "../testing/markedStyle.js";
import type { ExhaustiveResult } from "../verify/exhaustive.js";
import { exhaustiveConclusion, exhaustiveFaults, exhaustiveScenarioText, exhaustiveText } from "./exhaustiveText.js";
import { exhaustivePage } from "./html/boundedPage.js";

const mmu = arm64 as unknown as Mmu;
const small = { mmu: "arm64", granule: "4K" };
const large = { mmu: "arm64", pad: "x".repeat(2000) };
const unsplit: ExhaustiveFault = {
  kind: "unsplit-block/passed-over",
  finding: { code: "unsplit-block", count: 3, data: { ipa: "0x40200000", level: 2, bytes: 6291456 } },
  rank: [4, 2],
  combinations: 1234,
  words: "a tree of two tables, chunk 1",
  scenario: small,
};
const ofLinux: ExhaustiveFault = {
  ...unsplit,
  kind: "left-locked",
  ofLinux: true,
  combinations: 2,
  words: "a tree of one table",
  scenario: null,
};
const long: ExhaustiveFault = { ...unsplit, kind: "lost-coverage", scenario: large };
const verdict = (strategy: string, failing: number, faults: readonly ExhaustiveFault[]) => ({
  strategy,
  source: "builtin",
  combinations: 5000,
  failing,
  faults,
});
const result: ExhaustiveResult = {
  schemaVersion: 1,
  kind: "s2split-exhaustive",
  modelVersion: 1,
  mmu: "arm64",
  bound: "small",
  text: "all 10 trees of two levels",
  units: 10,
  combinations: 5000,
  shard: null,
  unitsTried: 10,
  partial: false,
  strategies: [
    verdict("baseline", 0, [ofLinux]),
    verdict("skip", 1234, [ofLinux, unsplit, long]),
    verdict("sound", 0, []),
  ],
};

it("an exhaustive search is told by strategy, then by fault, those of Linux once and last", () => {
  expect(marked(exhaustiveText(result, mmu, colourStyle()))).toBe(`<bold>KVM/arm64 stage-2: exhaustive, bound small</>
  all 10 trees of two levels.

  <green>right</>  baseline  right on all 5,000 combinations, but for what comes with Linux
  <red>WRONG</>  skip      wrong on 1,234 of 5,000 combinations
  <green>right</>  sound     right on all 5,000 combinations

<bold>1. skip</>: 3 blocks (6M) in a range that was to be split are still mapped as blocks, the first at IPA 0x40200000, level 2
   unsplit-block/passed-over, on 1,234 combinations; the smallest of its kind:
   a tree of two tables, chunk 1
   at full size: {"mmu":"arm64","granule":"4K"}

<bold>2. skip</>: 3 blocks (6M) in a range that was to be split are still mapped as blocks, the first at IPA 0x40200000, level 2
   lost-coverage, on 1,234 combinations; the smallest of its kind:
   a tree of two tables, chunk 1
   at full size: a scenario of 2,024 characters, see --save

<bold>3. Linux itself</>: left locked
   left-locked, on 2 combinations; the smallest of its kind:
   a tree of one table`);
});

it.each([
  [3, 1, 4],
  [3, 2, 3],
  [3, 3, 3],
  [4, 2, 3],
])("an interrupted shard of %i says how many trees its share has", (count, index, share) => {
  const text = exhaustiveText(
    { ...result, shard: { index, count }, partial: true, unitsTried: 2, strategies: [verdict("sound", 0, [])] },
    mmu,
    colourStyle(),
  );
  expect(marked(text).split("\n")).toEqual([
    `<bold>${mmu.title}: exhaustive, bound small, shard ${index} of ${count}</>`,
    "  all 10 trees of two levels.",
    `<yellow>  interrupted after 2 of ${share} trees and layouts</>`,
    "",
    "  <green>right</>  sound  right on all 5,000 combinations",
  ]);
});

it("an interrupted search of the whole says so of all trees", () => {
  expect(exhaustiveText({ ...result, partial: true, unitsTried: 7 }, mmu, colourStyle())).toContain(
    "  interrupted after 7 of 10 trees and layouts",
  );
});

it("a scenario is shown up to 2000 characters, and beyond that its length", () => {
  const bare = { mmu: "arm64", pad: "" };
  const shown = (more: number) => {
    const scenario = { ...bare, pad: "x".repeat(2000 - JSON.stringify(bare).length + more) };
    const one = { ...result, strategies: [verdict("skip", 1, [{ ...unsplit, scenario }])] };
    return exhaustiveText(one, mmu, colourStyle()).split("\n").at(-1)!;
  };
  expect(shown(0)).toMatch(/^ {5}\{"mmu":"arm64","pad":"x{1976}"\}$/);
  expect(shown(1)).toBe("   at full size: a scenario of 2,001 characters, see --save");
});

it("a fault becomes a scenario file that says under which strategy it shows; one of the small geometry does not", () => {
  const [own, , linux] = exhaustiveFaults(result);
  expect(exhaustiveFaults(result).map(({ whose, fault }) => [whose, fault.kind])).toEqual([
    ["skip", "unsplit-block/passed-over"],
    ["skip", "lost-coverage"],
    ["Linux itself", "left-locked"],
  ]);
  expect(exhaustiveScenarioText(own!, result, mmu)).toBe(`{
  "name": "skip-unsplit-block-passed-over",
  "description": "Under skip, 3 blocks (6M) in a range that was to be split are still mapped as blocks, the first at IPA 0x40200000, level 2. Found by s2split verify --exhaustive --bound small; the smallest case of its kind: a tree of two tables, chunk 1.",
  "mmu": "arm64",
  "granule": "4K"
}
`);
  expect(exhaustiveScenarioText(linux!, result, mmu)).toBeNull();
  const full = { ...linux!, fault: { ...linux!.fault, scenario: { mmu: "arm64" } } };
  expect(exhaustiveScenarioText(full, result, mmu)).toBe(`{
  "name": "linux-left-locked",
  "description": "Under any strategy, 3 blocks (6M) in a range that was to be split are still mapped as blocks, the first at IPA 0x40200000, level 2. Found by s2split verify --exhaustive --bound small; the smallest case of its kind: a tree of one table.",
  "mmu": "arm64"
}
`);
});

it("the last line claims no more than the bound", () => {
  expect(exhaustiveConclusion([], 1, false)).toBe("1 strategy checked, all right within the bound");
  expect(exhaustiveConclusion([], 2, true)).toBe("2 strategies checked, nothing wrong so far");
  expect(exhaustiveConclusion(["a", "b"], 2, true)).toBe("2 strategies checked, wrong: a, b");
});

it("the page of an exhaustive search has a tally and a group for each fault", () => {
  const { strategies } = result;
  expect(
    exhaustivePage({ ...result, strategies: strategies.slice(0, 1).concat(verdict("skip", 1, [unsplit])) }, mmu),
  ).toEqual({
    title: "An exhaustive search, bound small",
    lead: "all 10 trees of two levels.",
    facts: [{ name: "MMU", value: "KVM/arm64 stage-2" }],
    groups: [
      {
        title: "KVM/arm64 stage-2",
        sections: [
          {
            title: "combinations, all and wrong",
            unit: "combinations",
            kind: "exact",
            see: "A strategy with any that go wrong is wrong, but for what comes with Linux.",
            open: true,
            table: {
              columns: [
                { heading: "strategy", figure: false },
                { heading: "combinations", figure: true },
                { heading: "wrong", figure: true },
              ],
              rows: [
                ["baseline", 5000, 0],
                ["skip", 5000, 1],
              ],
            },
          },
        ],
      },
      {
        title: "skip: unsplit-block/passed-over",
        lead: "On 1234 combinations. The smallest: a tree of two tables, chunk 1.",
        alarms: [
          "3 blocks (6M) in a range that was to be split are still mapped as blocks, the first at IPA 0x40200000, level 2",
        ],
        sections: [
          {
            title: "The smallest",
            unit: "a file",
            kind: "exact",
            see: "Saved in a file, s2split trace --scenario FILE tells it step by step.",
            listing: `{
  "mmu": "arm64",
  "granule": "4K"
}`,
          },
        ],
      },
      {
        title: "Linux itself: left-locked",
        lead: "On 2 combinations. The smallest: a tree of one table.",
        alarms: ["left locked"],
        sections: [],
      },
    ],
    notes: ["Exact within the bound, and nothing is claimed beyond it: every case of it was tried."],
  });
});
