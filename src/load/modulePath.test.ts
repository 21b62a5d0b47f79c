import { expect, it } from "vitest";
import { isModulePath } from "./modulePath.js";

it.each<[name: string, isPath: boolean]>([
  ["max-level", false],
  ["max.level", false],
  ["js", false],
  ["mine.txt", false],
  ["mine.mjs", true],
  ["mine.js", true],
  ["mine.mts", true],
  ["mine.ts", true],
  ["./mine", true],
  ["folder\\mine", true],
])("a strategy is taken for a module by its extension or a slash: %s", (name, isPath) => {
  expect(isModulePath(name)).toBe(isPath);
});
