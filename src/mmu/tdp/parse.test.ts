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

describe("the bounds of a scenario of the TDP MMU", () => {
  const split = { ...zap, workload: "split" };
  const enable = { ...zap, workload: "enable" };
  const withRoot = (written: object, change: object) => ({ ...written, root: { ...root, ...change } });
  const withPaths = (...nonpresentPaths: object[]) =>
    withRoot(zap, {
      leaves: [
        { gfn: 512, level: 2, count: 1 },
        { gfn: 0, level: 1, count: 4 },
      ],
      nonpresentPaths,
    });
  const huge = { leaves: [{ gfn: 0, level: 2, count: 2 }] };
  const giants = (count: number) => ({ leaves: [{ gfn: 0, level: 3, count }] });
  const LAST = 2 ** 36 - 1;
  const occupied = "something is mapped there, or has a table; expected an entry with nothing below";

  it.each<[string, object]>([
    ["f.root: missing; expected either root or roots", { ...zap, root: undefined }],
    ["f.root: stands beside roots; expected either root or roots", { ...zap, roots: [root] }],
    ["f.roots: has 0 elements; expected from 1 to 16", { ...zap, root: undefined, roots: [] }],
    ["f.roots: has 17 elements; expected from 1 to 16", { ...zap, root: undefined, roots: new Array(17).fill(root) }],
    ["f.roots: has 2 elements; expected from 1 to 1", { ...split, root: undefined, roots: [root, root] }],
    [
      "f.roots[1].rootLevel: is 6; expected a whole number from 4 to 5",
      { ...zap, root: undefined, roots: [root, { ...root, rootLevel: 6 }] },
    ],
    ["f.root.rootLevel: is 3; expected a whole number from 4 to 5", withRoot(zap, { rootLevel: 3 })],
    ["f.hostMaxphyaddr: is 31; expected a whole number from 32 to 52", { ...zap, hostMaxphyaddr: 31 }],
    ["f.hostMaxphyaddr: is 53; expected a whole number from 32 to 52", { ...zap, hostMaxphyaddr: 53 }],
    [
      "f.reschedEveryNPolls: is 1000000001; expected a whole number from 0 to 1000000000",
      { ...zap, reschedEveryNPolls: 1e9 + 1 },
    ],
    [
      "f.root.leaves[0].gfn: is 68719476736; expected a whole number from 0 to 68719476735",
      leaves({ gfn: LAST + 1, level: 1, count: 1 }),
    ],
    [
      "f.root.leaves[0]: ends at gfn 68719476737; expected at most 68719476736, where the host's physical addresses or " +
        "the root end",
      { ...leaves({ gfn: LAST, level: 1, count: 2 }), hostMaxphyaddr: 52 },
    ],
    [
      "f.root.leaves[0]: ends at gfn 1049088; expected at most 1048576, where the host's physical addresses or the root " +
        "end",
      { ...leaves({ gfn: 2 ** 20 - 512, level: 2, count: 2 }), hostMaxphyaddr: 32 },
    ],
    [
      "f.root.leaves[0]: begins at gfn 512, inside leaves[1]; expected runs that do not overlap",
      leaves({ gfn: 512, level: 2, count: 1 }, { gfn: 0, level: 1, count: 513 }),
    ],
    ["f.root.nonpresentPaths[0].level: is 4; expected a whole number from 1 to 3", withPaths({ gfn: 0, level: 4 })],
    [
      "f.root.nonpresentPaths[0].gfn: is 68719476736; expected a whole number from 0 to 68719476735",
      withPaths({ gfn: LAST + 1, level: 1 }),
    ],
    [`f.root.nonpresentPaths[0]: ${occupied}`, withPaths({ gfn: 3, level: 1 })],
    [`f.root.nonpresentPaths[0]: ${occupied}`, withPaths({ gfn: 512, level: 1 })],
    [`f.root.nonpresentPaths[0]: ${occupied}`, withPaths({ gfn: 1023, level: 1 })],
    [`f.root.nonpresentPaths[0]: ${occupied}`, withPaths({ gfn: 0, level: 2 })],
    [`f.root.nonpresentPaths[0]: ${occupied}`, withPaths({ gfn: 2 ** 17, level: 3 })],
    [`f.root.nonpresentPaths[1]: ${occupied}`, withPaths({ gfn: 1025, level: 1 }, { gfn: 1024, level: 2 })],
    ["f: needs 131329 page tables; expected a guest of at most 70000", leaves({ gfn: 0, level: 1, count: 2 ** 26 })],
    // 137 pages of 1G become 137 tables of 2M and 512 times as many of 4K.
    ["f: needs 70282 page tables; expected a guest of at most 70000", withRoot(split, giants(137))],
    ["f: needs 70282 page tables; expected a guest of at most 70000", withRoot(enable, giants(137))],
    [
      "f.endGfnExclusive: is 68719476737; expected a whole number from 1 to 68719476736",
      {
        ...split,
        endGfnExclusive: LAST + 2,
      },
    ],
    [
      "f.endGfnExclusive: is 5; expected a whole number from 6 to 68719476736",
      {
        ...split,
        startGfn: 5,
        endGfnExclusive: 5,
      },
    ],
    ["f.targetLevel: is 3; expected a whole number from 1 to 2", { ...split, targetLevel: 3 }],
    ["f.minLevel: is 2; expected a whole number from 3 to 3", { ...split, targetLevel: 2, minLevel: 2 }],
    ["f.eager: is a string; expected true or false", { ...enable, eager: "on" }],
    [
      "f: the 512-page leaf at gfn 512 sticks out of the slot, gfns 513 to 1023; expected no huge page across an edge of " +
        "the slot: KVM maps none there",
      { ...withRoot(enable, huge), startGfn: 513 },
    ],
    [
      "f: the 512-page leaf at gfn 512 sticks out of the slot, gfns 0 to 1022; expected no huge page across an edge of " +
        "the slot: KVM maps none there",
      { ...withRoot(enable, huge), endGfnExclusive: 1023 },
    ],
    ...(["0x10000000000000000", "0xg", "1", "x0x1"] as const).map((mask): [string, object] => [
      "f.masks[0]: not a mask; expected hexadecimal of at most 64 bits, such as 0xff",
      { ...clear, masks: [mask] },
    ]),
    ["f.masks[0]: is a number; expected hexadecimal of at most 64 bits, such as 0xff", { ...clear, masks: [5] }],
    [
      "f.masks.allWords: is a number; expected hexadecimal of at most 64 bits, such as 0xff",
      { ...clear, masks: { allWords: 5 } },
    ],
    ["f.masks: is a number; expected an object", { ...clear, masks: 5 }],
    [
      "f.masks[1]: has bits beyond the slot's last page; expected 1 bits in the last word",
      { ...clear, npages: 65, masks: ["0x0", "0x2"] },
    ],
    [
      "f.masks.allWords: has bits beyond the slot's last page; expected 1 bits in the last word",
      { ...clear, npages: 65, masks: { allWords: "0x3" } },
    ],
    [
      "f.slotBaseGfn: is 68719476736; expected a whole number from 0 to 68719476735",
      {
        ...clear,
        slotBaseGfn: LAST + 1,
      },
    ],
    ["f.npages: is 2; expected a whole number from 1 to 1", { ...clear, slotBaseGfn: LAST, npages: 2 }],
    ["f.npages: is 0; expected a whole number from 1 to 35840000", { ...clear, npages: 0 }],
    ["f.npages: is 35840001; expected a whole number from 1 to 35840000", { ...clear, npages: 35_840_001 }],
  ])("are told: %s", (message, written) => {
    expect(() => parseTdpScenario(written, "f")).toThrow(new UserError(message));
  });

  const all = { hostMaxphyaddr: 48, reschedEveryNPolls: 0 };
  const range = { startGfn: 0, endGfnExclusive: 4 };
  const logging = { pml: true, eager: true };

  it.each<[string, object, object]>([
    ["the least that there can be of a zap", zap, all],
    ["the least of a split", split, { ...all, ...range, targetLevel: 1 }],
    ["the least of enabling", enable, { ...all, ...range, ...logging }],
    ["the least of a clear", clear, { ...all, ...logging, manualProtectAndInitSet: true }],
    [
      "a host of 52 bits, a schedule, a name and a text",
      {
        ...zap,
        hostMaxphyaddr: 52,
        reschedEveryNPolls: 1e9,
        name: "x".repeat(200),
        description: "what it shows",
      },
      {},
    ],
    ["the last page of a root", leaves({ gfn: LAST, level: 1, count: 1 }), all],
    [
      "pages beyond that below a root of five levels",
      { ...withRoot(zap, { rootLevel: 5, leaves: [{ gfn: LAST, level: 1, count: 2 }] }), hostMaxphyaddr: 52 },
      { reschedEveryNPolls: 0 },
    ],
    ["runs that abut in any order", leaves({ gfn: 512, level: 2, count: 1 }, { gfn: 0, level: 1, count: 512 }), all],
    [
      "paths beside leaves and beside each other",
      withPaths(
        { gfn: 4, level: 1 },
        { gfn: 1024, level: 1 },
        { gfn: 1025, level: 1 },
        { gfn: 1536, level: 2 },
        { gfn: 2 ** 18, level: 3 },
      ),
      all,
    ],
    ["a range of its own, to 2M", { ...split, startGfn: 2, endGfnExclusive: LAST + 1, targetLevel: 2 }, all],
    [
      "the end of the last leaf where the range has none",
      { ...split, startGfn: 3 },
      { ...all, ...range, startGfn: 3, targetLevel: 1 },
    ],
    [
      "a page from where the range begins, behind all leaves",
      { ...split, startGfn: LAST },
      {
        ...all,
        startGfn: LAST,
        endGfnExclusive: LAST + 1,
        targetLevel: 1,
      },
    ],
    [
      "as many page tables as may be",
      withRoot(split, giants(136)),
      {
        ...all,
        startGfn: 0,
        endGfnExclusive: 136 * 2 ** 18,
        targetLevel: 1,
      },
    ],
    ["more pages of 1G where none is split", withRoot(zap, giants(137)), all],
    [
      "more of them where splitting is lazy",
      { ...withRoot(enable, giants(137)), eager: false },
      {
        ...all,
        startGfn: 0,
        endGfnExclusive: 137 * 2 ** 18,
        pml: true,
      },
    ],
    [
      "a slot of one half of the huge pages",
      { ...withRoot(enable, huge), startGfn: 512 },
      {
        ...all,
        ...logging,
        endGfnExclusive: 1024,
      },
    ],
    [
      "a slot that ends behind them",
      { ...withRoot(enable, huge), endGfnExclusive: 1025, pml: false, eager: false },
      {
        ...all,
        startGfn: 0,
      },
    ],
    [
      "the last bit of the last word",
      { ...clear, npages: 65, masks: ["0x0", "0x1"] },
      {
        ...all,
        ...logging,
        manualProtectAndInitSet: true,
      },
    ],
    [
      "a mask for all words, in capitals",
      { ...clear, masks: { allWords: "0xFFFFFFFFFFFFFFFF" }, ...logging },
      {
        ...all,
        manualProtectAndInitSet: true,
      },
    ],
    [
      "the largest slot, without all bits set at first",
      {
        ...clear,
        npages: 35_840_000,
        masks: { allWords: "0x1" },
        manualProtectAndInitSet: false,
        pml: false,
        eager: false,
      },
      all,
    ],
    [
      "the last page of a root as a slot",
      { ...clear, slotBaseGfn: LAST, npages: 1, manualProtectAndInitSet: false },
      {
        ...all,
        ...logging,
      },
    ],
  ])("take %s", (_, written, defaults) => {
    const { root: given, ...fields } = written as { root: object };
    expect(parseTdpScenario(written, "f")).toEqual({
      ...defaults,
      ...fields,
      roots: [{ nonpresentPaths: [], ...given }],
    });
  });

  it("begin a range with the lowest leaf and end it with the highest, wherever they stand", () => {
    const unordered = withRoot(split, {
      leaves: [
        { gfn: 1024, level: 2, count: 1 },
        { gfn: 5, level: 1, count: 2 },
      ],
    });
    expect(parseTdpScenario(unordered, "f")).toMatchObject({ startGfn: 5, endGfnExclusive: 1536 });
    expect(parseTdpScenario(withRoot(split, { leaves: [] }), "f")).toMatchObject({
      startGfn: LAST,
      endGfnExclusive: LAST + 1,
    });
    expect(() => parseTdpScenario(null, "")).toThrow(new UserError("scenario: is null; expected an object"));
  });
});
