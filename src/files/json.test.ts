import { describe, expect, it } from "vitest";
import { formatJson } from "./json.js";

describe("JSON for people and diffs", () => {
  it("has one line for what holds no more objects, and breaks what does", () => {
    const value = {
      kind: "x",
      none: null,
      empty: {},
      nothing: [],
      levels: { "1": 0, "2": 512 },
      words: ["a", "b"],
      nested: { list: [{ a: 1 }, { b: true, gone: undefined }], last: [[1, 2], []] },
    };
    expect(formatJson(value)).toBe(
      [
        "{",
        '  "kind": "x",',
        '  "none": null,',
        '  "empty": {},',
        '  "nothing": [],',
        '  "levels": { "1": 0, "2": 512 },',
        '  "words": ["a", "b"],',
        '  "nested": {',
        '    "list": [',
        '      { "a": 1 },',
        '      { "b": true }',
        "    ],",
        '    "last": [',
        "      [1, 2],",
        "      []",
        "    ]",
        "  }",
        "}",
        "",
      ].join("\n"),
    );
  });

  it.each([
    ["a string", '"a"\n'],
    [null, "null\n"],
    [undefined, "null\n"],
    [1.5, "1.5\n"],
    [[undefined, 1], "[null, 1]\n"],
    [{ a: undefined }, "{}\n"],
  ])("writes %j by itself", (value, text) => {
    expect(formatJson(value === "a string" ? "a" : value)).toBe(text);
  });

  it("breaks a line where it would have more than 120 characters, a comma after it included", () => {
    // { "a": "" } has eleven characters.
    const object = (length: number) => ({ a: "x".repeat(length) });
    expect(formatJson(object(109))).toBe(`{ "a": "${"x".repeat(109)}" }\n`);
    expect(formatJson(object(110))).toBe(`{\n  "a": "${"x".repeat(110)}"\n}\n`);
    // Before it two of indentation and five of the name, after it the comma.
    expect(formatJson({ o: object(101), p: {} })).toBe(`{\n  "o": { "a": "${"x".repeat(101)}" },\n  "p": {}\n}\n`);
    expect(formatJson({ o: object(102), p: {} })).toBe(
      `{\n  "o": {\n    "a": "${"x".repeat(102)}"\n  },\n  "p": {}\n}\n`,
    );
  });

  it("keeps a series of numbers on one line whatever its length, and no other list", () => {
    const series = Array.from({ length: 100 }, (_, i) => i);
    expect(formatJson(series)).toBe(`[${series.join(", ")}]\n`);
    const words = ["x".repeat(60), "y".repeat(60)];
    expect(formatJson(words)).toBe(`[\n  "${words[0]}",\n  "${words[1]}"\n]\n`);
    expect(formatJson({ 0: 1, a: "x".repeat(120) })).toBe(`{\n  "0": 1,\n  "a": "${"x".repeat(120)}"\n}\n`);
  });

  it("escapes what a terminal hides or obeys, in names too, with four digits a code unit", () => {
    expect(formatJson({ "a\u200bb": "\u007f\u009b\u2028\u{e0001}é" })).toBe(
      '{ "a\\u200bb": "\\u007f\\u009b\\u2028\\udb40\\udc01é" }\n',
    );
  });
});
