import { describe, expect, it } from "vitest";
import { atGoldenKeys, goldenFiles } from "../../testing/golden.js";
import { keysOfSteps, normal } from "../../testing/goldenFlow.js";
import type { Counts } from "../counters.js";
import { withoutZeros } from "../flow/withoutZeros.js";
import { runFlow } from "./flow.js";
import type { RiscvFlowInput } from "./flowInput.js";
import type { RiscvFlowOutcome } from "./flowStep.js";
import { baseline } from "./strategies/baseline.js";

interface GoldenFlow {
  name: string;
  input: RiscvFlowInput;
  baseline: Record<string, unknown>[];
}

function goldenForm({ phase, kind, counts, flushes, state }: RiscvFlowOutcome): unknown {
  const flush = flushes.requests === 0 ? {} : { flush: flushes.golden() };
  return { phase, kind, ...withoutZeros(counts as Counts), ...flush, ...(state && { state }) };
}

const flows = goldenFiles<GoldenFlow>("riscv-flow");
const keys = keysOfSteps(flows.flatMap(({ data }) => data.baseline));

describe.each(flows)("golden riscv-flow/$name", ({ data }) => {
  it("every step counts what the kernel's code counts, flush by flush, and leaves its tree and caches", () => {
    const steps = runFlow(data.input, baseline).map((step) => normal(atGoldenKeys(goldenForm(step), keys)));
    expect(steps).toEqual(data.baseline.map(normal));
  });
});
