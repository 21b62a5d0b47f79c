import { PAGE_LEVEL } from "../../guest/geometry.js";
import type { Counts, CountValue } from "../counters.js";
import { withoutZeros } from "../flow/withoutZeros.js";
import { TreeDigest } from "../leafLines.js";
import { allLevels } from "./counts.js";
import { S2AP_WRITE, VALID } from "./descriptor.js";
import { countValid } from "./memory.js";
import { scanLeaves } from "./scan.js";
import type { Stage2 } from "./stage2.js";

/**
 * What one step of a flow did, named and nested as `baseline` in the golden flows. **A count that
 * is 0 is absent**, and so is a group with no count.
 */
export interface FlowStep {
  readonly phase: string;
  /** `guest`: accesses and their faults; `ioctl`: what userspace asked of the kernel. */
  readonly kind: "guest" | "ioctl";
  /** The tree and the caches after the step. */
  readonly state: FlowState;
  readonly [group: string]: CountValue | FlowState | undefined;
}

export interface FlowState {
  /** Valid leaves by level. */
  readonly leaves?: Counts;
  /** Those that are writable. */
  readonly writable?: Counts;
  /** Table pages, root excluded. */
  readonly tables?: number;
  /** In all slots; none after logging is disabled. */
  readonly dirtyBits?: number;
  /** Pages in the split cache. */
  readonly splitCache?: number;
  /** Pages in each vCPU's cache. */
  readonly vcpuCache: readonly number[];
  /** As in the golden files; absent where not asked for. */
  readonly digest?: string;
}

/**
 * The counts of a step alone, without its state: what counter paths and cost terms are read from.
 */
export function countsOfStep(step: FlowStep): Counts {
  const { state: _, ...counts } = step;
  return counts as Counts;
}

/** Sums up a tree as it stands. */
export function stateOf(stage2: Stage2, dirtyBits: number, vcpuCache: Int32Array, withDigest: boolean): FlowState {
  const { geometry, mem } = stage2;
  const leaves = new Float64Array(4);
  const writable = new Float64Array(4);
  const digest = withDigest ? new TreeDigest(geometry.pageBytes, PAGE_LEVEL) : null;
  scanLeaves(geometry, mem, 0, geometry.endGfn, {
    block: (level, gfn, lo, hi) => {
      leaves[level]!++;
      if ((lo & S2AP_WRITE) !== 0) writable[level]!++;
      digest?.block(level, gfn, lo, hi);
    },
    pages: (words, word, gfn, count) => {
      leaves[PAGE_LEVEL]! += countValid(words, word, count);
      writable[PAGE_LEVEL]! += countWritable(words, word, count);
      digest?.pages(words, word, gfn, count);
    },
  });
  const numbers = withoutZeros({
    leaves: allLevels(leaves),
    writable: allLevels(writable),
    tables: mem.tables,
    dirtyBits,
    splitCache: stage2.cache.objects,
  });
  return {
    ...numbers,
    vcpuCache: [...vcpuCache],
    ...(digest === null ? {} : { digest: digest.hex() }),
  };
}

function countWritable(words: Uint32Array, word: number, count: number): number {
  const both = VALID | S2AP_WRITE;
  const endWord = (word + 2 * count) | 0;
  let writable = 0;
  for (let at = word | 0; at < endWord; at = (at + 2) | 0) if ((words[at]! & both) === both) writable++;
  return writable;
}
