import { are, counted, place, type Words, was } from "./findingWords.js";

/** Words for the notes of riscv: what is to be told of KVM/riscv, whichever strategy is used. */
export const riscvWords: Readonly<Record<string, Words>> = {
  "stale-drop": {
    short: (f) => `mmu_lock dropped ${f.count === 1 ? "once" : `${f.count} times`} with splits unflushed`,
    long: (f) =>
      `mmu_lock ${was(f.count)} dropped ${f.count === 1 ? "once" : `${f.count} times`} with splits that no flush had followed, up to ` +
      `${f.data.splits} of them, first with the loop at ${place(f)}; the ioctl's last flush mends it before userspace sees the result`,
  },
  "access-stuck": {
    short: (f) => `${counted(f.count, "access", "accesses")} never ${f.count === 1 ? "ends" : "end"}`,
    long: (f) =>
      `${counted(f.count, "access", "accesses")} after logging is turned off ${are(f.count)} given up after the fourth fault, the first at ` +
      `${place(f)}: the kernel's own code, run in userspace, faults on it for ever; not seen on a running kernel`,
  },
  "tables-lost": {
    short: (f) => `${counted(f.count, "table page")} lost`,
    long: (f) =>
      `${counted(f.count, "table page")} ${are(f.count)} neither freed nor reachable when the VM has ended: an unmap reaches leaves only`,
  },
};
