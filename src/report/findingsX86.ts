import { are, counted, figures, size, type Words, was } from "./findingWords.js";

/** Words for the findings of the x86 MMUs: the TDP MMU and the shadow MMU. */
export const x86Words: Readonly<Record<string, Words>> = {
  livelock: {
    short: () => "livelock: no progress between yields",
    long: (f) =>
      `the ${f.data.walk} walk comes back to where it was with nothing done, and would never end${figures(f)}`,
  },
  "not-zapped": {
    short: (f) => `${counted(f.count, "entry", "entries")} not zapped, first at ${f.data.gpa}`,
    long: (f) =>
      `${counted(f.count, "entry", "entries")} of a root that was to be zapped ${are(f.count)} still present, the first at GPA ` +
      `${f.data.gpa}, level ${f.data.level}`,
  },
  "missed-entries": {
    short: (f) => `${counted(Number(f.data.entries), "entry", "entries")} missed by a pass, first at ${f.data.gpa}`,
    long: (f) =>
      `${counted(Number(f.data.entries), "entry", "entries")} ${was(Number(f.data.entries))} still present after the pass that was to zap ` +
      `entries of that level, the first at GPA ${f.data.gpa}, level ${f.data.level}, root ${f.data.root}`,
  },
  "unsplit-huge-page": {
    short: (f) => `${counted(f.count, "huge page")} unsplit, first at ${f.data.gpa}`,
    long: (f) =>
      `${counted(f.count, "huge page")} (${size(f.data.bytes)}) that ${was(f.count)} to be split ${are(f.count)} still mapped, the first ` +
      `at GPA ${f.data.gpa}, level ${f.data.level}`,
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
      `page tables do not add up: ${f.data.before} before, ${f.data.allocated} allocated, ${f.data.freed} freed, ${f.data.linked} linked`,
  },
  "table-bookkeeping-wrong": {
    short: (f) => `${counted(f.count, "table")} with a wrong count or bitmap, first at ${f.data.gpa}`,
    long: (f) =>
      `the used count or bitmap of ${counted(f.count, "page table")} is not that of its entries: first at GPA ${f.data.gpa}, level ` +
      `${f.data.level}, ${f.data.present} present, ${f.data.usedCount} counted`,
  },
  "roles-changed": {
    short: (f) => `${counted(f.count, "frame")} mapped by other roles, first at ${f.data.gpa}`,
    long: (f) =>
      `${counted(f.count, "frame")} ${are(f.count)} mapped by other roles than before, the first at GPA ${f.data.gpa}: ` +
      `${f.data.after || "none"} instead of ${f.data.before || "none"}`,
  },
  "split-caches-unaccounted": {
    short: () => "split caches do not add up",
    long: (f) => `what was put into the split caches is not what was taken and what is left${figures(f)}`,
  },
};

function pages(short: string, long: string): Words {
  return {
    short: (f) => `${size(f.data.bytes)} ${short}, first at ${f.data.gpa}`,
    long: (f) =>
      `${size(f.data.bytes)} ${long}, the first at GPA ${f.data.gpa}${f.data.level === undefined ? "" : `, level ${f.data.level}`}`,
  };
}
