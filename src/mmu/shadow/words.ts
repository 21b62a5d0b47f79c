import { are, counted, type FindingWordTable, figures } from "../findingWords.js";
import { x86Words } from "../x86/words.js";

/** Words for the findings of the shadow MMU. */
export const shadowWords: FindingWordTable = {
  ...x86Words,
  "roles-changed": {
    short: (f) => `${counted(f.count, "frame")} mapped by other roles, first at ${f.data.gpa}`,
    long: (f) =>
      `${counted(f.count, "frame")} ${are(f.count)} mapped by other roles than before, the first at GPA ` +
      `${f.data.gpa}: ` +
      `${f.data.after || "none"} instead of ${f.data.before || "none"}`,
  },
  "split-caches-unaccounted": {
    short: () => "split caches do not add up",
    long: (f) => `what was put into the split caches is not what was taken and what is left${figures(f)}`,
  },
};
