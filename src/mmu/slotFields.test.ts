import { describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import { Fields } from "../files/fields.js";
import { laidOut, overlapNotes, parseRuns, parseSlots, pastEndNote } from "./slotFields.js";

const segments = [{ map: "4K", size: "8K" }];

const slotsOf = (memslots: unknown, mode: "enable" | "clear" = "clear") =>
  parseSlots(Fields.of({ memslots }, "s.json", ["memslots"]), mode);

describe("memslots of a scenario", () => {
  it("are read with all that they say and nothing more", () => {
    const slots = [
      {
        base: "0x0",
        segments: [
          { map: "hole", size: "4K" },
          { ...segments[0]!, writeProtected: true },
        ],
      },
      { base: "1G", segments: [{ ...segments[0]!, writeProtected: false }], dirty: { runs: [[0, 2]] } },
      { base: "2G", segments, dirty: { words: ["0x3", "0"] } },
      { base: "3G", segments, dirty: { runs: [] } },
    ];
    expect(slotsOf(slots)).toEqual(slots);
    expect(slotsOf([{ base: "0x0", segments, dirty: undefined }])).toEqual([{ base: "0x0", segments }]);
  });

  it.each<[unknown, string]>([
    [undefined, "s.json.memslots: is missing; expected an array"],
    [[], "s.json.memslots: has 0 elements; expected from 1 to 32764"],
    [[3], "s.json.memslots[0]: is a number; expected an object"],
    [[{ base: "0x0", segments, size: 1 }], "s.json.memslots[0]: field"],
    [[{ base: 0, segments }], "s.json.memslots[0].base: is a number; expected a string"],
    [[{ base: "0x0", segments: [] }], "s.json.memslots[0].segments: has 0 elements; expected from 1 to 4000000"],
    [[{ base: "0x0", segments: [...segments, null] }], "s.json.memslots[0].segments[1]: is null; expected an object"],
    [
      [{ base: "0x0", segments: [{ map: "4K" }] }],
      "s.json.memslots[0].segments[0].size: is missing; expected a string",
    ],
    [
      [{ base: "0x0", segments: [{ ...segments[0], writeProtected: 1 }] }],
      "s.json.memslots[0].segments[0].writeProtected: is a number; expected true or false",
    ],
    [
      [{ base: "0x0", segments, dirty: {} }],
      "s.json.memslots[0].dirty: has both or neither of runs and words; expected one of them",
    ],
    [
      [{ base: "0x0", segments, dirty: { runs: [], words: [] } }],
      "s.json.memslots[0].dirty: has both or neither of runs and words; expected one of them",
    ],
    [
      [{ base: "0x0", segments, dirty: { words: ["0x1", 2] } }],
      "s.json.memslots[0].dirty.words[1]: is a number; expected a hexadecimal string",
    ],
    [
      [{ base: "0x0", segments, dirty: { runs: [[0, 1], [1]] } }],
      "s.json.memslots[0].dirty.runs[1]: not a run; expected [first page, number of pages]",
    ],
  ])("are refused by the field that is wrong: %j", (memslots, message) => {
    expect(() => slotsOf(memslots)).toThrow(message);
  });

  it("have no dirty bitmap where logging is enabled", () => {
    const slots = [
      { base: "0x0", segments },
      { base: "1G", segments, dirty: { words: [] } },
    ];
    expect(() => slotsOf(slots, "enable")).toThrow(
      's.json.memslots[1].dirty: enabling knows no dirty bitmap; expected it only with dirtyLog.mode "clear"',
    );
    expect(slotsOf(slots.slice(0, 1), "enable")).toEqual(slots.slice(0, 1));
  });
});

it.each([[["0", 1]], [[0.5, 1]], [[0, 1, 2]], ["0 1"], [null]])("%j is no run of pages", (run) => {
  const fields = Fields.of({ dirty: [[0, 1], run] }, "s", ["dirty"]);
  expect(() => parseRuns(fields, "dirty")).toThrow("s.dirty[1]: not a run; expected [first page, number of pages]");
});

it("what is wrong with memory is told with the file that has it, and other errors as they are", () => {
  const failing = (error: Error) => () => {
    throw error;
  };
  expect(laidOut("a.json", () => 3)).toBe(3);
  expect(() => laidOut("a.json", failing(new UserError("too large")))).toThrow(/^a\.json: too large$/);
  expect(() => laidOut("", failing(new UserError("too large")))).toThrow(/^too large$/);
  expect(() => laidOut("a.json", failing(new Error("a bug")))).toThrow(/^a bug$/);
});

it("dirty pages past the end of their slot are told by their number", () => {
  expect([1, 2].map((pages) => pastEndNote("memslots[0].dirty", pages))).toEqual([
    "memslots[0].dirty: 1 dirty page lies past the slot's end and does nothing, as in the kernel",
    "memslots[0].dirty: 2 dirty pages lie past the slot's end and do nothing, as in the kernel",
  ]);
});

it("runs of dirty pages that share some are told, slot by slot, with how many pages they share", () => {
  const slot = (...runs: [number, number][]) => ({ base: "0", segments, dirty: { runs } });
  const slots = [
    slot([0, 4], [4, 4]),
    slot([3, 2], [0, 4]),
    slot([0, 10], [2, 3], [8, 4]),
    { base: "0", segments },
    { base: "0", segments, dirty: { words: ["0x1", "0x1"] } },
  ];
  expect(overlapNotes(slots)).toEqual([
    "memslots[1].dirty: runs overlap, in 1 page; each page is dirty once",
    "memslots[2].dirty: runs overlap, in 5 pages; each page is dirty once",
  ]);
});
