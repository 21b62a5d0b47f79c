import { expect, it } from "vitest";
import { BLOCK, HOLE_ENTRY } from "../../exhaustive/trees.js";
import { furtherScenarios } from "./masks.js";
import { placeScenarios } from "./places.js";
import { caseWords, scaledScenarios } from "./scale.js";
import type { WrongCase } from "./session.js";

const TOPS = [[BLOCK, HOLE_ENTRY, HOLE_ENTRY, BLOCK]] as const;

const wrong = (mode: "enable" | "clear", chunkPages: number, ...spans: [number, number][]): WrongCase => ({
  work: { mode, spans },
  chunk: { chunkPages, cacheCapacity: 5 },
});

it("a case is said with its tree, what is done, chunk and cache", () => {
  expect(caseWords(TOPS, wrong("enable", 4, [10, 12]))).toBe(
    "[block, hole, hole, block]; enable over pages 10 to 11; chunk 4, cache 5",
  );
  expect(caseWords(TOPS, wrong("clear", 16, [0, 8], [9, 10]))).toBe(
    "[block, hole, hole, block]; clear of pages 0 to 7 and page 9; chunk 16, cache 5",
  );
});

it("a case at full size is enabled and cleared, as it was done first, over the blocks that it would cut", () => {
  const segments = [
    { map: "2M", size: "2M" },
    { map: "hole", size: "1020M" },
    { map: "2M", size: "2M" },
  ];
  const guest = { granule: "4K", ipaBits: 40 } as const;
  const of = (chunk: string, ...runs: [number, number][]) => [
    { ...guest, memslots: [{ base: "0x40000000", segments }], dirtyLog: { mode: "enable", chunk } },
    { ...guest, memslots: [{ base: "0x40000000", segments, dirty: { runs } }], dirtyLog: { mode: "clear", chunk } },
  ];
  // From the block's second page to the last one's second.
  const lastBlock = 511 * 512;
  expect(scaledScenarios(TOPS, wrong("enable", 16, [1, 14]))).toEqual(of("1G", [1, lastBlock + 1]));
  expect(scaledScenarios(TOPS, wrong("clear", 1, [1, 3], [13, 16]))).toEqual(
    of("4K", [1, 510], [lastBlock + 1, 511]).toReversed(),
  );
  expect(scaledScenarios(TOPS, wrong("enable", 4, [0, 16]))[0]!.dirtyLog.chunk).toBe("2M");
});

it("layouts of the real geometry are deep ones, then words at their bits, alone and joined", () => {
  const further = furtherScenarios();
  expect(further.slice(0, 5).map(({ ipaBits, memslots: [slot], dirtyLog }) => [ipaBits, slot, dirtyLog])).toEqual(
    [
      [40, "0x40000000", "1G", "1G", "4K"],
      [40, "0x40000000", "1G", "1G", "2M"],
      [48, "0x40000000", "1G", "1G", "1G"],
      [48, "0x7fffe00000", "2M", "4M", "2M"],
      [48, "0x7fc0000000", "1G", "2G", "1G"],
    ].map(([ipaBits, base, map, size, chunk]) => [
      ipaBits,
      { base, segments: [{ map, size }] },
      { mode: "enable", chunk },
    ]),
  );
  // Three guests, 21 pairs of six bits, then a full word or one bit, by words or joined.
  expect(further).toHaveLength(5 + 3 * 21 * 2 * 2);
  expect(further.slice(5, 9).map(({ memslots: [slot], dirtyLog }) => [slot, dirtyLog])).toEqual(
    [
      ["0xffffffffffffffff", "word"],
      ["0xffffffffffffffff", "2M"],
      ["0x1", "word"],
      ["0x1", "2M"],
    ].map(([next, clearRange]) => [
      { base: "0x4003f000", segments: [{ map: "4K", size: "512K" }], dirty: { words: ["0x1", next] } },
      { mode: "clear", chunk: "2M", clearRange },
    ]),
  );
  expect(further.at(-1)!.memslots).toEqual([
    {
      base: "0x401e0000",
      segments: [
        { map: "4K", size: "128K" },
        { map: "2M", size: "2M" },
      ],
      dirty: { words: ["0x8000000000000000", "0x1"] },
    },
  ]);
});

it("layouts at places are by turns enabled and cleared with chunk 1G, or both with every chunk", () => {
  const logs = (part: "some" | "all", count: number) =>
    placeScenarios(part)
      .slice(0, count)
      .map(({ dirtyLog: { mode, chunk } }) => `${mode} ${chunk}`);
  expect(logs("some", 3)).toEqual(["enable 1G", "clear 1G", "enable 1G"]);
  expect(logs("all", 7)).toEqual([
    ...["enable", "clear"].flatMap((mode) => ["4K", "2M", "1G"].map((chunk) => `${mode} ${chunk}`)),
    "enable 4K",
  ]);
});
