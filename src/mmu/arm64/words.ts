import { are, counted, type FindingWordTable, size, was } from "../findingWords.js";
import { movingWords } from "../interleave/words.js";
import { treeWords } from "../treeWords.js";

/** Words for the findings of arm64. */
export const arm64Words: FindingWordTable = {
  ...treeWords,
  ...movingWords,
  "error-returned": {
    short: (f) => `returns ${errno(f.data.errno)}`,
    long: (f) => `the walk ended with ${errno(f.data.errno)}; what lies behind it was not worked on`,
  },
  "left-locked": {
    short: (f) => `${size(f.data.bytes)} left locked, first at ${f.data.ipa}`,
    long: (f) =>
      `${counted(f.count, "descriptor")} (${size(f.data.bytes)}) ${was(f.count)} left locked in the middle of ` +
      "break-before-make, " +
      `the first at IPA ${f.data.ipa}, level ${f.data.level}`,
  },
  "tlbi-wrong-ipa": {
    short: (f) => `${counted(f.count, "TLBI")} to a wrong IPA, first ${f.data.tlbi} for ${f.data.block}`,
    long: (f) =>
      `${counted(f.count, "block")} ${was(f.count)} replaced with a TLBI to an IPA outside of it: first the ` +
      `block at ${f.data.block} ` +
      `(level ${f.data.level}), whose TLBI went to ${f.data.tlbi}; its old translation may stay cached`,
  },
  "tlbi-not-one": {
    short: (f) => `${counted(f.count, "block")} without exactly one TLBI`,
    long: (f) =>
      `${counted(f.count, "block")} did not get exactly one TLBI when broken: ${f.data.broken} blocks are gone, ` +
      `${f.data.tlbis} TLBIs were ` +
      `made${f.data.ipa === null ? "" : `, the first doubtful one at IPA ${f.data.ipa}, level ${f.data.level}`}`,
  },
  "read-after-leave": {
    short: (f) => `${counted(f.count, "entry", "entries")} read after the table was left`,
    long: (f) =>
      `${counted(f.count, "entry", "entries")} ${was(f.count)} read after the walk had left the table: first ` +
      `index ${f.data.index} of the ` +
      `level-${f.data.level} table at IPA ${f.data.table}, with the walk's address at ${f.data.addr} already`,
  },
  "read-beside-address": {
    short: (f) =>
      `${counted(f.count, "entry", "entries")} read that ${f.count === 1 ? "is" : "are"} not at the walk's address`,
    long: (f) =>
      `${counted(f.count, "entry", "entries")} ${was(f.count)} read that ${f.count === 1 ? "does" : "do"} not ` +
      "cover the walk's address: first " +
      `index ${f.data.index} of a level-${f.data.level} table, which covers IPA ${f.data.entry}, with the ` +
      `address at ${f.data.addr}`,
  },
  "tlbi-before-break": {
    short: () => "TLBI before the break",
    long: () => "a TLBI was issued while the block was still mapped, so that its translation may be cached again",
  },
  "no-barrier": {
    short: () => "no barrier after a split",
    long: () => "mmu_lock was dropped with no barrier after the stores of a split",
  },
  "not-flushed": {
    short: () => "slot not flushed",
    long: () => "the slot was not flushed once after its leaves were write-protected: writes may go on unseen",
  },
  "runs-differ": {
    short: () => "a walk by runs does otherwise",
    long: ({ data: { counter, value, expected } }) =>
      "the walk does otherwise where it goes over runs of entries than where it goes entry by entry" +
      (counter === undefined ? "" : `: ${counter} is ${value}, entry by entry ${expected}`),
  },
  "table-linked-twice": {
    short: (f) => `${counted(f.count, "table")} linked twice, first at ${f.data.ipa}`,
    long: (f) =>
      `${counted(f.count, "table page")} ${are(f.count)} linked at more than one place, the first at IPA ` +
      `${f.data.ipa}, level ${f.data.level}`,
  },
  "mark-inexact": {
    short: (f) => `${counted(f.count, "mark")} wrong, first at ${f.data.ipa}`,
    long: (f) =>
      `${counted(f.count, "table descriptor")} ${f.count === 1 ? "says" : "say"} wrongly whether a block is ` +
      "mapped below, the first at IPA " +
      `${f.data.ipa}, level ${f.data.level}`,
  },
};

const ERRNO: Readonly<Record<number, string>> = { [-11]: "-EAGAIN", [-12]: "-ENOMEM", [-22]: "-EINVAL" };

function errno(value: number | string | null | undefined): string {
  if (typeof value !== "number") return String(value);
  const name = ERRNO[value];
  return name === undefined ? String(value) : `${name} (${value})`;
}
