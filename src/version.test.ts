import { expect, it } from "vitest";
import { toolVersion } from "./version.js";

it("the version is three numbers", () => {
  expect(toolVersion()).toMatch(/^\d+\.\d+\.\d+$/);
});
