import { are, counted, type FindingWordTable } from "../findingWords.js";
import { movingWords } from "../interleave/words.js";
import { treeWords } from "../treeWords.js";

/**
 * Words for the findings of riscv, and for what is noted of KVM/riscv whichever strategy is used.
 */
export const riscvWords: FindingWordTable = {
  ...treeWords,
  ...movingWords,
  "stale-drop": {
    short: (f) => `mmu_lock dropped ${times(f.count)} with splits unflushed`,
    long: (f) =>
      `mmu_lock was dropped ${times(f.count)} with splits that no flush had followed, up to ${f.data.splits} of ` +
      "them, first with the loop " +
      `at GPA ${f.data.gpa}; the ioctl's last flush mends it before userspace sees the result`,
  },
  "access-stuck": {
    short: (f) => `${counted(f.count, "access", "accesses")} never ${f.count === 1 ? "ends" : "end"}`,
    long: (f) =>
      `${counted(f.count, "access", "accesses")} after logging is turned off ${are(f.count)} given up after the ` +
      "fourth fault, the first at " +
      `GPA ${f.data.gpa}: the kernel's own code, run in userspace, faults on it for ever; not seen on a running kernel`,
  },
  "tables-lost": {
    short: (f) => `${counted(f.count, "table page")} lost`,
    long: (f) =>
      `${counted(f.count, "table page")} ${are(f.count)} neither freed nor reachable when the VM has ended: an ` +
      "unmap reaches leaves only",
  },
};

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
