import { expect, it } from "vitest";
import { loadsModules } from "./start.js";

it.each([
  [["bench", "--strategy", "./mine.mjs"], true],
  [["bench", "--strategy=max-level,mine.mts"], true],
  [["trace", "--against", "lib/mine.js"], true],
  [["bench", "--strategy", "max-level,skip-level"], false],
  [["bench", "--scenario", "a.json", "--export-json", "b.js"], false],
])("%j loads modules: %s", (argv, expected) => {
  expect(loadsModules(argv)).toBe(expected);
});
