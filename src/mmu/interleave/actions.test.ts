import { expect, it } from "vitest";
import { actionsOn, actionWords } from "./actions.js";

it("memory is taken away by the page, by the block, across the edge of blocks, and all at once", () => {
  const { all } = actionsOn({ startGfn: 16, endGfn: 28 }, true);
  const unmaps = all.flatMap((action) => (action.kind === "unmap" ? [[action.start, action.end]] : []));
  expect(unmaps).toEqual([
    [21, 22],
    [20, 24],
    [16, 28],
    [19, 22],
  ]);
});

it("others are told by what they do, those that need no other thread of userspace first", () => {
  const { all, underIoctl, between } = actionsOn({ startGfn: 4, endGfn: 12 }, true);
  expect(all.map(actionWords)).toEqual([
    "a vCPU writes page 4",
    "a vCPU writes page 9",
    "a vCPU writes page 11",
    "a vCPU reads page 4",
    "a vCPU reads page 9",
    "a vCPU reads page 11",
    "the host takes page 9 away",
    "the host takes pages 8 to 11 away",
    "the host takes pages 4 to 11 away",
    "the host takes pages 7 to 9 away",
    "another thread gets the log",
    "another thread gets the log and clears what it got",
    "another thread disables logging",
    "another thread deletes the slot",
  ]);
  expect(underIoctl).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(between).toEqual([...underIoctl, 10, 11, 12, 13]);
  const plain = actionsOn({ startGfn: 4, endGfn: 12 }, false);
  expect(plain.all).toEqual(all.filter(({ kind }) => kind !== "get-and-clear"));
  expect(plain.between).toHaveLength(13);
});
