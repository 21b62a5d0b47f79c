import { expect, it } from "vitest";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { calibrate } from "./calibrate.js";
import { faultTime } from "./contention.js";
import type { MeasuredPhase } from "./measuredRuns.js";
import type { CostId } from "./profile.js";
import { builtinProfile } from "./profiles.js";
import { TERM_IDS, type TermCounts } from "./terms.js";

const baseline = strategies.find(({ id }) => id === "baseline")!;

function phase(label: string, some: Partial<TermCounts>, ns: number, issuers = 1): MeasuredPhase {
  const none = Object.fromEntries(TERM_IDS.map((id) => [id, 0])) as TermCounts;
  return {
    phase: "dirty",
    iteration: 1,
    label,
    terms: { ...none, ...some },
    issuers,
    samplesNs: [ns, ns, ns],
    medianNs: ns,
    ci95Ns: [ns, ns],
    hasInterval: true,
  };
}

const measured = (phases: readonly MeasuredPhase[]) => ({ phases, skipped: [], ignoredWritePercent: [] });

it("a profile is made of the figures of a fit, with a title that says what it was fitted to", () => {
  const phases = measured([phase("a", { faults: 10 }, 1000), phase("b", { walks: 10 }, 70)]);
  const options = { costs: ["fault", "walk"] as const, source: "two runs", resamples: 2 };
  const { fit, profile, ...rest } = calibrate(phases, baseline, "mine", options);
  expect(rest).toEqual({ measured: phases });
  expect(profile).toEqual({
    kind: "s2split-cost-profile",
    schemaVersion: 1,
    name: "mine",
    title: "fitted to 2 measured phases of two runs",
    mmu: "arm64",
    costs: fit.figures,
  });
  expect([fit.figures.fault!.ns, fit.figures.walk!.ns]).toEqual([expect.closeTo(100, 6), expect.closeTo(7, 6)]);
  const long = calibrate(phases, baseline, "mine", { ...options, source: "x".repeat(500) }).profile.title;
  expect(long).toHaveLength(400);
});

it("a profile knows contention where the runs tell it, the guest's own accesses left out", () => {
  const known = builtinProfile("ampereone").contention!;
  const ACCESS = 1000;
  const passes = [1, 8, 32, 64].map((vcpus) => {
    const { ns } = faultTime({ relax: 512, map: 0, broken: 0 }, known, "parallel", vcpus);
    const terms = { faults: 512, tlbiLocal: 512, guestAccesses: 512 };
    return phase(`${vcpus} vCPUs`, terms, ns + ACCESS * 512, vcpus);
  });
  const accesses = phase("accesses", { guestAccesses: 512 }, ACCESS * 512);
  const relax = (phases: readonly MeasuredPhase[], costs: readonly CostId[]) => {
    const options = { costs, source: "runs", resamples: 2 };
    const { fit, profile } = calibrate(measured(phases), baseline, "mine", options);
    expect(profile.contention).toMatchObject({
      provenance: { source: "runs" },
      fittedTo: ["1 vCPUs", "8 vCPUs", "32 vCPUs", "64 vCPUs"],
    });
    return [fit.figures.guestAccess?.ns ?? 0, profile.contention!.alone.relax! - known.alone.relax!];
  };
  const [access, apart] = relax([...passes, accesses, accesses, accesses], ["fault", "guestAccess"]);
  expect(Math.abs(access! - ACCESS)).toBeLessThan(0.2 * ACCESS);
  expect(Math.abs(apart!)).toBeLessThan(0.3 * ACCESS);
  // Where they are not priced a fault takes them too.
  const [none, more] = relax(passes, ["walk"]);
  expect([none, Math.abs(more! - ACCESS) < 0.3 * ACCESS]).toEqual([0, true]);
});
