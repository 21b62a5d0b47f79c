import { expect, it } from "vitest";
import type { CostProfile } from "./profile.js";
import type { SplitRow } from "./published/split.js";
import { changeOf, fitChanges } from "./splitFit.js";
import type { CountedRow } from "./splitRows.js";
import { TERM_IDS, type TermCounts } from "./terms.js";

const provenance = { kind: "derived", how: "test", source: "test" } as const;
const profile: CostProfile = {
  kind: "s2split-cost-profile",
  schemaVersion: 1,
  name: "mine",
  title: "my box",
  mmu: "arm64",
  costs: { fault: { ns: 3, provenance }, walk: { ns: 1, provenance, includes: ["range"] } },
};

function counted(base: Partial<TermCounts>, patched: Partial<TermCounts>, more: Partial<SplitRow> = {}): CountedRow {
  const none = Object.fromEntries(TERM_IDS.map((id) => [id, 0])) as TermCounts;
  const row: SplitRow = {
    mode: "enable",
    backing: "4K",
    changePercent: 0,
    stdevPoints: null,
    fitted: true,
    ...more,
  };
  return { row, base: { ...none, ...base }, patched: { ...none, ...patched }, scaled: false };
}

const before = { faults: 10, walks: 10 };
const after = { faults: 10, walks: 5 };

it("a change is of the modelled time, percent, less being faster", () => {
  expect(changeOf(counted(before, after), profile)).toBeCloseTo(100 * (35 / 40 - 1), 12);
  expect(changeOf(counted(after, before), profile)).toBeCloseTo(100 * (40 / 35 - 1), 12);
});

it("figures that are varied come to the published change, and the others stay", () => {
  // Walks of 6 ns: 60 of 90 fall away by half.
  const fitted = fitChanges([counted(before, after, { changePercent: -100 / 3 })], profile, ["walk"]);
  expect(fitted).toEqual({
    ...profile,
    costs: { fault: profile.costs.fault, walk: { ns: expect.closeTo(6, 3), provenance, includes: ["range"] } },
  });
});

it("rows weigh as they are sure: by their standard deviation, one point where none was published", () => {
  const ns = (sure: number | null, vague: number | null) => {
    const rows = [
      counted(before, after, { changePercent: -100 / 3, stdevPoints: sure }),
      counted(before, after, { changePercent: -10, stdevPoints: vague }),
    ];
    return fitChanges(rows, profile, ["walk"]).costs.walk!.ns;
  };
  const change = (walk: number) => 100 * ((30 + 5 * walk) / (30 + 10 * walk) - 1);
  // Half-way between the two changes, or nine tenths towards the one that is three times as sure.
  expect(change(ns(2, 2))).toBeCloseTo((-100 / 3 - 10) / 2, 3);
  expect(change(ns(1, 3))).toBeCloseTo((9 * (-100 / 3) - 10) / 10, 3);
  expect(ns(null, 3)).toBeCloseTo(ns(1, 3), 6);
});
