import { Chalk } from "chalk";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TableColumn } from "./columns.js";
import { displayWidth } from "./displayWidth.js";
import { folded, grid } from "./grid.js";

const chalk = new Chalk({ level: 0 });
const style = (columns: number) => ({ chalk, columns });
const text = (heading: string): TableColumn => ({ heading, figure: false });
const figure = (heading: string): TableColumn => ({ heading, figure: true });

const columns = [text("strategy"), figure("entries inspected"), figure(""), figure("lock drops"), text("result")];
const rows = [
  ["baseline", "262,657", "", "1", "right"],
  ["max-level", "513", "-99.8%", "1", "wrong elsewhere"],
];

describe("grid", () => {
  it("aligns figures to the right, and ends no line in blanks", () => {
    expect(grid(columns, rows, style(80))).toBe(
      [
        "strategy   entries inspected          lock drops  result",
        "baseline             262,657                   1  right",
        "max-level                513  -99.8%           1  wrong elsewhere",
      ].join("\n"),
    );
  });

  it("breaks headings into lines first, then cells of text, where the table is too wide", () => {
    expect(grid(columns, rows, style(56))).toBe(
      [
        "             entries           lock",
        "strategy   inspected          drops  result",
        "baseline     262,657              1  right",
        "max-level        513  -99.8%      1  wrong elsewhere",
      ].join("\n"),
    );
    expect(grid(columns, rows, style(48))).toBe(
      [
        "             entries           lock",
        "strategy   inspected          drops  result",
        "baseline     262,657              1  right",
        "max-level        513  -99.8%      1  wrong",
        "                                     elsewhere",
      ].join("\n"),
    );
  });

  it("puts columns into blocks below each other where even that is too wide, each with what names its rows", () => {
    expect(grid(columns, rows, style(30))).toBe(
      [
        "             entries",
        "strategy   inspected",
        "baseline     262,657",
        "max-level        513  -99.8%",
        "",
        "            lock",
        "strategy   drops  result",
        "baseline       1  right",
        "max-level      1  wrong",
        "                  elsewhere",
      ].join("\n"),
    );
    const blocks = grid(columns, rows, style(34), 2).split("\n\n");
    expect(blocks.length).toBeGreaterThan(1);
    for (const block of blocks) expect(block).toMatch(/^baseline +262,657\b/m);
  });

  it("breaks long names where their parts meet, and keeps the indentation of a cell", () => {
    const names = grid([text("case"), figure("n")], [["  thp-1G/enable/chunk=1G", "1"]], style(22));
    expect(names).toBe(["case              n", "  thp-1G/enable/  1", "  chunk=1G"].join("\n"));
  });

  it("never breaks a figure, loses no word, and stays within its width, whatever that is", () => {
    const cell = fc.stringMatching(/^[a-z]{1,9}( [a-z]{1,9}){0,4}$/);
    const count = fc.integer({ min: 0, max: 10 ** 7 }).map((n) => n.toLocaleString("en-US"));
    const table = fc.integer({ min: 1, max: 9 }).chain((figures) =>
      fc.record({
        headings: fc.array(cell, { minLength: figures, maxLength: figures }),
        rows: fc.array(fc.tuple(cell, fc.array(count, { minLength: figures, maxLength: figures })), { minLength: 1 }),
        room: fc.integer({ min: 50, max: 160 }),
      }),
    );
    fc.assert(
      fc.property(table, ({ headings, rows, room }) => {
        const cells = rows.map(([name, figures]) => [name, ...figures]);
        const drawn = grid([text("name"), ...headings.map(figure)], cells, style(room));
        for (const line of drawn.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(room);
        const words = drawn.split(/\s+/);
        for (const word of [...headings, ...cells.flat()].flatMap((one) => one.split(" ")))
          expect(words).toContain(word);
      }),
      { seed: 18 },
    );
  });
});

describe("folded", () => {
  it("says once what is equal in all rows, with its change, and keeps text", () => {
    const {
      columns: kept,
      rows: rest,
      same,
    } = folded(columns, [
      ["a", "512", "", "1", "right"],
      ["b", "512", "=", "1", "right"],
    ]);
    expect(same).toBe("entries inspected 512, lock drops 1");
    expect(kept.map(({ heading }) => heading)).toEqual(["strategy", "result"]);
    expect(rest).toEqual([
      ["a", "right"],
      ["b", "right"],
    ]);
  });

  it("keeps everything of a single row", () => {
    expect(folded(columns, [rows[0]!])).toEqual({ columns, rows: [rows[0]], same: "" });
  });
});

describe("displayWidth", () => {
  it("counts no escape sequences, wide characters twice, and none that stand on another", () => {
    expect(displayWidth("\u001b[31mred\u001b[39m")).toBe(3);
    expect(displayWidth("±5 ✗ †")).toBe(6);
    expect(displayWidth("日本")).toBe(4);
    expect(displayWidth("e\u0301")).toBe(1);
  });
});
