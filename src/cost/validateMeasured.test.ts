import { expect, it } from "vitest";
import type { MeasuredPhase, MeasuredPhases } from "./measuredRuns.js";
import type { CostProfile } from "./profile.js";
import { TERM_IDS, type TermCounts } from "./terms.js";
import { validateMeasured } from "./validateMeasured.js";

const provenance = { kind: "assumed", how: "test", source: "test" } as const;
const profile: CostProfile = {
  kind: "s2split-cost-profile",
  schemaVersion: 1,
  name: "mine",
  title: "my box",
  mmu: "arm64",
  costs: { tlbiBroadcast: { ns: 10, nsPerFurtherIssuer: 5, provenance } },
};

function phase(
  label: string,
  tlbiBroadcast: number,
  ci95Ns: readonly [number, number],
  more: Partial<MeasuredPhase> = {},
) {
  const terms = { ...Object.fromEntries(TERM_IDS.map((id) => [id, 0])), tlbiBroadcast } as TermCounts;
  const times = { samplesNs: [90, 100, 120], medianNs: 100, ci95Ns, hasInterval: true };
  return { phase: "dirty", iteration: 1, label, terms, issuers: 1, ...times, ...more } as MeasuredPhase;
}

it("each measured phase stands beside what the profile makes of it, and whether that is in the interval", () => {
  const measured: MeasuredPhases = {
    phases: [
      phase("below", 8, [81, 120]),
      phase("at the low end", 8, [80, 120]),
      phase("at the high end", 12, [80, 120]),
      phase("above", 12, [80, 119]),
      phase("once", 11, [100, 100], { hasInterval: false, samplesNs: [100] }),
      phase("three at a time", 5, [80, 120], { issuers: 3 }),
    ],
    skipped: [{ input: "a", case: "b", reason: { code: "nested" } }],
    ignoredWritePercent: ["c"],
  };
  const row = (label: string, modelledNs: number, ci95Ns: readonly number[], inside: boolean) => ({
    label,
    samples: 3,
    measuredNs: 100,
    ci95Ns,
    hasInterval: true,
    modelledNs,
    errorPercent: expect.closeTo(modelledNs - 100, 9),
    inside,
  });
  expect(validateMeasured(measured, profile)).toEqual({
    profile: "mine",
    rows: [
      row("below", 80, [81, 120], false),
      row("at the low end", 80, [80, 120], true),
      row("at the high end", 120, [80, 120], true),
      row("above", 120, [80, 119], false),
      { ...row("once", 110, [100, 100], false), samples: 1, hasInterval: false, inside: null },
      row("three at a time", 100, [80, 120], true),
    ],
    restsOnAssumptions: true,
    unpriced: [],
    skipped: measured.skipped,
    ignoredWritePercent: ["c"],
  });
  const sure = { ...profile, costs: { walk: { ns: 1, provenance: { ...provenance, kind: "derived" as const } } } };
  const { restsOnAssumptions, unpriced } = validateMeasured(measured, sure);
  expect([restsOnAssumptions, unpriced.map(({ counter, count }) => [counter, count])]).toEqual([
    false,
    [["tlbiBroadcast", 12]],
  ]);
});
