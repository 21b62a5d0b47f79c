import { expect, it } from "vitest";
import type { Finding } from "../finding.js";
import { riscvWords } from "./words.js";

const SAID: readonly (readonly [finding: Finding, short: string, long: string])[] = [
  [
    { code: "stale-drop", count: 1, data: { splits: 7, gpa: "0x40200000" } },
    "mmu_lock dropped once with splits unflushed",
    "mmu_lock was dropped once with splits that no flush had followed, up to 7 of them, first with the " +
      "loop at GPA 0x40200000; the ioctl's last flush mends it before userspace sees the result",
  ],
  [
    { code: "access-stuck", count: 1, data: { gpa: "0x40200000" } },
    "1 access never ends",
    "1 access after logging is turned off is given up after the fourth fault, the first at GPA " +
      "0x40200000: the kernel's own code, run in userspace, faults on it for ever; not seen on a running " +
      "kernel",
  ],
  [
    { code: "tables-lost", count: 1, data: {} },
    "1 table page lost",
    "1 table page is neither freed nor reachable when the VM has ended: an unmap reaches leaves only",
  ],
  [
    { code: "stale-drop", count: 2, data: { splits: 7, gpa: "0x40200000" } },
    "mmu_lock dropped 2 times with splits unflushed",
    "mmu_lock was dropped 2 times with splits that no flush had followed, up to 7 of them, first with the " +
      "loop at GPA 0x40200000; the ioctl's last flush mends it before userspace sees the result",
  ],
  [
    { code: "access-stuck", count: 2, data: { gpa: "0x40200000" } },
    "2 accesses never end",
    "2 accesses after logging is turned off are given up after the fourth fault, the first at GPA " +
      "0x40200000: the kernel's own code, run in userspace, faults on it for ever; not seen on a running " +
      "kernel",
  ],
  [
    { code: "tables-lost", count: 2, data: {} },
    "2 table pages lost",
    "2 table pages are neither freed nor reachable when the VM has ended: an unmap reaches leaves only",
  ],
];

it.each(SAID)("a finding of riscv is said whole: $code, $count", (finding, short, long) => {
  const words = riscvWords[finding.code]!;
  expect({ short: words.short(finding), long: words.long(finding) }).toEqual({ short, long });
});
