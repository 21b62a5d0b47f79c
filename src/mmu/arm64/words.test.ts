import { expect, it } from "vitest";
import type { Finding } from "../finding.js";
import { arm64Words } from "./words.js";

const SAID: readonly (readonly [finding: Finding, short: string, long: string])[] = [
  [
    { code: "error-returned", count: 1, data: { errno: -11 } },
    "returns -EAGAIN (-11)",
    "the walk ended with -EAGAIN (-11); what lies behind it was not worked on",
  ],
  [
    { code: "error-returned", count: 1, data: { errno: -12 } },
    "returns -ENOMEM (-12)",
    "the walk ended with -ENOMEM (-12); what lies behind it was not worked on",
  ],
  [
    { code: "error-returned", count: 1, data: { errno: -22 } },
    "returns -EINVAL (-22)",
    "the walk ended with -EINVAL (-22); what lies behind it was not worked on",
  ],
  [
    { code: "error-returned", count: 1, data: { errno: -5 } },
    "returns -5",
    "the walk ended with -5; what lies behind it was not worked on",
  ],
  [
    { code: "error-returned", count: 1, data: { errno: "-5" } },
    "returns -5",
    "the walk ended with -5; what lies behind it was not worked on",
  ],
  [
    { code: "left-locked", count: 1, data: { ipa: "0x40200000", level: 2, bytes: 2097152 } },
    "2M left locked, first at 0x40200000",
    "1 descriptor (2M) was left locked in the middle of break-before-make, the first at IPA 0x40200000, level 2",
  ],
  [
    { code: "left-locked", count: 2, data: { ipa: "0x40200000", level: 2, bytes: 4194304 } },
    "4M left locked, first at 0x40200000",
    "2 descriptors (4M) were left locked in the middle of break-before-make, the first at IPA 0x40200000, level 2",
  ],
  [
    { code: "tlbi-wrong-ipa", count: 1, data: { block: "0x40200000", tlbi: "0x40400000", level: 2 } },
    "1 TLBI to a wrong IPA, first 0x40400000 for 0x40200000",
    "1 block was replaced with a TLBI to an IPA outside of it: first the block at 0x40200000 (level 2), " +
      "whose TLBI went to 0x40400000; its old translation may stay cached",
  ],
  [
    { code: "tlbi-wrong-ipa", count: 2, data: { block: "0x40200000", tlbi: "0x40400000", level: 2 } },
    "2 TLBIs to a wrong IPA, first 0x40400000 for 0x40200000",
    "2 blocks were replaced with a TLBI to an IPA outside of it: first the block at 0x40200000 (level 2), " +
      "whose TLBI went to 0x40400000; its old translation may stay cached",
  ],
  [
    { code: "tlbi-not-one", count: 1, data: { broken: 3, tlbis: 4, ipa: null, level: null } },
    "1 block without exactly one TLBI",
    "1 block did not get exactly one TLBI when broken: 3 blocks are gone, 4 TLBIs were made",
  ],
  [
    { code: "tlbi-not-one", count: 2, data: { broken: 3, tlbis: 4, ipa: "0x40200000", level: 2 } },
    "2 blocks without exactly one TLBI",
    "2 blocks did not get exactly one TLBI when broken: 3 blocks are gone, 4 TLBIs were made, the first " +
      "doubtful one at IPA 0x40200000, level 2",
  ],
  [
    { code: "read-after-leave", count: 1, data: { index: 5, level: 2, table: "0x40000000", addr: "0x80000000" } },
    "1 entry read after the table was left",
    "1 entry was read after the walk had left the table: first index 5 of the level-2 table at IPA " +
      "0x40000000, with the walk's address at 0x80000000 already",
  ],
  [
    { code: "read-after-leave", count: 2, data: { index: 5, level: 2, table: "0x40000000", addr: "0x80000000" } },
    "2 entries read after the table was left",
    "2 entries were read after the walk had left the table: first index 5 of the level-2 table at IPA " +
      "0x40000000, with the walk's address at 0x80000000 already",
  ],
  [
    { code: "read-beside-address", count: 1, data: { index: 5, level: 2, entry: "0x40000000", addr: "0x80000000" } },
    "1 entry read that is not at the walk's address",
    "1 entry was read that does not cover the walk's address: first index 5 of a level-2 table, which " +
      "covers IPA 0x40000000, with the address at 0x80000000",
  ],
  [
    { code: "read-beside-address", count: 2, data: { index: 5, level: 2, entry: "0x40000000", addr: "0x80000000" } },
    "2 entries read that are not at the walk's address",
    "2 entries were read that do not cover the walk's address: first index 5 of a level-2 table, which " +
      "covers IPA 0x40000000, with the address at 0x80000000",
  ],
  [
    { code: "tlbi-before-break", count: 1, data: {} },
    "TLBI before the break",
    "a TLBI was issued while the block was still mapped, so that its translation may be cached again",
  ],
  [
    { code: "no-barrier", count: 1, data: {} },
    "no barrier after a split",
    "mmu_lock was dropped with no barrier after the stores of a split",
  ],
  [
    { code: "not-flushed", count: 1, data: {} },
    "slot not flushed",
    "the slot was not flushed once after its leaves were write-protected: writes may go on unseen",
  ],
  [
    { code: "runs-differ", count: 1, data: {} },
    "a walk by runs does otherwise",
    "the walk does otherwise where it goes over runs of entries than where it goes entry by entry",
  ],
  [
    { code: "runs-differ", count: 1, data: { counter: "split/visits", value: 3, expected: 4 } },
    "a walk by runs does otherwise",
    "the walk does otherwise where it goes over runs of entries than where it goes entry by entry: " +
      "split/visits is 3, entry by entry 4",
  ],
  [
    { code: "table-linked-twice", count: 1, data: { ipa: "0x40200000", level: 2 } },
    "1 table linked twice, first at 0x40200000",
    "1 table page is linked at more than one place, the first at IPA 0x40200000, level 2",
  ],
  [
    { code: "mark-inexact", count: 1, data: { ipa: "0x40200000", level: 2 } },
    "1 mark wrong, first at 0x40200000",
    "1 table descriptor says wrongly whether a block is mapped below, the first at IPA 0x40200000, level 2",
  ],
  [
    { code: "table-linked-twice", count: 2, data: { ipa: "0x40200000", level: 2 } },
    "2 tables linked twice, first at 0x40200000",
    "2 table pages are linked at more than one place, the first at IPA 0x40200000, level 2",
  ],
  [
    { code: "mark-inexact", count: 2, data: { ipa: "0x40200000", level: 2 } },
    "2 marks wrong, first at 0x40200000",
    "2 table descriptors say wrongly whether a block is mapped below, the first at IPA 0x40200000, level 2",
  ],
];

it.each(SAID)("a finding of arm64 is said whole: $code, $count", (finding, short, long) => {
  const words = arm64Words[finding.code]!;
  expect({ short: words.short(finding), long: words.long(finding) }).toEqual({ short, long });
});
