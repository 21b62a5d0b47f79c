import { describe, expect, it } from "vitest";
import { goldenFiles } from "../../testing/golden.js";
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

/** One normal form: no zeros, no groups without counts; lists as they are. */
function normal(value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const entries = Object.entries(value)
    .map(([name, inner]) => [name, normal(inner)] as const)
    .filter(([, inner]) => inner !== 0)
    .filter(([, inner]) => inner === null || typeof inner !== "object" || Object.keys(inner).length > 0);
  return Object.fromEntries(entries);
}

function goldenForm({ phase, kind, counts, flushes, state }: RiscvFlowOutcome): unknown {
  const flush = flushes.requests === 0 ? {} : { flush: flushes.golden() };
  return normal({ phase, kind, ...withoutZeros(counts as Counts), ...flush, ...(state && { state }) });
}

describe.each(goldenFiles<GoldenFlow>("riscv-flow"))("golden riscv-flow/$name", ({ data }) => {
  it("every step counts what the kernel's code counts, flush by flush, and leaves its tree and caches", () => {
    expect(runFlow(data.input, baseline).map(goldenForm)).toEqual(data.baseline.map(normal));
  });
});
