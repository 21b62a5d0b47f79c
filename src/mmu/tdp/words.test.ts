import { expect, it } from "vitest";
import type { Finding } from "../finding.js";
import { tdpWords } from "./words.js";

const at = { gpa: "0x200000", level: 2 };

/** A finding, how a table's cell has it, and how a sentence has it. */
const SAID: readonly (readonly [code: string, count: number, data: Finding["data"], short: string, long: string])[] = [
  [
    "livelock",
    3,
    { walk: "zap level 1", root: 0, gpa: "0x21000", everyNPolls: 1 },
    "livelock: no progress between yields",
    "the zap level 1 walk comes back to where it was with nothing done, and would never end (walk zap level 1, " +
      "root 0, gpa 0x21000, everyNPolls 1)",
  ],
  [
    "unsplit-huge-page",
    1,
    { ...at, bytes: 2 ** 21 },
    "1 huge page unsplit, first at 0x200000",
    "1 huge page (2M) that was to be split is still mapped, the first at GPA 0x200000, level 2",
  ],
  [
    "unsplit-huge-page",
    2,
    { ...at, bytes: 2 ** 22 },
    "2 huge pages unsplit, first at 0x200000",
    "2 huge pages (4M) that were to be split are still mapped, the first at GPA 0x200000, level 2",
  ],
  [
    "not-zapped",
    1,
    at,
    "1 entry not zapped, first at 0x200000",
    "1 entry of a root that was to be zapped is still present, the first at GPA 0x200000, level 2",
  ],
  [
    "not-zapped",
    2,
    at,
    "2 entries not zapped, first at 0x200000",
    "2 entries of a root that was to be zapped are still present, the first at GPA 0x200000, level 2",
  ],
  [
    "missed-entries",
    2,
    { ...at, entries: 1, root: 5 },
    "1 entry missed by a pass, first at 0x200000",
    "1 entry was still present after the pass that was to zap entries of that level, the first at GPA 0x200000, " +
      "level 2, root 5",
  ],
  [
    "missed-entries",
    1,
    { ...at, entries: 2, root: 0 },
    "2 entries missed by a pass, first at 0x200000",
    "2 entries were still present after the pass that was to zap entries of that level, the first at GPA 0x200000, " +
      "level 2, root 0",
  ],
  [
    "dirty-page-lost",
    1,
    { ...at, cause: "written" },
    "dirty page lost at 0x200000",
    "dirty page lost: a page that was written is not in the log that userspace gets next; first at GPA 0x200000, " +
      "level 2",
  ],
  [
    "dirty-page-lost",
    1,
    { ...at, cause: "next-write" },
    "dirty page lost at 0x200000",
    "dirty page lost: a page that is not in the log is mapped so that its next write goes unseen; first at GPA " +
      "0x200000, level 2",
  ],
  [
    "still-mapped",
    1,
    { ...at, bytes: 8192 },
    "8K still mapped, first at 0x200000",
    "8K that the host took away is still mapped, the first at GPA 0x200000, level 2",
  ],
  [
    "tables-not-linked",
    1,
    { used: 5, linked: 4 },
    "5 page tables in use, 4 linked",
    "page tables do not add up: 5 are in use, 4 are linked",
  ],
  [
    "lost-page",
    2,
    { gpa: "0x1000", bytes: 8192 },
    "8K no longer mapped, first at 0x1000",
    "8K that was mapped is mapped no longer, the first at GPA 0x1000",
  ],
  [
    "stray-page",
    2,
    { gpa: "0x1000", bytes: 4096 },
    "4K mapped that was not, first at 0x1000",
    "4K is mapped that was not before, the first at GPA 0x1000",
  ],
  [
    "wrong-frame",
    1,
    { gpa: "0x1000", bytes: 4096 },
    "4K mapped to another frame, first at 0x1000",
    "4K is mapped to another frame than before, the first at GPA 0x1000",
  ],
  [
    "still-writable",
    1,
    { ...at, bytes: 2 ** 21 },
    "2M still writable, first at 0x200000",
    "2M is writable though its next write was to be seen, the first at GPA 0x200000, level 2",
  ],
  [
    "write-protected-needlessly",
    1,
    { ...at, bytes: 2 ** 21 },
    "2M write-protected needlessly, first at 0x200000",
    "2M is write-protected though it was not to be, the first at GPA 0x200000, level 2",
  ],
  [
    "still-dirty",
    1,
    { ...at, bytes: 2 ** 21 },
    "2M still dirty, first at 0x200000",
    "2M has its dirty bit though it was to be cleared, the first at GPA 0x200000, level 2",
  ],
  [
    "dirty-bit-lost",
    1,
    { ...at, bytes: 2 ** 21 },
    "2M without its dirty bit, first at 0x200000",
    "2M has lost its dirty bit though nobody cleared it, the first at GPA 0x200000, level 2",
  ],
  [
    "page-tables-unaccounted",
    1,
    { before: 3, allocated: 2, freed: 1, linked: 6 },
    "page tables do not add up: 6 linked",
    "page tables do not add up: 3 before, 2 allocated, 1 freed, 6 linked",
  ],
  [
    "table-bookkeeping-wrong",
    2,
    { ...at, present: 7, usedCount: 6 },
    "2 tables with a wrong count or bitmap, first at 0x200000",
    "the used count or bitmap of 2 page tables is not that of its entries: first at GPA 0x200000, level 2, 7 present, " +
      "6 counted",
  ],
];

it.each(SAID)("%s, %i times, is said in a cell and in a sentence", (code, count, data, short, long) => {
  const finding = { code, count, data };
  expect([tdpWords[code]!.short(finding), tdpWords[code]!.long(finding)]).toEqual([short, long]);
});

it("every code of the TDP MMU has words that are held here", () => {
  expect([...new Set(SAID.map(([code]) => code))].toSorted()).toEqual(Object.keys(tdpWords).toSorted());
});
