import { expect, it } from "vitest";
import { firstFinds } from "../testing/faults.js";

it("the three smallest trees show faults of a walker, a page cache, a phase and marks", async () => {
  const ids = ["no-reread", "topup-once", "clear-last-bit", "mark-too-early"];
  const found = await firstFinds("exhaustive", ids, 3);
  expect(found.map(({ id }) => id)).toEqual(ids);
  expect(found.filter(({ what }) => what === null)).toEqual([]);
});
