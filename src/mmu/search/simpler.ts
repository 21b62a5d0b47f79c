import type { Arbitrary } from "fast-check";
import { UserError } from "../../errors.js";
import type { FastCheck } from "../contract.js";

/** How scenarios of an MMU become simpler. */
export interface Simplifying<S> {
  /** What a reader has to take in, by weight: the first number that differs decides. */
  burden(scenario: S): readonly number[];
  /** The boldest first; they need be neither simpler nor possible. */
  candidates(scenario: S): Iterable<S>;
  /** @throws UserError for a scenario that cannot be */
  check(scenario: S): unknown;
}

/**
 * Candidates that can be and are simpler by the burden, so that taking them again and again comes
 * to an end.
 */
export function* simplerThan<S>(scenario: S, { burden, candidates, check }: Simplifying<S>): Generator<S> {
  const before = burden(scenario);
  for (const candidate of candidates(scenario)) {
    if (!isLighter(burden(candidate), before)) continue;
    try {
      check(candidate);
    } catch (error) {
      if (error instanceof UserError) continue;
      throw error;
    }
    yield candidate;
  }
}

function isLighter(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at >= 0 && a[at]! < b[at]!;
}

/** Draws as `inner` does, and shrinks by `simpler`, which knows what is simpler for a reader. */
export function shrunkBy<S>(fc: FastCheck, inner: Arbitrary<S>, simpler: (scenario: S) => Generator<S>): Arbitrary<S> {
  class Shrunk extends fc.Arbitrary<S> {
    override generate(...args: Parameters<Arbitrary<S>["generate"]>) {
      return new fc.Value(inner.generate(...args).value, undefined);
    }
    override canShrinkWithoutContext(_value: unknown): _value is S {
      return true;
    }
    override shrink(value: S) {
      return fc.stream(simpler(value)).map((other) => new fc.Value(other, undefined));
    }
  }
  return new Shrunk();
}
