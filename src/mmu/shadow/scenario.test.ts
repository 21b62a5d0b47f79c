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
