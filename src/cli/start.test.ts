import { expect, it } from "vitest";
import { memoryIo, run } from "../testing/inProcess.js";
import { loadsModules, start } from "./start.js";

it.each([
  [["bench", "--strategy", "./mine.mjs"], true],
  [["bench", "--strategy=max-level,mine.mts"], true],
  [["trace", "--against", "lib/mine.js"], true],
  [["bench", "--strategy", "max-level, ./mine.mjs "], true],
  [["./mine.mjs", "--strategy"], false],
  [["bench", "--strategy=", "./mine.mjs"], false],
  [["bench", "--strategy", "max-level", "./mine.mjs"], false],
  [["bench", "--strategy=max-level", "--against=./a\nb.mjs"], true],
  [[], false],
  [["bench", "--strategy", "max-level,skip-level"], false],
  [["bench", "--scenario", "a.json", "--export-json", "b.js"], false],
])("%j loads modules: %s", (argv, expected) => {
  expect(loadsModules(argv)).toBe(expected);
});

it("a command line without modules runs here", async () => {
  const { io, written } = memoryIo();
  expect(await start(["list", "backings"], io)).toBe(0);
  expect(written.stdout).toBe((await run(["list", "backings"])).stdout);
});
