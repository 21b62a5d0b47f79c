import { are, counted, type FindingWords, type FindingWordTable, size, was } from "../findingWords.js";
import { x86Words } from "../x86/words.js";

/** Words for the findings of the TDP MMU. */
export const tdpWords: FindingWordTable = {
  ...x86Words,
  "not-zapped": {
    short: (f) => `${counted(f.count, "entry", "entries")} not zapped, first at ${f.data.gpa}`,
    long: (f) =>
      `${counted(f.count, "entry", "entries")} of a root that was to be zapped ${are(f.count)} still present, ` +
      "the first at GPA " +
      `${f.data.gpa}, level ${f.data.level}`,
  },
  "missed-entries": {
    short: (f) => `${counted(Number(f.data.entries), "entry", "entries")} missed by a pass, first at ${f.data.gpa}`,
    long: (f) =>
      `${counted(Number(f.data.entries), "entry", "entries")} ${was(Number(f.data.entries))} still present after ` +
      "the pass that was to zap " +
      `entries of that level, the first at GPA ${f.data.gpa}, level ${f.data.level}, root ${f.data.root}`,
  },
  "dirty-page-lost": {
    short: (f) => `dirty page lost at ${f.data.gpa}`,
    long: (f) =>
      "dirty page lost: " +
      `${f.data.cause === "written" ? "a page that was written is not in the log that userspace gets next" : "a page that is not in the log is mapped so that its next write goes unseen"}; ` +
      `first at GPA ${f.data.gpa}, level ${f.data.level}`,
  },
  "still-mapped": pages("still mapped", "that the host took away is still mapped"),
  "tables-not-linked": {
    short: (f) => `${f.data.used} page tables in use, ${f.data.linked} linked`,
    long: (f) => `page tables do not add up: ${f.data.used} are in use, ${f.data.linked} are linked`,
  },
  "lost-page": pages("no longer mapped", "that was mapped is mapped no longer"),
  "stray-page": pages("mapped that was not", "is mapped that was not before"),
  "wrong-frame": pages("mapped to another frame", "is mapped to another frame than before"),
  "still-writable": pages("still writable", "is writable though its next write was to be seen"),
  "write-protected-needlessly": pages("write-protected needlessly", "is write-protected though it was not to be"),
  "still-dirty": pages("still dirty", "has its dirty bit though it was to be cleared"),
  "dirty-bit-lost": pages("without its dirty bit", "has lost its dirty bit though nobody cleared it"),
  "page-tables-unaccounted": {
    short: (f) => `page tables do not add up: ${f.data.linked} linked`,
    long: (f) =>
      `page tables do not add up: ${f.data.before} before, ${f.data.allocated} allocated, ${f.data.freed} freed, ` +
      `${f.data.linked} linked`,
  },
  "table-bookkeeping-wrong": {
    short: (f) => `${counted(f.count, "table")} with a wrong count or bitmap, first at ${f.data.gpa}`,
    long: (f) =>
      `the used count or bitmap of ${counted(f.count, "page table")} is not that of its entries: first at GPA ` +
      `${f.data.gpa}, level ` +
      `${f.data.level}, ${f.data.present} present, ${f.data.usedCount} counted`,
  },
};

function pages(short: string, long: string): FindingWords {
  return {
    short: (f) => `${size(f.data.bytes)} ${short}, first at ${f.data.gpa}`,
    long: (f) =>
      `${size(f.data.bytes)} ${long}, the first at GPA ` +
      `${f.data.gpa}${f.data.level === undefined ? "" : `, level ${f.data.level}`}`,
  };
}
