/**
 * mix32, the integer mixer of the deterministic guests (lowbias32 constants), on unsigned 32-bit
 * values. mix32(1) = 0x688990c0.
 */
export function mix32(x: number): number {
  let h = x >>> 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x7feb352d);
  h ^= h >>> 15;
  h = Math.imul(h, 0x846ca68b);
  h ^= h >>> 16;
  return h >>> 0;
}

/**
 * A seeded source of fractions in [0, 1), the same on every machine: a Weyl sequence through
 * {@link mix32}, as SplitMix (Steele, Lea and Flood, 2014) has it in 64 bits. It is the only one
 * here but for what guests draw: layouts recorded in results stay what they are, and a verdict
 * repeats.
 */
export function seededRandom(seed: number): () => number {
  let counter = mix32(seed + 0x9e3779b9);
  return () => {
    counter = (counter + 0x9e3779b9) >>> 0;
    return mix32(counter) / 2 ** 32;
  };
}
