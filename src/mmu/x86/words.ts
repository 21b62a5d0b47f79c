import { are, counted, type FindingWordTable, figures, size, was } from "../findingWords.js";

/** Words for the findings that both MMUs of x86 have. */
export const x86Words: FindingWordTable = {
  livelock: {
    short: () => "livelock: no progress between yields",
    long: (f) =>
      `the ${f.data.walk} walk comes back to where it was with nothing done, and would never end${figures(f)}`,
  },
  "unsplit-huge-page": {
    short: (f) => `${counted(f.count, "huge page")} unsplit, first at ${f.data.gpa}`,
    long: (f) =>
      `${counted(f.count, "huge page")} (${size(f.data.bytes)}) that ${was(f.count)} to be split ${are(f.count)} ` +
      "still mapped, the first " +
      `at GPA ${f.data.gpa}, level ${f.data.level}`,
  },
};
