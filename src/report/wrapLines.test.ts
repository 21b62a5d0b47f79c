import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TextOutput } from "../files/streams.js";
import { displayWidth } from "./displayWidth.js";
import { brokenLine, indentOf, wrapLines, wrappedOutput } from "./wrapLines.js";

describe("wrapLines", () => {
  it("breaks a long line at spaces, and indents what follows", () => {
    expect(wrapLines("  one two three\nfour", { columns: 10 })).toBe("  one two\n    three\nfour");
  });

  it("never prints wider than 120 where there is no terminal", () => {
    const long = "word ".repeat(60).trim();
    const lines = wrapLines(long, { columns: Number.POSITIVE_INFINITY }).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(lines.length).toBe(3);
  });

  it("loses no word, and leaves no line longer than its width but for a word that is", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,30}$/), { minLength: 1 }),
        fc.integer({ min: 34, max: 90 }),
        (words, columns) => {
          const text = wrapLines(words.join(" "), { columns });
          expect(text.split(/\s+/)).toEqual(words);
          for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(columns);
        },
      ),
      { seed: 18 },
    );
  });
});

it("fills a line to its last column, and breaks what takes one more", () => {
  expect(brokenLine("ab cd ef", 5)).toEqual(["ab cd", "  ef"]);
  expect(brokenLine("ab cd ef", 4)).toEqual(["ab", "  cd", "  ef"]);
  expect(brokenLine("  ab cdefgh", 6, "--")).toEqual(["  ab", "  --cdefgh"]);
  expect(indentOf("   x y")).toBe("   ");
  expect(indentOf("  ")).toBe("  ");
});

it("leaves rows of a table up to the terminal, and what is to be pasted, whole", () => {
  const row = `${"x".repeat(100)}  ${"y".repeat(30)}`;
  expect(wrapLines(row, { columns: 140 })).toBe(row);
  expect(wrapLines(row, { columns: 131 }).split("\n")).toHaveLength(2);
  const words = "word ".repeat(10).trim();
  for (const pasted of ["s2split x", "$ s2split x", "npx s2split x", '{"a":1}', '["a"']) {
    expect(wrapLines(`  ${pasted} ${words}`, { columns: 20 })).toBe(`  ${pasted} ${words}`);
  }
  expect(wrapLines(`s2split: ${words}`, { columns: 20 }).split("\n").length).toBeGreaterThan(1);
});

it("counts columns as a terminal does", () => {
  expect(
    ["abc", "\u001b[31mabc\u001b[39m", "\u6f22", "e\u0301", "\u{1f600}x", "\u200b", "\u00e9"].map(displayWidth),
  ).toEqual([...[3, 3, 2, 1, 3, 0, 1]]);
});

it("breaks what a stream is given to its width, but for progress and errors", () => {
  const written: string[] = [];
  const stream = { isTTY: true, columns: 10, write: (text: string) => written.push(text) } as unknown as TextOutput;
  const output = wrappedOutput(stream, {});
  for (const text of ["one two three", "\rone two three", "s2split: one two three"]) output.write(text);
  expect(written).toEqual(["one two\n  three", "\rone two three", "s2split: one two three"]);
  expect([output.isTTY, output.columns]).toEqual([true, 10]);
  const pipe = wrappedOutput({ write: () => true } as unknown as TextOutput, { COLUMNS: "33" });
  expect([pipe.isTTY, pipe.columns]).toEqual([false, 33]);
  const bare = wrappedOutput({ isTTY: true, write: () => true } as unknown as TextOutput, {});
  expect(bare.columns).toBe(80);
});
