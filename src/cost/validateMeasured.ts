import { zip } from "../lists.js";
import type { MeasuredPhases } from "./measuredRuns.js";
import { modelTime, type UnpricedCount, unpricedTogether } from "./modelTime.js";
import type { CostProfile } from "./profile.js";

/** Modelled beside measured, phase by phase. */
export interface MeasuredValidation {
  readonly profile: string;
  readonly rows: readonly MeasuredComparison[];
  readonly restsOnAssumptions: boolean;
  readonly unpriced: readonly UnpricedCount[];
  readonly skipped: MeasuredPhases["skipped"];
  readonly ignoredWritePercent: MeasuredPhases["ignoredWritePercent"];
}

export interface MeasuredComparison {
  readonly label: string;
  readonly samples: number;
  /** Median, nanoseconds. */
  readonly measuredNs: number;
  readonly ci95Ns: readonly [number, number];
  /** False where {@link ci95Ns} is the range of too few samples. */
  readonly hasInterval: boolean;
  readonly modelledNs: number;
  readonly errorPercent: number;
  /** Whether the modelled time is within the interval; null where there is none. */
  readonly inside: boolean | null;
}

export function validateMeasured(measured: MeasuredPhases, profile: CostProfile): MeasuredValidation {
  const times = measured.phases.map((phase) => modelTime(phase.terms, profile, { issuers: phase.issuers }));
  return {
    profile: profile.name,
    rows: zip(measured.phases, times).map(([phase, { totalNs: modelledNs }]) => {
      const [low, high] = phase.ci95Ns;
      return {
        label: phase.label,
        samples: phase.samplesNs.length,
        measuredNs: phase.medianNs,
        ci95Ns: phase.ci95Ns,
        hasInterval: phase.hasInterval,
        modelledNs,
        errorPercent: 100 * (modelledNs / phase.medianNs - 1),
        inside: phase.hasInterval ? modelledNs >= low && modelledNs <= high : null,
      };
    }),
    restsOnAssumptions: times.some((time) => time.restsOnAssumptions),
    unpriced: unpricedTogether(times),
    skipped: measured.skipped,
    ignoredWritePercent: measured.ignoredWritePercent,
  };
}
