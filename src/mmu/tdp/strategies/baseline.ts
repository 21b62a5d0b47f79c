/**
 * baseline: the iterator of Linux 7.3, every entry of every table it enters, present or not.
 */
import { strategyFrom } from "../strategy.js";

export const baseline = strategyFrom({
  id: "baseline",
  mmu: "x86-tdp",
  summary: "every entry of every table it enters",
  origin: "Linux 7.3",
  fast: "each",
});
