/**
 * used-count: "keep track of the used entries" (Bernhard Kauer, 2024-10-23), as one count per
 * table.
 *
 * The walk takes the table's count when it enters and takes one off for each present entry it
 * passes; with none left it leaves the table. The count is that of the entry: where mmu_lock is
 * held for reading alone, as while logging is enabled, another vCPU may map an entry meanwhile, and
 * the walk leaves the table before its last one (`verify --interleave` finds the pages that stay
 * writable unseen). A zap has no such company: nobody faults on a root that is invalid.
 *
 * Entered in the middle, it cannot know how many of the count stand before: it may walk on to the
 * table's end.
 */
import { strategyFrom } from "../strategy.js";

export const usedCount = strategyFrom({
  id: "used-count",
  mmu: "x86-tdp",
  summary: "a table is left with its last present entry, by a count kept per table",
  origin: "Bernhard Kauer, 2024-10-23 (idea)",
  knownFaults: ["enabling, while a vCPU maps an entry of the table: what follows stays writable"],
  enter: (table, index) => {
    table.memo = table.used;
    if (table.used > 0) return index;
    // An empty root is landed on before its count is seen; an empty child is seen from its parent.
    if (table.isRoot) table.load(index);
    return 512;
  },
  next: (table, index) => {
    if (table.present) table.memo--;
    return table.memo <= 0 ? 512 : index + 1;
  },
  body: "present",
  fast: "count",
});
