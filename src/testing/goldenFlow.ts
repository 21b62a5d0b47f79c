import type { FlowInput } from "../mmu/arm64/flowInput.js";

/** A golden flow of arm64: every step of baseline, and what other strategies change of them. */
export interface GoldenFlow {
  name: string;
  input: FlowInput;
  tree: unknown;
  baseline: Record<string, unknown>[];
  strategies: Record<string, Record<string, unknown>>;
}

/** The baseline's steps with what a strategy changes put in: `"step/group/key": value`. */
export function overridden(golden: GoldenFlow, overrides: Record<string, unknown>): unknown[] {
  const steps = structuredClone(golden.baseline);
  for (const [path, value] of Object.entries(overrides)) {
    const names = path.split("/");
    let at = steps as unknown as Record<string, unknown>;
    for (const name of names.slice(0, -1)) {
      at[name] ??= {};
      at = at[name] as Record<string, unknown>;
    }
    at[names.at(-1)!] = value;
  }
  return steps;
}

/** One normal form: no zeros, no groups without counts. */
export function normal(value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const entries = Object.entries(value)
    .map(([name, inner]) => [name, normal(inner)] as const)
    .filter(([, inner]) => inner !== 0 && inner !== undefined)
    .filter(([, inner]) => inner === null || typeof inner !== "object" || Object.keys(inner).length > 0);
  return Object.fromEntries(entries);
}

/**
 * Every key that some golden flow has at its place: in them a count that is absent is 0, one that
 * none of them has is newer.
 */
export function keysOfFlows(flows: readonly GoldenFlow[]): unknown {
  return keysOfSteps(
    flows.flatMap((golden) =>
      [golden.baseline, ...Object.values(golden.strategies).map((one) => overridden(golden, one))].flat(),
    ),
  );
}

/** Every key that some of these steps has at its place: see {@link keysOfFlows}. */
export function keysOfSteps(values: readonly unknown[]): unknown {
  const groups = values.filter((value) => typeof value === "object" && value !== null && !Array.isArray(value));
  if (groups.length === 0) return null;
  const names = new Set(groups.flatMap((group) => Object.keys(group!)));
  return Object.fromEntries(
    [...names].map((name) => [name, keysOfSteps(groups.map((group) => (group as Record<string, unknown>)[name]))]),
  );
}

/**
 * Steps without digests: leaves by level, writable ones, tables, dirty bits and caches are still
 * there.
 */
export function withoutDigests(steps: readonly unknown[]): unknown[] {
  return (steps as readonly { state: object }[]).map((step) => {
    const { digest: _, ...state } = step.state as { digest?: string };
    return normal({ ...step, state });
  });
}
