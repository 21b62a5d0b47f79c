import { Flow } from "../mmu/arm64/flow.js";
import type { FlowInput } from "../mmu/arm64/flowInput.js";
import { countsOfStep, type FlowStep } from "../mmu/arm64/flowStep.js";
import type { SplitStrategy } from "../mmu/arm64/strategy.js";
import type { Counts, CountValue } from "../mmu/counters.js";

/** One run of the simulated test: a strategy, and how blocks are split. */
export interface SelftestCase {
  readonly strategy: SplitStrategy;
  readonly input: FlowInput;
}

/** What a run did, step by step and summed. */
export interface SelftestRun {
  readonly strategy: string;
  readonly source: string;
  readonly chunk: string;
  /** 2 where blocks were replaced without break-before-make, as proposed; else null. */
  readonly bbm: 2 | null;
  readonly input: FlowInput;
  readonly steps: readonly FlowStep[];
  readonly totals: Readonly<Record<TotalId, Counts>>;
}

/**
 * `guest`: what guests wait for once all memory is populated. `ioctl`: what userspace waits for.
 * `whole`: everything, populating included. `get` and `clear`: over all iterations, as the test
 * sums them up.
 */
export const TOTALS = ["guest", "ioctl", "whole", "get", "clear"] as const;
export type TotalId = (typeof TOTALS)[number];

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

export interface RunSelftestOptions {
  /** Digests of the tree after each step. */
  readonly digest: boolean;
  /** Told the name of each step before it runs. */
  readonly onStep?: (name: string) => void;
}

/** Runs one case. */
export function runSelftest({ strategy, input }: SelftestCase, options: RunSelftestOptions): SelftestRun {
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
