import { formatAddress } from "../../../guest/sizes.js";
import type { Arm64Scenario } from "../scenario.js";

const K = 4096;
const M2 = 2 ** 21;
const G1 = 2 ** 30;
/** What a level-0 entry covers. */
const TOP = 512 * G1;

/**
 * Layouts of the real geometry for what the small one has not: tables at four levels, the kernel's
 * page caches, words of 64 pages.
 */
export function furtherScenarios(): readonly Arm64Scenario[] {
  return [...deepScenarios(), ...maskScenarios()];
}

/**
 * A 1G block with every chunk and the page cache that goes with it, and blocks below one level-0
 * entry and astride two.
 */
function deepScenarios(): Arm64Scenario[] {
  const layouts: readonly (readonly [ipaBits: number, base: number, map: string, size: string, chunk: string])[] = [
    [40, G1, "1G", "1G", "4K"],
    [40, G1, "1G", "1G", "2M"],
    [48, G1, "1G", "1G", "1G"],
    [48, TOP - M2, "2M", "4M", "2M"],
    [48, TOP - G1, "1G", "2G", "1G"],
  ];
  return layouts.map(([ipaBits, base, map, size, chunk]) => ({
    granule: "4K",
    ipaBits,
    memslots: [{ base: formatAddress(base), segments: [{ map, size }] }],
    dirtyLog: { mode: "enable", chunk },
  }));
}

/**
 * Bits at both ends of a word, beside them and in its middle: a word has one or two of them, the
 * next is full or has its first bit.
 */
const BITS = [0, 1, 31, 32, 62, 63] as const;
const FULL = 2n ** 64n - 1n;

/** Pages off the 64-page grid, a block, and both, meeting in the middle of a word. */
const MASKED = [
  { base: formatAddress(G1 + 63 * K), segments: [{ map: "4K", size: "512K" }] },
  { base: formatAddress(G1 + M2), segments: [{ map: "2M", size: "2M" }] },
  {
    base: formatAddress(G1 + M2 - 32 * K),
    segments: [
      { map: "4K", size: "128K" },
      { map: "2M", size: "2M" },
    ],
  },
];

/** Clears by words, and with words joined as is proposed. */
function maskScenarios(): Arm64Scenario[] {
  const bit = (n: number): bigint => 1n << BigInt(n);
  const firstWords = BITS.flatMap((first) =>
    BITS.filter((last) => last >= first).map((last) => bit(first) | bit(last)),
  );
  const masks = firstWords.flatMap((word) => [FULL, 1n].map((next) => [word, next].map((w) => `0x${w.toString(16)}`)));
  return MASKED.flatMap((slot) =>
    masks.flatMap((words) =>
      (["word", "2M"] as const).map(
        (clearRange): Arm64Scenario => ({
          granule: "4K",
          ipaBits: 40,
          memslots: [{ ...slot, dirty: { words } }],
          dirtyLog: { mode: "clear", chunk: "2M", clearRange },
        }),
      ),
    ),
  );
}
