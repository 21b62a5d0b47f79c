import { expect, it } from "vitest";
import { faults, firstFinds } from "./faults.js";

it("the exhaustive search finds every fault that differs from the right engine within its bound", async () => {
  const found = await firstFinds(
    "exhaustive",
    faults.map(({ id }) => id),
  );
  expect(found.filter(({ what }) => what === null).map(({ id }) => id)).toEqual(
    faults.filter(({ beyond }) => beyond !== undefined).map(({ id }) => id),
  );
});

it("interleavings find those that need others to act", async () => {
  const ids = faults.filter(({ beyond }) => beyond === "needs others").map(({ id }) => id);
  const found = await firstFinds("interleave", ids);
  expect(found.filter(({ what }) => what === null)).toEqual([]);
});

it("the right engine is found right", async () => {
  expect((await firstFinds("exhaustive", ["none"])).map(({ what }) => what)).toEqual([null]);
});
