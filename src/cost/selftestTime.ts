import { countsOfStep, type FlowStep } from "../mmu/arm64/flowStep.js";
import { isIn, type SelftestRun, TOTALS, type TotalId } from "../selftest/run.js";
import type { FaultLock } from "./contention.js";
import { type ModelledTime, modelTime, type UnpricedCount, unpricedTogether } from "./modelTime.js";
import type { CostProfile } from "./profile.js";

/** A run of the simulated test, with what it would take. */
export interface PricedRun extends SelftestRun {
  /** null without a profile. */
  readonly modelled: ModelledRun | null;
}

export interface ModelledRun {
  readonly profile: string;
  /** Nanoseconds of each step; of guest steps, summed over the vCPUs. */
  readonly stepsNs: readonly number[];
  readonly totalsNs: Readonly<Record<TotalId, number>>;
  readonly restsOnAssumptions: boolean;
  readonly unpriced: readonly UnpricedCount[];
}

/**
 * Prices a run, if there is a profile. Faults of guests are priced with as many issuers of
 * broadcast TLBIs as there are vCPUs, since the test's guests fault at the same time; ioctls with
 * one.
 *
 * @param lock which the kernel takes for a stage-2 fault
 */
export function priced(run: SelftestRun, profile: CostProfile | null, lock: FaultLock = "parallel"): PricedRun {
  return { ...run, modelled: profile === null ? null : price(run.steps, run.input.vcpus, profile, lock) };
}

function price(steps: readonly FlowStep[], vcpus: number, profile: CostProfile, lock: FaultLock): ModelledRun {
  const times: ModelledTime[] = steps.map((step) =>
    modelTime(countsOfStep(step), profile, { issuers: step.kind === "guest" ? vcpus : 1, lock }),
  );
  const stepsNs = times.map(({ totalNs }) => totalNs);
  const totalsNs = Object.fromEntries(
    TOTALS.map((total) => [total, stepsNs.reduce((sum, ns, i) => sum + (isIn(total, steps[i]!) ? ns : 0), 0)]),
  ) as Record<TotalId, number>;
  return {
    profile: profile.name,
    stepsNs,
    totalsNs,
    restsOnAssumptions: times.some((time) => time.restsOnAssumptions),
    unpriced: unpricedTogether(times),
  };
}
