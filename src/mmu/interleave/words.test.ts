import { expect, it } from "vitest";
import type { Finding } from "../finding.js";
import { movingWords } from "./words.js";

const SAID: readonly (readonly [finding: Finding, short: string, long: string])[] = [
  [
    { code: "dirty-page-lost", count: 1, data: { gpa: "0x3000", level: 0, cause: "written" } },
    "dirty page lost at 0x3000",
    "dirty page lost: a page that was written is not in the log that userspace gets next; first at GPA " +
      "0x3000, level 0",
  ],
  [
    { code: "dirty-page-lost", count: 1, data: { ipa: "0x3000", level: 3, cause: "next-write" } },
    "dirty page lost at 0x3000",
    "dirty page lost: a page that is not in the log is mapped writable, so that its next write goes " +
      "unseen; first at IPA 0x3000, level 3",
  ],
  [
    { code: "dirty-page-lost", count: 1, data: { ipa: "0x3000", level: 2, cause: "unsplit-block" } },
    "dirty page lost at 0x3000",
    "dirty page lost: a block was left unsplit, and hardware logs pages alone, so that a write to it is " +
      "in no log; first at IPA 0x3000, level 2",
  ],
  [
    { code: "dirty-page-lost", count: 1, data: { ipa: "0x3000", level: 2 } },
    "dirty page lost at 0x3000",
    "dirty page lost: no log has it; first at IPA 0x3000, level 2",
  ],
  [
    { code: "still-mapped", count: 2, data: { gpa: "0x3000", level: 0 } },
    "still mapped at 0x3000",
    "memory that the host took away is still mapped, the first at GPA 0x3000, level 0",
  ],
  [
    { code: "still-mapped", count: 2, data: { ipa: "0x3000", level: 3 } },
    "still mapped at 0x3000",
    "memory that the host took away is still mapped, the first at IPA 0x3000, level 3",
  ],
  [
    { code: "tables-not-linked", count: 1, data: { used: 5, linked: 4 } },
    "5 table pages in use, 4 linked",
    "table pages do not add up: 5 are in use, 4 are linked",
  ],
  [{ code: "walk-never-ends", count: 1, data: {} }, "the walk never ends", "the walk never ends"],
];

it.each(SAID)("what an interleaving finds is said whole: $code, $count", (finding, short, long) => {
  const words = movingWords[finding.code]!;
  expect({ short: words.short(finding), long: words.long(finding) }).toEqual({ short, long });
});
