import type { Finding } from "../finding.js";
import { are, counted, type FindingWords, type FindingWordTable, size, was } from "../findingWords.js";

/** Words for the findings of arm64. */
export const arm64Words: FindingWordTable = {
  "error-returned": {
    short: (f) => `returns ${errno(f.data.errno)}`,
    long: (f) => `the walk ended with ${errno(f.data.errno)}; what lies behind it was not worked on`,
  },
  "unsplit-block": {
    short: (f) => `${counted(f.count, "block")} unsplit, first at ${f.data.ipa}`,
    long: (f) =>
      `${counted(f.count, "block")} (${size(f.data.bytes)}) in a range that was to be split ${are(f.count)} still mapped as ` +
      `${f.count === 1 ? "a block" : "blocks"}, the first at IPA ${f.data.ipa}, level ${f.data.level}${unsplitCause(f)}`,
  },
  "lost-coverage": {
    short: (f) => `${size(f.data.bytes)} no longer mapped, first at ${f.data.ipa}`,
    long: (f) =>
      `${size(f.data.bytes)} that was mapped is mapped no longer, the first at IPA ${f.data.ipa}, level ${f.data.level}`,
  },
  "stray-mapping": {
    short: (f) => `${size(f.data.bytes)} mapped that was not, first at ${f.data.ipa}`,
    long: (f) =>
      `${size(f.data.bytes)} is mapped that was not before, the first at IPA ${f.data.ipa}, level ${f.data.level}`,
  },
  "wrong-output-address": leaves("wrong output address", "map another output address than before"),
  "wrong-attributes": leaves("wrong attributes", "have other attributes than before"),
  "not-write-protected": leaves("still writable", "are writable though they were to be write-protected"),
  "needlessly-write-protected": leaves(
    "write-protected needlessly",
    "are write-protected outside every range that was to be",
  ),
  "left-locked": {
    short: (f) => `${size(f.data.bytes)} left locked, first at ${f.data.ipa}`,
    long: (f) =>
      `${counted(f.count, "descriptor")} (${size(f.data.bytes)}) ${was(f.count)} left locked in the middle of break-before-make, ` +
      `the first at IPA ${f.data.ipa}, level ${f.data.level}`,
  },
  "table-linked-twice": {
    short: (f) => `${counted(f.count, "table")} linked twice, first at ${f.data.ipa}`,
    long: (f) =>
      `${counted(f.count, "table page")} ${are(f.count)} linked at more than one place, the first at IPA ${f.data.ipa}, level ${f.data.level}`,
  },
  "tlbi-wrong-ipa": {
    short: (f) => `${counted(f.count, "TLBI")} to a wrong IPA, first ${f.data.tlbi} for ${f.data.block}`,
    long: (f) =>
      `${counted(f.count, "block")} ${was(f.count)} replaced with a TLBI to an IPA outside of it: first the block at ${f.data.block} ` +
      `(level ${f.data.level}), whose TLBI went to ${f.data.tlbi}; its old translation may stay cached`,
  },
  "tlbi-not-one": {
    short: (f) => `${counted(f.count, "block")} without exactly one TLBI`,
    long: (f) =>
      `${counted(f.count, "block")} did not get exactly one TLBI when broken: ${f.data.broken} blocks are gone, ${f.data.tlbis} TLBIs were ` +
      `made${f.data.ipa === null ? "" : `, the first doubtful one at IPA ${f.data.ipa}, level ${f.data.level}`}`,
  },
  "tables-unaccounted": {
    short: (f) => `table pages do not add up: ${f.data.allocated} allocated, ${f.data.linked} linked`,
    long: (f) =>
      `table pages do not add up: ${f.data.toppedUp} put into the cache, ${f.data.cached} left there, ${f.data.allocated} taken, ` +
      `${f.data.linked} linked in the tree`,
  },
  "read-after-leave": {
    short: (f) => `${counted(f.count, "entry", "entries")} read after the table was left`,
    long: (f) =>
      `${counted(f.count, "entry", "entries")} ${was(f.count)} read after the walk had left the table: first index ${f.data.index} of the ` +
      `level-${f.data.level} table at IPA ${f.data.table}, with the walk's address at ${f.data.addr} already`,
  },
  "read-beside-address": {
    short: (f) =>
      `${counted(f.count, "entry", "entries")} read that ${f.count === 1 ? "is" : "are"} not at the walk's address`,
    long: (f) =>
      `${counted(f.count, "entry", "entries")} ${was(f.count)} read that ${f.count === 1 ? "does" : "do"} not cover the walk's address: first ` +
      `index ${f.data.index} of a level-${f.data.level} table, which covers IPA ${f.data.entry}, with the address at ${f.data.addr}`,
  },
  "mark-inexact": {
    short: (f) => `${counted(f.count, "mark")} wrong, first at ${f.data.ipa}`,
    long: (f) =>
      `${counted(f.count, "table descriptor")} ${f.count === 1 ? "says" : "say"} wrongly whether a block is mapped below, the first at IPA ` +
      `${f.data.ipa}, level ${f.data.level}`,
  },
};

function leaves(short: string, long: string): FindingWords {
  return {
    short: (f) => `${counted(f.count, "leaf", "leaves")} ${short}, first at ${f.data.ipa}`,
    long: (f) => {
      const verb =
        f.count === 1
          ? long
              .replace(/^map /, "maps ")
              .replace(/^have /, "has ")
              .replace(/^are /, "is ")
          : long;
      const they = f.count === 1 ? verb.replace("they were", "it was") : verb;
      return `${counted(f.count, "leaf", "leaves")} (${size(f.data.bytes)}) ${they}, the first at IPA ${f.data.ipa}, level ${f.data.level}`;
    },
  };
}

function unsplitCause({ data }: Finding): string {
  if (data.cause === "passed-over") return "; the walk never came to it";
  if (data.cause === "left-in-new-table") return "; it was made by splitting a larger block, and left there";
  return "";
}

const ERRNO: Readonly<Record<number, string>> = { [-11]: "-EAGAIN", [-12]: "-ENOMEM", [-22]: "-EINVAL" };

function errno(value: number | string | null | undefined): string {
  if (typeof value !== "number") return String(value);
  const name = ERRNO[value];
  return name === undefined ? String(value) : `${name} (${value})`;
}
