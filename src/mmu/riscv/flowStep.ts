import type { Counts, CountValue } from "../counters.js";
import { withoutZeros } from "../flow/withoutZeros.js";
import { TreeDigest } from "../leafLines.js";
import { byLevelArray, levelsJson } from "./counts.js";
import { WRITE } from "./entry.js";
import type { FlushLog } from "./flushLog.js";
import type { GStage } from "./gstage.js";
import { linkedTables, scanLeaves } from "./scan.js";
import { addPages } from "./windows.js";

/**
 * What one step of a flow did, named and nested as `baseline` in the golden flows. **A count that
 * is 0 is absent**, and so is a group with no count.
 */
export interface RiscvFlowOutcome {
  readonly phase: string;
  /**
   * `guest`: accesses and their faults; `ioctl`: what userspace asked of the kernel; `host`: an
   * unmap; `destroy`: the end of the VM.
   */
  readonly kind: "guest" | "ioctl" | "host" | "destroy";
  /** The tree and the caches after the step; none after `destroy`. */
  readonly state?: RiscvFlowState;
  /** The TLB flushes in their order. */
  readonly flushes: FlushLog;
  readonly counts: Counts;
}

export interface RiscvFlowState {
  /** Leaves by level. */
  readonly leaves?: Counts;
  /** Those that are writable. */
  readonly writable?: Counts;
  /** Table pages linked in the tree, root excluded. */
  readonly tables?: number;
  /** Pages taken from the system and neither freed, nor in a cache, nor reachable, so far. */
  readonly tablesLost?: number;
  /** In all slots; none after logging is disabled. */
  readonly dirtyBits?: number;
  /** Pages in the split cache. */
  readonly splitCache?: number;
  /** Pages in each vCPU's cache. */
  readonly vcpuCache: readonly number[];
  /** As in the golden files; absent where not asked for. */
  readonly digest?: string;
}

/** Sums up a tree as it stands. */
export function stateOf(
  gstage: GStage,
  others: { readonly dirtyBits: number; readonly tablesLost: number; readonly vcpuCache: readonly number[] },
  withDigest: boolean,
): RiscvFlowState {
  const { geometry, mem } = gstage;
  const leaves = byLevelArray();
  const writable = byLevelArray();
  const digest = withDigest ? new TreeDigest(4096, 0) : null;
  scanLeaves(geometry, mem, 0, geometry.endGfn, {
    block: (level, gfn, lo, hi) => {
      leaves[level]!++;
      if ((lo & WRITE) !== 0) writable[level]!++;
      digest?.block(level, gfn, lo, hi);
    },
    pages: (words, word, gfn, count) => {
      addPages({ leaves, writable }, words, word, count);
      digest?.pages(words, word, gfn, count);
    },
  });
  const numbers: Record<string, CountValue> = withoutZeros({
    leaves: levelsJson(leaves, geometry),
    writable: levelsJson(writable, geometry),
    tables: linkedTables(geometry, mem),
    tablesLost: others.tablesLost,
    dirtyBits: others.dirtyBits,
    splitCache: gstage.cache.pages,
  });
  return {
    ...numbers,
    vcpuCache: others.vcpuCache,
    ...(digest === null ? {} : { digest: digest.hex() }),
  };
}
