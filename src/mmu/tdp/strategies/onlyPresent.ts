/**
 * only-present: Sean Christopherson's answer to the zap series, 2024-10-23: the step to the side
 * goes on inside the iterator while entries are not present, so that a loop asks for present
 * entries only.
 *
 * The entries are still read, each of them; only the loops are saved. The first entry of a table is
 * landed on as before, and the test for the range's end is not made while it scans.
 */
import { strategyFrom } from "../strategy.js";

export const onlyPresent = strategyFrom({
  id: "only-present",
  mmu: "x86-tdp",
  summary: "the step to the side goes on to the next present entry",
  origin: "Sean Christopherson, 2024-10-23",
  next: (table, index) => {
    for (let i = index + 1; i < 512; i++) if (table.load(i)) return i;
    return 512;
  },
  body: "present",
  fast: "present",
});
