/**
 * table-walk: this project's own.
 *
 * Tables are walked instead of looked up from the root, by the write-protect and by the split: an
 * entry is read when the address enters it. A page is needed only where something is to be split,
 * so that a guest of 4K pages takes none, and drops no lock for them. In clear mode mmu_lock is
 * dropped with unflushed splits as in Linux 7.3.
 */

import { strategyFrom } from "../strategy.js";

export const tableWalk = strategyFrom({
  id: "table-walk",
  mmu: "riscv",
  summary: "walks tables instead of looking each page up; takes pages only where it splits",
  origin: "s2split",
  walk: "tables",
});
