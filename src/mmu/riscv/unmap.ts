import type { UnmapCounts } from "./flowCounters.js";
import type { GStage } from "./gstage.js";
import { Lookup } from "./lookup.js";

/**
 * Takes [start, end) out of the tree, leaf by leaf; leaves that reach beyond it stay, tables are
 * never freed.
 *
 * Source: Linux 7.3, arch/riscv/kvm/gstage.c, `kvm_riscv_gstage_unmap_range()`.
 *
 * @param yields whether the lock may be yielded between steps
 * @returns whether anything was cleared
 */
export function unmapRange(gstage: GStage, counts: UnmapCounts, start: number, end: number, yields: boolean): boolean {
  const { mem, geometry, shape } = gstage;
  const lookup = new Lookup(mem, geometry);
  let cleared = false;
  let addr = start;
  while (addr < end) {
    counts.lookups++;
    lookup.of(addr, counts.inspected);
    const { level, slot, found } = lookup;
    const span = shape.span[level]!;
    if (found) {
      counts.found[level]!++;
      if (shape.start(addr, level) === addr && addr + span <= end) {
        mem.words[2 * slot] = 0;
        mem.words[2 * slot + 1] = 0;
        counts.stores[level]!++;
        cleared = true;
      }
      addr += span;
    } else {
      counts.missing[level]!++;
      addr = shape.end(addr, level);
    }
    if (yields && addr < end) counts.reschedPoints++;
  }
  return cleared;
}
