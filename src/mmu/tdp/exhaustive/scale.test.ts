import { expect, it } from "vitest";
import { BLOCK, HOLE_ENTRY, type TopEntry } from "../../exhaustive/trees.js";
import { parseTdpScenario } from "../parse.js";
import { scaledScenarios } from "./scale.js";

const SPLIT = { kind: "split", start: 0, end: 32, targetLevel: 1 } as never;

it("a small tree at full size has each leaf and each empty table in its place", () => {
  const empty = [HOLE_ENTRY, HOLE_ENTRY, HOLE_ENTRY, HOLE_ENTRY] as const;
  const tops: TopEntry[] = [[BLOCK, 0b1001, 0, HOLE_ENTRY], empty];
  const [written] = scaledScenarios(tops, { work: SPLIT, everyNPolls: 0 });
  // The last entry of the first table of level 3, and the first of the next.
  const first = 511 * 512 ** 2;
  expect(parseTdpScenario(written, "scaled")).toMatchObject({
    startGfn: first,
    endGfnExclusive: first + 2 * 512 ** 2,
    roots: [
      {
        leaves: [
          { gfn: first, level: 2, count: 1 },
          { gfn: first + 512, level: 1, count: 1 },
          { gfn: first + 512 + 511, level: 1, count: 1 },
        ],
        nonpresentPaths: [
          { gfn: first + 510 * 512, level: 1 },
          { gfn: first + 512 ** 2, level: 2 },
        ],
      },
    ],
  });
});

it("a single top entry is the first of its table, and a hole there is an entry of it", () => {
  const rootOf = (top: TopEntry) =>
    parseTdpScenario(scaledScenarios([top], { work: SPLIT, everyNPolls: 0 })[0], "scaled").roots[0];
  expect(rootOf(BLOCK)).toMatchObject({ leaves: [{ gfn: 0, level: 3, count: 1 }], nonpresentPaths: [] });
});

it("a clear at full size has a slot from its first word to the end of what is mapped or cleared", () => {
  const clear = { kind: "clear", base: 0, wordPages: 4, words: [{ index: 1, low: 0b1001 }], pml: true, eager: true };
  const tops: TopEntry[] = [[0b1, HOLE_ENTRY, HOLE_ENTRY, HOLE_ENTRY]];
  const work = { ...clear, initiallySet: true } as never;
  const written = scaledScenarios(tops, { work, everyNPolls: 0 })[0]! as unknown as Record<string, unknown>;
  // Frames 4 and 7 are the first and the last page of the second table.
  expect(written).toMatchObject({ slotBaseGfn: 0, npages: 1024, workload: "clear" });
  const masks = written.masks as string[];
  expect(masks.map((mask, i) => [i, mask]).filter(([, mask]) => mask !== "0x0")).toEqual([
    [8, "0x1"],
    [15, "0x8000000000000000"],
  ]);
});
