/**
 * only-present: Sean Christopherson's answer to the zap series, 2024-10-23: the step to the side goes on inside the iterator while entries
 * are not present, so that a loop asks for present entries only.
 *
 * The entries are still read, each of them; only the loops are saved. The first entry of a table is landed on as before, and the test
 * for the range's end is not made while it scans.
 */
import type { IterVariant } from "../variant.js";

export const onlyPresent: IterVariant = {
  enter: (_table, index) => index,
  next: (table, index) => {
    for (let i = index + 1; i < 512; i++) if (table.load(i)) return i;
    return 512;
  },
  body: "present",
  aside: 0,
  asideMark: "moved",
  fast: "present",
};
