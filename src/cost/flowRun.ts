import { Flow } from "../mmu/arm64/flow.js";
import type { FlowInput } from "../mmu/arm64/flowInput.js";
import { countsOfStep, type FlowStep } from "../mmu/arm64/flowStep.js";
import type { SplitStrategy } from "../mmu/arm64/strategy.js";
import type { Counts, CountValue } from "../mmu/counters.js";
import { type ModelledTime, modelTime, type UnpricedCount, unpricedTogether } from "./modelTime.js";
import type { CostProfile } from "./profile.js";

/** One run of the simulated test: a strategy, and how blocks are split. */
export interface TestCase {
  readonly strategy: SplitStrategy;
  readonly input: FlowInput;
}

/** What a run did, step by step and summed. */
export interface TestRun {
  readonly strategy: string;
  readonly source: string;
  readonly chunk: string;
  /** 2 where blocks were replaced without break-before-make, as proposed; else null. */
  readonly bbm: 2 | null;
  readonly input: FlowInput;
  readonly steps: readonly FlowStep[];
  readonly totals: Readonly<Record<TotalId, Counts>>;
  /** null without a profile. */
  readonly modelled: ModelledRun | null;
}

/**
 * `guest`: what guests wait for once all memory is populated. `ioctl`: what userspace waits for. `whole`: everything, populating
 * included. `get` and `clear`: over all iterations, as the test sums them up.
 */
export const TOTALS = ["guest", "ioctl", "whole", "get", "clear"] as const;
export type TotalId = (typeof TOTALS)[number];

export interface ModelledRun {
  readonly profile: string;
  /** Nanoseconds of each step; of guest steps, summed over the vCPUs. */
  readonly stepsNs: readonly number[];
  readonly totalsNs: Readonly<Record<TotalId, number>>;
  readonly restsOnAssumptions: boolean;
  readonly unpriced: readonly UnpricedCount[];
}

/** Whether a step belongs to a total. */
export function isIn(total: TotalId, step: FlowStep): boolean {
  switch (total) {
    case "whole":
      return true;
    case "guest":
      return step.kind === "guest" && step.phase !== "populate";
    case "ioctl":
      return step.kind === "ioctl";
    default:
      return step.kind === "ioctl" && step.phase.startsWith(total);
  }
}

export interface TestRunOptions {
  readonly profile: CostProfile | null;
  /** Digests of the tree after each step. */
  readonly digest: boolean;
  /** Told the name of each step before it runs. */
  readonly onStep?: (name: string) => void;
}

/**
 * Runs one case, and prices it if there is a profile. Faults of guests are priced with as many issuers of broadcast TLBIs as there are
 * vCPUs, since the test's guests fault at the same time; ioctls with one.
 */
export function runTestCase({ strategy, input }: TestCase, options: TestRunOptions): TestRun {
  const flow = new Flow(input, strategy, options.digest);
  const steps = input.steps.flatMap((step) => {
    options.onStep?.(step.name);
    return flow.run(step);
  });
  const totals = Object.fromEntries(
    TOTALS.map((total) => [total, sumOf(steps.filter((step) => isIn(total, step)).map(countsOfStep))]),
  ) as Record<TotalId, Counts>;
  return {
    strategy: strategy.id,
    source: strategy.source,
    chunk: String(input.chunk),
    bbm: input.bbm ?? null,
    input,
    steps,
    totals,
    modelled: options.profile === null ? null : price(steps, input.vcpus, options.profile),
  };
}

function price(steps: readonly FlowStep[], vcpus: number, profile: CostProfile): ModelledRun {
  const times: ModelledTime[] = steps.map((step) =>
    modelTime(countsOfStep(step), profile, { issuers: step.kind === "guest" ? vcpus : 1 }),
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

/** Counts added up, name by name; what is no number is left out. */
export function sumOf(parts: readonly Counts[]): Counts {
  const sum: Record<string, CountValue> = {};
  for (const part of parts) {
    for (const [name, value] of Object.entries(part)) {
      if (typeof value === "number") sum[name] = ((sum[name] as number | undefined) ?? 0) + value;
      else if (value !== null && typeof value === "object")
        sum[name] = sumOf([(sum[name] as Counts | undefined) ?? {}, value]);
    }
  }
  return sum;
}
