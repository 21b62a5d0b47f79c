import type { SplitStrategy } from "../mmu/arm64/strategy.js";
import { faultsOf } from "./calibrateFaults.js";
import { type Fit, fitCosts, profileFrom } from "./fit.js";
import type { FitOptions } from "./fitTypes.js";
import { candidateRuns, type MeasuredPhases } from "./measuredRuns.js";
import type { CostProfile } from "./profile.js";

export interface Calibration {
  readonly fit: Fit;
  readonly profile: CostProfile;
  readonly measured: MeasuredPhases;
}

/** Fits a profile to measured phases. @param name of the profile */
export function calibrate(
  measured: MeasuredPhases,
  strategy: SplitStrategy,
  name: string,
  options: Pick<FitOptions, "costs" | "seed" | "resamples" | "source">,
): Calibration {
  const fit = fitCosts(measured.phases, { ...options, candidates: candidateRuns(strategy) });
  const runs = measured.phases.length;
  const contention = faultsOf(measured.phases, fit.figures.guestAccess?.ns ?? 0, options.source);
  const linear = profileFrom(
    fit,
    name,
    `fitted to ${runs} measured phases of ${options.source}`.slice(0, 400),
    "arm64",
  );
  const profile = contention === null ? linear : { ...linear, contention };
  return { fit, measured, profile };
}
