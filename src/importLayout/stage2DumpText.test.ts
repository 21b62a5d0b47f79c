import { describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import { readStage2Dump } from "./stage2DumpText.js";

const range = (rest: string, from = "0x0000000040000000", to = "0x0000000040001000") => `${from}-${to} ${rest}\n`;

it("a dump is read whole: header, widths, ranges of each kind, and what is none", () => {
  const text = `4\n40\nhello\n---[ Guest IPA ]---\n${[
    range("4K 3 R W X AF"),
    range("1G 1", "0x40001000", "0x80001000"),
    range("4K F", "0x80001000", "0x80002000"),
    range("2M 2 R px ux BLK", "0x80200000", "0x80400000"),
    range("4K", "0x90000000", "0x90001000"),
  ].join("")}---[ (null) ]---\nbye\n`;
  expect(readStage2Dump(text.replace("hello", "hello\r"), "dump")).toEqual({
    ranges: [
      { line: 5, start: 1073741824, end: 1073745920, readable: true, writable: true, kind: "mapped", level: 3 },
      { line: 6, start: 1073745920, end: 2147487744, readable: false, writable: false, kind: "hole", level: 1 },
      { line: 7, start: 2147487744, end: 2147491840, readable: false, writable: false, kind: "annotated", level: null },
      { line: 8, start: 2149580800, end: 2151677952, readable: true, writable: false, kind: "mapped", level: 2 },
      { line: 9, start: 2415919104, end: 2415923200, readable: false, writable: false, kind: "hole", level: null },
    ],
    levels: 4,
    ipaBits: 40,
    header: true,
    unread: [
      { line: 3, text: "hello" },
      { line: 11, text: "bye" },
    ],
    unreadCount: 2,
  });
});

it("a number before the ranges is that of levels up to five, as stage2_levels has it, and else of IPA bits", () => {
  const numbers = (text: string) => {
    const { levels, ipaBits } = readStage2Dump(`${text}\n${range("4K 3 R")}`, "dump");
    return [levels, ipaBits];
  };
  expect(["5", "6", "52"].map(numbers)).toEqual([
    [5, null],
    [null, 6],
    [null, 52],
  ]);
});

it("every field that a kernel prints is known", () => {
  for (const field of ["F", "R", "W", "X", "XN", "px", "ux", "PXN", "UXN", "PXNux", "PXNUXN", "AF"]) {
    expect(readStage2Dump(range(`4K 3 ${field}`), "dump").ranges).toHaveLength(1);
  }
});

describe("a range is refused in one line", () => {
  const cases = [
    range("4K 3 R Q"),
    range("4K R W"),
    range("8K 3 R"),
    range("4K 2 R"),
    range("4K 3 R BLK"),
    range("4K 3 R", "0x40001000", "0x40001000"),
    range("4K 3 R", "0x0", "0x10000000001000"),
    "0x40000000 4K\n",
    range("4K 3 R") + range("4K 3 R"),
    "---[ Kernel ]---\n",
    "---[ Guest IPA ]---\n---[ Guest IPA ]---\n",
    `${range("4K 3 R")}---[ Guest IPA ]---\n`,
    "",
  ];

  it("that says what is wrong with it, and what would be right", () => {
    const said = cases.map((text) => {
      try {
        return readStage2Dump(text, "dump").ranges.length;
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return error.message;
      }
    });
    expect(said).toEqual([
      'dump line 1 "0x0000000040000000-0x0000000040001000 4K 3 R Q": the field "Q" is none of a stage-2 dump; expected F, R, W, X, XN, px, ux, PXN, UXN, PXNux, PXNUXN, AF, BLK',
      'dump line 1 "0x0000000040000000-0x0000000040001000 4K R W": mapped, but without a level; expected a level from 0 to 3 after the size',
      'dump line 1 "0x0000000040000000-0x0000000040001000 8K 3 R": the size is not that of the range; expected 4K in whatever unit',
      'dump line 1 "0x0000000040000000-0x0000000040001000 4K 2 R": mapped at level 2 without BLK; expected BLK at levels 1 and 2, pages at 3',
      'dump line 1 "0x0000000040000000-0x0000000040001000 4K 3 R BLK": BLK at level 3; expected BLK at levels 1 and 2, pages at 3',
      'dump line 1 "0x40001000-0x40001000 4K 3 R": the range does not go forward; expected a start below the end',
      'dump line 1 "0x0-0x10000000001000 4K 3 R": the address is beyond 52 bits; expected an IPA',
      'dump line 1 "0x40000000 4K": not a range of a stage-2 dump; expected "0xSTART-0xEND  SIZE LEVEL ATTRIBUTES"',
      "dump line 2: the range begins at 0x40000000, before the end 0x40001000 of line 1; expected ascending ranges that do not overlap",
      'dump line 1 "---[ Kernel ]---": the header of another kind of dump; expected "---[ Guest IPA ]---"',
      "dump line 2: a second dump begins here; expected the dump of one VM",
      "dump line 2: a second dump begins here; expected the dump of one VM",
      'dump: no range of a stage-2 dump in it; expected lines as "---[ Guest IPA ]---" and "0x...-0x...  2M 2   R W ..."',
    ]);
  });

  it("unless it ends with the last byte of 52 bits", () => {
    expect(readStage2Dump(range("4K 3 R", "0xffffffffff000", "0x10000000000000"), "dump").ranges).toHaveLength(1);
  });
});

it("of lines that are none twenty are kept, and all counted", () => {
  const read = (count: number) => readStage2Dump(`${range("4K 3 R")}${"x\n".repeat(count)}`, "dump");
  expect([read(20).unread.length, read(20).unreadCount]).toEqual([20, 20]);
  expect([read(21).unread.length, read(21).unreadCount, read(21).unread.at(-1)]).toEqual([
    20,
    21,
    { line: 21, text: "x" },
  ]);
});
