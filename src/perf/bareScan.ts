import { VALID } from "../mmu/arm64/descriptor.js";
import type { Stage2 } from "../mmu/arm64/stage2.js";
import type { Reference } from "./measure.js";

/**
 * The yardstick: one loop over descriptors as they lie in memory, counting those that are valid. It
 * reads the word that a walk reads, calls nothing and writes nothing; no walk can be faster. In C
 * it takes less than half as long (docs/performance.md).
 */
export function bareScan(words: Uint32Array, descriptors: number): number {
  const validBit = VALID;
  const end = (2 * descriptors) | 0;
  let valid = 0;
  for (let word = 0; word < end; word = (word + 2) | 0) valid = (valid + (words[word]! & validBit)) | 0;
  return valid;
}

/** Where the scans' results go, so that no scan can be left out by the compiler. @public */
export let scanned = 0;

/** A bare scan of every table page that the tree has in use at that moment, root included. */
export function scanOf(stage2: Stage2): Reference {
  const descriptors = (stage2.mem.tables + stage2.geometry.pgdPages) * stage2.geometry.entries;
  return {
    title: "bare scan",
    units: descriptors,
    work: () => {
      scanned += bareScan(stage2.mem.words, descriptors);
    },
  };
}
