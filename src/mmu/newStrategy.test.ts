import { expect, it } from "vitest";
import { newStrategyText, type StrategyStart } from "./newStrategy.js";

const START: StrategyStart = {
  what: "a strategy for toys",
  commands: ["verify --strategy MODULE", "bench --strategy MODULE"],
  imports: ["A", "B"],
  type: "ToyDefinition",
  fields: "\n  deep: A,\n",
};

it("a module begins with what it is for and how it is tried, then defines a strategy that runs", () => {
  expect(newStrategyText(START, "mine", "./mine.mjs", false)).toBe(`// mine: a strategy for toys.
//
//   s2split verify --strategy ./mine.mjs
//   s2split bench --strategy ./mine.mjs
//
// s2split itself finds "s2split" in the import: nothing has to be installed to run this file.

import { defineStrategy, A, B } from "s2split";

export default defineStrategy({
  id: "mine",
  summary: "one line: how it steers the walk",
  origin: "who, when",

  deep: A,
});
`);
});

it("a module in TypeScript is held to the type of its definition", () => {
  const text = newStrategyText(START, "mine", "./mine.ts", true);
  expect(text).toContain(
    "to run this file.\n// (npm install -D s2split typescript) gives its types to editors and to tsc.\n\n" +
      'import { defineStrategy, A, B, type ToyDefinition } from "s2split";\n\nexport default',
  );
  expect(text).toMatch(/\n\n {2}deep: A,\n\} satisfies ToyDefinition\);\n$/);
});

it("imports stand on a line each where one line would be longer than 120 characters", () => {
  // `import { defineStrategy,  } from "s2split";` are 43 characters.
  const importsOf = (length: number) => {
    const start = { ...START, imports: ["A".repeat(length)] };
    return newStrategyText(start, "mine", "./mine.mjs", false).split("\n\n")[1]!;
  };
  expect(importsOf(77)).toBe(`import { defineStrategy, ${"A".repeat(77)} } from "s2split";`);
  expect(importsOf(78)).toBe(`import {\n  defineStrategy,\n  ${"A".repeat(78)},\n} from "s2split";`);
});
