import { expect, it } from "vitest";
import type { Finding } from "./finding.js";
import { treeWords } from "./treeWords.js";

const SAID: readonly (readonly [finding: Finding, short: string, long: string])[] = [
  [
    { code: "unsplit-block", count: 1, data: { gpa: "0x40200000", level: 1, bytes: 2097152 } },
    "1 block unsplit, first at 0x40200000",
    "1 block (2M) in a range that was to be split is still mapped as a block, the first at GPA " +
      "0x40200000, level 1",
  ],
  [
    { code: "unsplit-block", count: 2, data: { ipa: "0x40200000", level: 2, bytes: 4194304, cause: "passed-over" } },
    "2 blocks unsplit, first at 0x40200000",
    "2 blocks (4M) in a range that was to be split are still mapped as blocks, the first at IPA " +
      "0x40200000, level 2; the walk never came to it",
  ],
  [
    {
      code: "unsplit-block",
      count: 2,
      data: { ipa: "0x40200000", level: 2, bytes: 4194304, cause: "left-in-new-table" },
    },
    "2 blocks unsplit, first at 0x40200000",
    "2 blocks (4M) in a range that was to be split are still mapped as blocks, the first at IPA " +
      "0x40200000, level 2; it was made by splitting a larger block, and left there",
  ],
  [
    { code: "lost-coverage", count: 1, data: { gpa: "0x40200000", level: 1, bytes: 2097152 } },
    "2M no longer mapped, first at 0x40200000",
    "2M that was mapped is mapped no longer, the first at GPA 0x40200000, level 1",
  ],
  [
    { code: "lost-coverage", count: 3, data: { ipa: "0x40200000", level: 2, bytes: 4194304 } },
    "4M no longer mapped, first at 0x40200000",
    "4M that was mapped is mapped no longer, the first at IPA 0x40200000, level 2",
  ],
  [
    { code: "stray-mapping", count: 1, data: { gpa: "0x40200000", level: 1, bytes: 2097152 } },
    "2M mapped that was not, first at 0x40200000",
    "2M is mapped that was not before, the first at GPA 0x40200000, level 1",
  ],
  [
    { code: "stray-mapping", count: 3, data: { ipa: "0x40200000", level: 2, bytes: 4194304 } },
    "4M mapped that was not, first at 0x40200000",
    "4M is mapped that was not before, the first at IPA 0x40200000, level 2",
  ],
  [
    { code: "wrong-output-address", count: 1, data: { gpa: "0x40200000", level: 1, bytes: 2097152 } },
    "1 leaf wrong output address, first at 0x40200000",
    "1 leaf (2M) maps another output address than before, the first at GPA 0x40200000, level 1",
  ],
  [
    { code: "wrong-output-address", count: 2, data: { ipa: "0x40200000", level: 2, bytes: 4194304 } },
    "2 leaves wrong output address, first at 0x40200000",
    "2 leaves (4M) map another output address than before, the first at IPA 0x40200000, level 2",
  ],
  [
    { code: "wrong-attributes", count: 1, data: { gpa: "0x40200000", level: 1, bytes: 2097152 } },
    "1 leaf wrong attributes, first at 0x40200000",
    "1 leaf (2M) has other attributes than before, the first at GPA 0x40200000, level 1",
  ],
  [
    { code: "wrong-attributes", count: 2, data: { ipa: "0x40200000", level: 2, bytes: 4194304 } },
    "2 leaves wrong attributes, first at 0x40200000",
    "2 leaves (4M) have other attributes than before, the first at IPA 0x40200000, level 2",
  ],
  [
    { code: "not-write-protected", count: 1, data: { gpa: "0x40200000", level: 1, bytes: 2097152 } },
    "1 leaf still writable, first at 0x40200000",
    "1 leaf (2M) is writable though it was to be write-protected, the first at GPA 0x40200000, level 1",
  ],
  [
    { code: "not-write-protected", count: 2, data: { ipa: "0x40200000", level: 2, bytes: 4194304 } },
    "2 leaves still writable, first at 0x40200000",
    "2 leaves (4M) are writable though they were to be write-protected, the first at IPA 0x40200000, level 2",
  ],
  [
    { code: "needlessly-write-protected", count: 1, data: { gpa: "0x40200000", level: 1, bytes: 2097152 } },
    "1 leaf write-protected needlessly, first at 0x40200000",
    "1 leaf (2M) is write-protected outside every range that was to be, the first at GPA 0x40200000, level 1",
  ],
  [
    { code: "needlessly-write-protected", count: 2, data: { ipa: "0x40200000", level: 2, bytes: 4194304 } },
    "2 leaves write-protected needlessly, first at 0x40200000",
    "2 leaves (4M) are write-protected outside every range that was to be, the first at IPA 0x40200000, level 2",
  ],
  [
    { code: "tables-unaccounted", count: 1, data: { toppedUp: 5, cached: 2, allocated: 3, linked: 4 } },
    "table pages do not add up: 3 allocated, 4 linked",
    "table pages do not add up: 5 put into the cache, 2 left there, 3 taken, 4 linked in the tree",
  ],
];

it.each(SAID)(
  "a finding of a tree is said whole, in a cell and as a sentence: $code, $count",
  (finding, short, long) => {
    const words = treeWords[finding.code]!;
    expect({ short: words.short(finding), long: words.long(finding) }).toEqual({ short, long });
  },
);
