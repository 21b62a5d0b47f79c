import { describe, expect, it } from "vitest";
import { UserError } from "../../errors.js";
import { defaultShadowScenario, parseShadowScenario } from "./scenario.js";

const shadow = {
  mmu: "x86-shadow",
  slot: { baseGfn: 0, npages: 1024 },
  mappings: [{ gfn: 0, count: 2, level: 2, role: 0, copies: 1 }],
};

describe("a scenario of nested splitting", () => {
  const mapping = shadow.mappings[0]!;
  const wrong: [string, unknown, RegExp][] = [
    ["is null", null, /^f: is null; expected an object$/],
    [
      "has neither mappings nor a pattern",
      { ...shadow, mappings: undefined },
      /^f\.mappings: missing; expected either mappings or alias$/,
    ],
    ["has both", { ...shadow, alias: "none" }, /stands beside alias/],
    ["names the schedule twice", { ...shadow, reschedEvery: 2, reschedEveryNPolls: 2 }, /stands beside resched/],
    [
      "has an unknown pattern",
      { ...shadow, mappings: undefined, alias: "some" },
      /alias: is "some"; expected one of none, one-gfn/,
    ],
    ["has a slot of no pages", { ...shadow, slot: { baseGfn: 0, npages: 0 } }, /slot\.npages: is 0/],
    [
      "maps beyond the slot",
      { ...shadow, mappings: [{ ...mapping, count: 3 }] },
      /mappings\[0\]: ends at gfn 1536; expected at most 1024/,
    ],
    ["maps off the grid", { ...shadow, mappings: [{ ...mapping, gfn: 5 }] }, /mappings\[0\]\.gfn: is 5/],
    ["has a stride off the grid", { ...shadow, mappings: [{ ...mapping, stride: 5 }] }, /mappings\[0\]\.stride: is 5/],
    ["has no copies", { ...shadow, mappings: [{ ...mapping, copies: 0 }] }, /mappings\[0\]\.copies: is 0/],
    [
      "makes too many entries",
      { ...shadow, mappings: new Array(9).fill({ ...mapping, copies: 10000 }) },
      /makes \d+ SPTEs/,
    ],
    [
      "has a pattern on a slot of odd size",
      { ...shadow, slot: { baseGfn: 0, npages: 5 }, mappings: undefined, alias: "none" },
      /whole 2M pages/,
    ],
  ];
  for (const [what, value, message] of wrong) {
    it(`is refused where it ${what}`, () => {
      expect(() => parseShadowScenario(value, "f")).toThrow(UserError);
      expect(() => parseShadowScenario(value, "f")).toThrow(message);
    });
  }

  it("is the same again when its own form is read", () => {
    for (const alias of ["none", "one-gfn", "few", "one-per-page", "every-gfn", "roles"] as const) {
      const scenario = defaultShadowScenario({ alias, memoryBytes: 2 ** 25 });
      expect(parseShadowScenario(JSON.parse(JSON.stringify(scenario)), "f")).toEqual(scenario);
    }
  });
});

describe("the bounds of a scenario of nested splitting", () => {
  const [mapping] = shadow.mappings;
  const withMapping = (change: object) => ({ ...shadow, mappings: [{ ...mapping, ...change }] });
  const unmapped = { ...shadow, mappings: undefined };
  /** A slot as large as one may be. */
  const large = { ...shadow, slot: { baseGfn: 0, npages: 2 ** 24 } };
  const everyPage = { gfn: 0, level: 1, count: 2 ** 24, copies: 2 };

  it.each([
    ["f.mappings: missing; expected either mappings or alias", unmapped],
    ["f.mappings: stands beside alias; expected either mappings or alias", { ...shadow, alias: "none" }],
    ['f.mmu: is "arm64"; expected one of x86-shadow', { ...shadow, mmu: "arm64" }],
    ['f.workload: is "zap"; expected one of split', { ...shadow, workload: "zap" }],
    [
      "f.slot.baseGfn: is 1099494850561; expected a whole number from 0 to 1099494850560",
      { ...shadow, slot: { baseGfn: 2 ** 40 - 2 ** 24 + 1, npages: 1 } },
    ],
    [
      "f.slot.npages: is 16777217; expected a whole number from 1 to 16777216",
      { ...shadow, slot: { baseGfn: 0, npages: 2 ** 24 + 1 } },
    ],
    [
      "f.reschedEvery: stands beside reschedEveryNPolls; expected one of the two",
      { ...shadow, reschedEvery: 2, reschedEveryNPolls: 2 },
    ],
    [
      "f.reschedEveryNPolls: is 1000000001; expected a whole number from 0 to 1000000000",
      { ...shadow, reschedEveryNPolls: 1e9 + 1 },
    ],
    [
      "f.availableMmuPages: is 1099511627777; expected a whole number from 0 to 1099511627776",
      { ...shadow, availableMmuPages: 2 ** 40 + 1 },
    ],
    [
      "f.availableMmuPages: is -1; expected a whole number from 0 to 1099511627776",
      { ...shadow, availableMmuPages: -1 },
    ],
    ["f.targetLevel: is 3; expected a whole number from 1 to 2", { ...shadow, targetLevel: 3 }],
    ["f.targetLevel: is 0; expected a whole number from 1 to 2", { ...shadow, targetLevel: 0 }],
    ["f.mappings[0].level: is 4; expected a whole number from 1 to 3", withMapping({ level: 4 })],
    ["f.mappings[0].level: is 0; expected a whole number from 1 to 3", withMapping({ level: 0 })],
    ["f.mappings[0].gfn: is 1024; expected a whole number from 0 to 1023", withMapping({ gfn: 1024 })],
    ["f.mappings[0].gfn: is 5; expected a multiple of 512 at level 2", withMapping({ gfn: 5 })],
    ["f.mappings[0].count: is 1025; expected a whole number from 1 to 1024", withMapping({ count: 1025 })],
    ["f.mappings[0].count: is 0; expected a whole number from 1 to 1024", withMapping({ count: 0 })],
    ["f.mappings[0].stride: is 5; expected a multiple of 512 at level 2", withMapping({ stride: 5 })],
    ["f.mappings[0].stride: is 1025; expected a whole number from 1 to 1024", withMapping({ stride: 1025 })],
    ["f.mappings[0].stride: is 0; expected a whole number from 1 to 1024", withMapping({ stride: 0 })],
    ["f.mappings[0]: ends at gfn 1536; expected at most 1024, where the slot ends", withMapping({ stride: 1024 })],
    [
      "f.mappings[0]: ends at gfn 1025; expected at most 1024, where the slot ends",
      withMapping({ level: 1, gfn: 1, count: 1024 }),
    ],
    [
      "f.mappings[0].role: is 1073741825; expected a whole number from 0 to 1073741824",
      withMapping({ role: 2 ** 30 + 1 }),
    ],
    ["f.mappings[0].role: is -1; expected a whole number from 0 to 1073741824", withMapping({ role: -1 })],
    ["f.mappings[0].copies: is 10001; expected a whole number from 1 to 10000", withMapping({ copies: 10_001 })],
    ["f.mappings[0].copies: is 0; expected a whole number from 1 to 10000", withMapping({ copies: 0 })],
    [
      "f: makes 33554433 SPTEs; expected at most 33554432",
      { ...large, mappings: [everyPage, { gfn: 0, level: 1, count: 1 }] },
    ],
    [
      // A 1G page becomes itself, 512 of 2M and 2 ** 18 of 4K: 64 of them twice are too many.
      "f: makes 33620096 SPTEs; expected at most 33554432",
      { ...large, mappings: [{ gfn: 0, level: 3, count: 64, copies: 2 }] },
    ],
    [
      "f.alias: needs a slot of whole 2M pages; expected baseGfn and npages that are multiples of 512",
      { ...unmapped, alias: "none", slot: { baseGfn: 256, npages: 1024 } },
    ],
    [
      "f.alias: needs a slot of whole 2M pages; expected baseGfn and npages that are multiples of 512",
      { ...unmapped, alias: "none", slot: { baseGfn: 512, npages: 1025 } },
    ],
  ])("are told: %s", (message, written) => {
    expect(() => parseShadowScenario(written, "f")).toThrow(new UserError(message));
  });

  it.each<[string, object]>([
    ["a slot that ends with the addresses", { slot: { baseGfn: 2 ** 40 - 2 ** 24, npages: 2 ** 24 }, mappings: [] }],
    ["a schedule of a billion polls", { reschedEvery: 1e9 }],
    ["a limit of 2 ** 40 MMU pages", { availableMmuPages: 2 ** 40 }],
    ["a limit of no MMU pages", { availableMmuPages: 0 }],
    ["a name of 200 characters and a text", { name: "x".repeat(200), description: "what it shows" }],
    ["the last page of the slot", { mappings: [{ ...mapping, gfn: 512, count: 1 }] }],
    ["a stride of the whole slot", { mappings: [{ ...mapping, count: 1, stride: 1024 }] }],
    ["every page of the slot", { mappings: [{ ...mapping, level: 1, count: 1024 }] }],
    ["the largest role", { mappings: [{ ...mapping, role: 2 ** 30 }] }],
    ["10,000 copies", { mappings: [{ ...mapping, copies: 10_000 }] }],
    ["2 ** 25 SPTEs", { ...large, mappings: [{ ...everyPage, role: 0 }] }],
    ["63 pages of 1G twice", { ...large, mappings: [{ ...mapping, level: 3, count: 63, copies: 2 }] }],
    [
      "more pages of 1G where 2M pages stay",
      {
        ...large,
        targetLevel: 2,
        mappings: [{ ...mapping, level: 3, count: 64, copies: 2 }],
      },
    ],
  ])("take %s", (_, change) => {
    const whole = { workload: "split", targetLevel: 1, reschedEvery: 0, availableMmuPages: null };
    expect(parseShadowScenario({ ...shadow, ...change }, "f")).toEqual({ ...whole, ...shadow, ...change });
  });

  it("leave role, copies, target, schedule and limit to their defaults", () => {
    const bare = { mmu: "x86-shadow", slot: shadow.slot, mappings: [{ gfn: 512, count: 1, level: 2 }] };
    expect(parseShadowScenario({ ...bare, availableMmuPages: null }, "f")).toEqual({
      mmu: "x86-shadow",
      workload: "split",
      slot: { baseGfn: 0, npages: 1024 },
      targetLevel: 1,
      mappings: [{ gfn: 512, count: 1, level: 2, role: 0, copies: 1 }],
      reschedEvery: 0,
      availableMmuPages: null,
    });
  });

  it("are told of a scenario without a file by its kind", () => {
    expect(() => parseShadowScenario(null, "")).toThrow(new UserError("scenario: is null; expected an object"));
  });
});

it("a pattern maps 2M pages over the whole slot, and besides them what its name says", () => {
  const huge = { gfn: 512, count: 2, level: 2, role: 0, copies: 1 };
  const small = { gfn: 512, level: 1, role: 0, copies: 1 };
  const beside = (alias: string) => {
    const slot = { baseGfn: 512, npages: 1024 };
    const [first, ...others] = parseShadowScenario({ mmu: "x86-shadow", slot, alias }, "f").mappings;
    expect(first, alias).toEqual(huge);
    return others;
  };
  expect(beside("none")).toEqual([]);
  expect(beside("one-gfn")).toEqual([{ ...small, gfn: 517, count: 1 }]);
  expect(beside("few")).toEqual([{ ...small, count: 10 }]);
  expect(beside("one-per-page")).toEqual([{ ...small, gfn: 515, count: 2, stride: 512 }]);
  expect(beside("every-gfn")).toEqual([{ ...small, count: 1024 }]);
  expect(beside("roles")).toEqual([{ ...huge, role: 1 }]);
});

it("a default guest is of 1 GiB to be split to 4K, unless it is asked for otherwise", () => {
  const mappings = [{ gfn: 0, count: 512, level: 2, role: 0, copies: 1 }];
  const guest = {
    mmu: "x86-shadow",
    name: "nested-none",
    workload: "split",
    slot: { baseGfn: 0, npages: 2 ** 18 },
    targetLevel: 1,
    mappings,
    reschedEvery: 0,
    availableMmuPages: null,
  };
  expect(defaultShadowScenario({ alias: "none" })).toEqual(guest);
  expect(defaultShadowScenario({ alias: "none", target: "4k" })).toEqual(guest);
  expect(defaultShadowScenario({ alias: "none", target: "2m", reschedEvery: 9 })).toEqual({
    ...guest,
    targetLevel: 2,
    reschedEvery: 9,
  });
  expect(() => defaultShadowScenario({ alias: "none", memoryBytes: 2 ** 21 + 4096 })).toThrow(
    "guest nested-none.alias: needs a slot of whole 2M pages",
  );
});
