import { expect, it } from "vitest";
import type { FlowInput } from "../mmu/arm64/flowInput.js";
import { countsOfStep } from "../mmu/arm64/flowStep.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { runSelftest } from "../selftest/run.js";
import { testSteps } from "../selftest/selftest.js";
import type { CostProfile } from "./profile.js";
import { priced } from "./selftestTime.js";
import { termCounts } from "./terms.js";

const input: FlowInput = {
  granule: "4K",
  ipaBits: 40,
  chunk: "0",
  manual: 3,
  slots: [{ base: "0x40000000", size: "8M", hva: "0x400000000000", backing: [{ map: "2M", size: "8M" }] }],
  vcpus: 4,
  partitioned: true,
  pagesPerVcpu: 512,
  rule: "hash",
  seed: 1,
  steps: testSteps({ iterations: 2, writePercent: 100, random: false, manual: 3, whileDisabling: false }),
};
const provenance = { kind: "derived", how: "test", source: "test" } as const;
const profile: CostProfile = {
  kind: "s2split-cost-profile",
  schemaVersion: 1,
  name: "mine",
  title: "my box",
  mmu: "arm64",
  costs: {
    writeProtectVisit: { ns: 1, provenance },
    tlbiBroadcast: { ns: 1000, nsPerFurtherIssuer: 100, provenance },
  },
};
const run = runSelftest({ strategy: strategies[0]!, input }, { digest: false });

it("a run is priced step by step, guests with all vCPUs as issuers, and its totals are sums of steps", () => {
  const { modelled, ...rest } = priced(run, profile);
  expect(rest).toEqual(run);
  const ns = Object.fromEntries(run.steps.map((step, i) => [step.phase, modelled!.stepsNs[i]]));
  // The first clear visits each of four blocks once a word, and each is broken as it is written
  // next.
  expect(ns).toMatchObject({ enable: 0, dirty1: 0, clear1: 4 * 8, dirty2: 4 * 1300, clear2: 2048, get1: 0 });
  const sum = (of: (phase: string) => boolean) =>
    Object.entries(ns).reduce((all, [phase, own]) => all + (of(phase) ? own! : 0), 0);
  expect(modelled).toEqual({
    profile: "mine",
    stepsNs: Object.values(ns),
    totalsNs: {
      guest: sum((phase) => phase.startsWith("dirty") || phase === "after_disable"),
      ioctl: sum((phase) => /^(?:enable|get|clear|disable)/.test(phase)),
      whole: sum(() => true),
      get: 0,
      clear: 32 + 2048,
    },
    restsOnAssumptions: false,
    unpriced: modelled!.unpriced,
  });
  const walks = Math.max(...run.steps.map((step) => termCounts(countsOfStep(step)).walks));
  expect(modelled!.unpriced.find(({ counter }) => counter === "walks")!.count).toBe(walks);
});

it("a run without a profile has no modelled time, and the lock decides what faults take", () => {
  expect(priced(run, null)).toEqual({ ...run, modelled: null });
  const contention = {
    alone: { map: 100 },
    parallel: { serial: 10 },
    spinlock: { hold: 100 },
    provenance: { ...provenance, kind: "assumed" as const },
    fittedTo: [],
  };
  const of = (lock?: "spinlock" | "rwlock") => priced(run, { ...profile, costs: {}, contention }, lock).modelled!;
  const faults = 4 * 512;
  const dirty2 = run.steps.findIndex((step) => step.phase === "dirty2");
  // Under a spinlock each of four vCPUs waits for the three others.
  expect(of("spinlock").stepsNs[dirty2]).toBe(faults * 400);
  expect(of().stepsNs[dirty2]).toBeLessThan(faults * 130);
  expect(of("rwlock").stepsNs[dirty2]).toBe(0);
  expect([of().restsOnAssumptions, of("rwlock").restsOnAssumptions]).toEqual([true, false]);
});
