import { expect, it } from "vitest";
import { actionsOn } from "./actions.js";

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
