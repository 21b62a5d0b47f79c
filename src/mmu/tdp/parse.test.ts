import { describe, expect, it } from "vitest";
import { UserError } from "../../errors.js";
import { clear, leaves, root, shadow, zap } from "../../testing/x86Scenarios.js";
import { parseShadowScenario } from "../shadow/scenario.js";
import { defaultTdpScenario, fill } from "./guests.js";
import { parseTdpScenario } from "./parse.js";

describe("a scenario of the TDP MMU", () => {
  const wrong: [string, unknown, RegExp][] = [
    ["is no object", 5, /^f: is a number; expected an object$/],
    ["has no workload", { mmu: "x86-tdp" }, /^f\.workload: is missing; expected one of zap, split, enable, clear$/],
    ["is for another MMU", { ...zap, mmu: "arm64" }, /^f\.mmu: is "arm64"; expected one of x86-tdp$/],
    ["has a misspelt field", { ...zap, hostMaxPhyaddr: 48 }, /did you mean "hostMaxphyaddr"/],
    ["has a field of another workload", { ...zap, pml: true }, /field "pml": unknown/],
    ["has no root", { mmu: "x86-tdp", workload: "zap" }, /^f\.root: missing; expected either root or roots$/],
    ["has root and roots", { ...zap, roots: [root] }, /^f\.root: stands beside roots/],
    [
      "splits two roots",
      { ...zap, workload: "split", root: undefined, roots: [root, root] },
      /^f\.roots: has 2 elements/,
    ],
    ["has a negative gfn", leaves({ gfn: -1, level: 1, count: 1 }), /leaves\[0\]\.gfn: is -1/],
    [
      "has a leaf of level 4",
      leaves({ gfn: 0, level: 4, count: 1 }),
      /leaves\[0\]\.level: is 4; expected a whole number from 1 to 3/,
    ],
    ["has no leaves in a run", leaves({ gfn: 0, level: 1, count: 0 }), /leaves\[0\]\.count: is 0/],
    [
      "has a leaf off its grid",
      leaves({ gfn: 1, level: 2, count: 1 }),
      /leaves\[0\]\.gfn: is 1; expected a multiple of 512 at level 2/,
    ],
    ["has a huge count", leaves({ gfn: 0, level: 3, count: 1e15 }), /leaves\[0\]\.count: is 1000000000000000/],
    [
      "ends beyond maxphyaddr",
      { ...leaves({ gfn: 0, level: 1, count: 2 ** 20 + 1 }), hostMaxphyaddr: 32 },
      /leaves\[0\]\.count/,
    ],
    [
      "overlaps",
      leaves({ gfn: 0, level: 1, count: 600 }, { gfn: 512, level: 2, count: 1 }),
      /leaves\[1\]: begins at gfn 512, inside leaves\[0\]/,
    ],
    [
      "is too large",
      leaves({ gfn: 0, level: 1, count: 2 ** 26 }),
      /needs \d+ page tables; expected a guest of at most 70000/,
    ],
    [
      "has a mapped non-present entry",
      { ...zap, root: { ...root, nonpresentPaths: [{ gfn: 2, level: 1 }] } },
      /nonpresentPaths\[0\]/,
    ],
    [
      "has a non-present entry over a table",
      { ...zap, root: { ...root, nonpresentPaths: [{ gfn: 2, level: 2 }] } },
      /nonpresentPaths\[0\]/,
    ],
    [
      "has a min_level that is not target + 1",
      { ...zap, workload: "split", targetLevel: 1, minLevel: 3 },
      /minLevel: is 3/,
    ],
    ["ends before it begins", { ...zap, workload: "split", startGfn: 9, endGfnExclusive: 9 }, /endGfnExclusive: is 9/],
    [
      "clears a slot that a huge page sticks out of",
      { ...clear, root: { ...root, leaves: [{ gfn: 0, level: 2, count: 2 }] }, slotBaseGfn: 512, npages: 64 },
      /^f: the 512-page leaf at gfn 512 sticks out of the slot, gfns 512 to 575; expected no huge page across/,
    ],
    [
      "enables a slot that begins inside a huge page",
      { ...leaves({ gfn: 0, level: 3, count: 1 }), workload: "enable", startGfn: 512 },
      /^f: the 262144-page leaf at gfn 0 sticks out of the slot, gfns 512 to 262143;/,
    ],
    ["has too few masks", { ...clear, npages: 65 }, /masks: has 1 elements; expected from 2 to 2/],
    ["has a mask that is none", { ...clear, masks: ["all"] }, /masks\[0\]: not a mask/],
    [
      "has bits beyond the slot",
      { ...clear, npages: 63, masks: ["0x8000000000000000"] },
      /has bits beyond the slot's last page/,
    ],
    [
      "has a slot beyond the host's addresses",
      { ...clear, hostMaxphyaddr: 32, slotBaseGfn: 2 ** 20 - 1 },
      /npages: is 64/,
    ],
    ["has a fractional schedule", { ...zap, reschedEveryNPolls: 1.5 }, /reschedEveryNPolls: is 1.5/],
  ];
  for (const [what, value, message] of wrong) {
    it(`is refused where it ${what}`, () => {
      expect(() => parseTdpScenario(value, "f")).toThrow(UserError);
      expect(() => parseTdpScenario(value, "f")).toThrow(message);
    });
  }

  it("is the same again when its own form is read", () => {
    for (const workload of ["zap", "split", "enable", "clear"] as const) {
      for (const backing of ["4k", "thp", "hugetlb-1g", "mixed"]) {
        const scenario = defaultTdpScenario({ workload, backing, memoryBytes: 2 ** 30 + 4096 });
        expect(parseTdpScenario(JSON.parse(JSON.stringify(scenario)), "f")).toEqual(scenario);
      }
    }
  });

  it("fills memory with the largest leaves that are aligned and fit", () => {
    const runs: { gfn: number; level: number; count: number }[] = [];
    fill(runs, 511, 2 ** 19 + 513, 3);
    expect(runs).toEqual([
      { gfn: 511, level: 1, count: 1 },
      { gfn: 512, level: 2, count: 511 },
      { gfn: 2 ** 18, level: 3, count: 1 },
      { gfn: 2 ** 19, level: 2, count: 1 },
      { gfn: 2 ** 19 + 512, level: 1, count: 1 },
    ]);
  });

  it("refuses memory that is no whole number of pages", () => {
    expect(() => defaultTdpScenario({ workload: "zap", backing: "4k", memoryBytes: 4097 })).toThrow(UserError);
  });
});

it("takes huge pages that end at the slot's edges, and those of other slots", () => {
  const beside = [
    { gfn: 0, level: 2, count: 1 },
    { gfn: 512, level: 2, count: 2 },
    { gfn: 1536, level: 2, count: 1 },
  ];
  const slot = { slotBaseGfn: 512, npages: 1024, masks: { allWords: "0x1" } };
  const scenario = { ...clear, root: { ...root, leaves: beside }, ...slot };
  expect(parseTdpScenario(scenario, "f")).toMatchObject({ slotBaseGfn: 512, npages: 1024 });
});

it("takes a range of the last page that the host has", () => {
  const range = { startGfn: 2 ** 20 - 1, endGfnExclusive: 2 ** 20 };
  const scenario = { ...zap, workload: "split", hostMaxphyaddr: 32, ...range };
  expect(parseTdpScenario(scenario, "f")).toMatchObject(range);
});

it("takes a shadow scenario's schedule by the name that the TDP MMU's has, too", () => {
  expect(parseShadowScenario({ ...shadow, reschedEveryNPolls: 64 }, "").reschedEvery).toBe(64);
  expect(parseShadowScenario({ ...shadow, reschedEvery: 64 }, "").reschedEvery).toBe(64);
  expect(parseShadowScenario(shadow, "").reschedEvery).toBe(0);
});
