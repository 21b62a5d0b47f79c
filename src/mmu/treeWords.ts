import type { Finding } from "./finding.js";
import { are, counted, type FindingWords, type FindingWordTable, size } from "./findingWords.js";

/**
 * Words for what a finished tree of stage-2 (arm64, IPAs) or G-stage (riscv, GPAs) may have wrong.
 */
export const treeWords: FindingWordTable = {
  "unsplit-block": {
    short: (f) => `${counted(f.count, "block")} unsplit, first at ${address(f)}`,
    long: (f) =>
      `${counted(f.count, "block")} (${size(f.data.bytes)}) in a range that was to be split ${are(f.count)} ` +
      "still mapped as " +
      `${f.count === 1 ? "a block" : "blocks"}, the first at ${place(f)}, level ${f.data.level}${unsplitCause(f)}`,
  },
  "lost-coverage": {
    short: (f) => `${size(f.data.bytes)} no longer mapped, first at ${address(f)}`,
    long: (f) =>
      `${size(f.data.bytes)} that was mapped is mapped no longer, the first at ${place(f)}, level ${f.data.level}`,
  },
  "stray-mapping": {
    short: (f) => `${size(f.data.bytes)} mapped that was not, first at ${address(f)}`,
    long: (f) => `${size(f.data.bytes)} is mapped that was not before, the first at ${place(f)}, level ${f.data.level}`,
  },
  "wrong-output-address": leaves("wrong output address", "map another output address than before"),
  "wrong-attributes": leaves("wrong attributes", "have other attributes than before"),
  "not-write-protected": leaves("still writable", "are writable though they were to be write-protected"),
  "needlessly-write-protected": leaves(
    "write-protected needlessly",
    "are write-protected outside every range that was to be",
  ),
  "tables-unaccounted": {
    short: (f) => `table pages do not add up: ${f.data.allocated} allocated, ${f.data.linked} linked`,
    long: (f) =>
      `table pages do not add up: ${f.data.toppedUp} put into the cache, ${f.data.cached} left there, ` +
      `${f.data.allocated} taken, ` +
      `${f.data.linked} linked in the tree`,
  },
};

function leaves(short: string, long: string): FindingWords {
  return {
    short: (f) => `${counted(f.count, "leaf", "leaves")} ${short}, first at ${address(f)}`,
    long: (f) => {
      const verb =
        f.count === 1
          ? long
              .replace(/^map /, "maps ")
              .replace(/^have /, "has ")
              .replace(/^are /, "is ")
          : long;
      const they = f.count === 1 ? verb.replace("they were", "it was") : verb;
      return (
        `${counted(f.count, "leaf", "leaves")} (${size(f.data.bytes)}) ${they}, the first at ${place(f)}, level ` +
        `${f.data.level}`
      );
    },
  };
}

function unsplitCause({ data }: Finding): string {
  if (data.cause === "passed-over") return "; the walk never came to it";
  if (data.cause === "left-in-new-table") return "; it was made by splitting a larger block, and left there";
  return "";
}

/** Guest physical address of the first occurrence: `gpa`, which arm64 calls `ipa`. */
function address({ data }: Finding): string {
  return String(data.gpa ?? data.ipa);
}

/** "GPA 0x40000000". */
function place(finding: Finding): string {
  return `${finding.data.gpa === undefined ? "IPA" : "GPA"} ${address(finding)}`;
}
