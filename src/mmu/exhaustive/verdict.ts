/**
 * The bit of each fault in a verdict, which is a number so that judges of millions of trees
 * allocate nothing.
 */
export function bitsOf<const F extends string>(faults: readonly F[]): Readonly<Record<F, number>> {
  return Object.fromEntries(faults.map((fault, i) => [fault, 1 << i])) as Record<F, number>;
}

/** The faults whose bits of {@link bitsOf} a verdict has. */
export function faultsIn<F extends string>(faults: readonly F[], verdict: number): readonly F[] {
  return faults.filter((_, i) => (verdict & (1 << i)) !== 0);
}
