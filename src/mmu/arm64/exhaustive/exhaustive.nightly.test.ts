import { expect, it } from "vitest";
import { strategies } from "../strategies/index.js";
import { arm64Exhaustive } from "./index.js";

it("the whole small bound has as many combinations as its figures say", () => {
  const search = arm64Exhaustive("small", () => () => []);
  const check = search.check(strategies.find(({ id }) => id === "max-level")!);
  for (let unit = 0; unit < search.units; unit++) check.unit(unit);
  expect(check.combinations).toBe(search.combinations);
});
