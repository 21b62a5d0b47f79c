import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wrapLines } from "./wrapLines.js";

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
