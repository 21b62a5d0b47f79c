/**
 * baseline: the walk as Linux 7.3 has it.
 *
 * LEAF, every entry inspected, every leaf visited, valid or not, pages included, although the split
 * visitor has nothing to do at level 3. The walk descends into each table that the visitor has just
 * made.
 *
 * Source: Linux 7.3, arch/arm64/kvm/hyp/pgtable.c, `kvm_pgtable_stage2_split()`.
 */
import { strategyFrom } from "../strategy.js";

export const baseline = strategyFrom({
  id: "baseline",
  summary: "visits every leaf, pages included, and descends into each table it has just made",
  origin: "Linux 7.3",
});
