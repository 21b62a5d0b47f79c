/**
 * split-if-huge: this project's own.
 *
 * The write-protect just before a split has looked at every leaf of the same range: where it found
 * none above level 0, there is nothing to split, and the call is left out. A guest of 4K pages is
 * then never searched for blocks. Otherwise as Linux 7.3.
 */

import { strategyFrom } from "../strategy.js";

export const splitIfHuge = strategyFrom({
  id: "split-if-huge",
  mmu: "riscv",
  summary: "no split where the write-protect just before it found no leaf above 4K",
  origin: "s2split",
  onlyIfHuge: true,
});
