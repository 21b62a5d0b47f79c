import { expect, it } from "vitest";
import { ScaledTree } from "./scale.js";
import { BLOCK, HOLE_ENTRY, PROTECTED_BLOCK } from "./trees.js";

const TREE = new ScaledTree([[BLOCK, 0b1001, PROTECTED_BLOCK, 0b1111], HOLE_ENTRY, BLOCK]);
const GIB = 512 * 512;

it("a small tree at full size is the memory that it maps, with holes for what lies between", () => {
  expect(TREE.segments(0, 3 * GIB)).toEqual([
    { map: "2M", size: "2M" },
    { map: "4K", size: "4K" },
    { map: "hole", size: "2040K" },
    { map: "4K", size: "4K" },
    { map: "hole", size: "1016M" },
    { map: "2M", size: "2M", writeProtected: true },
    { map: "4K", size: "8K" },
    { map: "hole", size: "2032K" },
    { map: "4K", size: "8K" },
    { map: "hole", size: "1G" },
    { map: "1G", size: "1G" },
  ]);
});

it("a part of it is as long as it is asked for, and cut out of blocks only where they are not widened to", () => {
  expect(TREE.segments(511, 514)).toEqual([
    { map: "2M", size: "4K" },
    { map: "4K", size: "4K" },
    { map: "hole", size: "4K" },
  ]);
  expect([TREE.widened(511, false), TREE.widened(511, true)]).toEqual([0, 512]);
  expect([TREE.widened(600, false), TREE.widened(600, true)]).toEqual([600, 600]);
});
