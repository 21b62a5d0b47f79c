import { describe, expect, it } from "vitest";
import { UserError } from "../../errors.js";
import { defineStrategy } from "../defineStrategy.js";
import { hookActivity } from "../hooks.js";
import { adoptArm64Strategy } from "./adopt.js";
import { arm64 } from "./mmu.js";
import type { Arm64Scenario } from "./scenario.js";
import type { StrategyDefinition } from "./strategy.js";
import { CONTINUE, SKIP_CHILDREN, SKIP_SIBLINGS, type WalkPosition } from "./walkRules.js";

const guest: Arm64Scenario = {
  granule: "4K",
  ipaBits: 40,
  memslots: [{ base: "0x40000000", segments: [{ map: "2M", size: "4M" }] }],
  dirtyLog: { mode: "enable", chunk: "2M" },
};
const adopt = (definition: object) => adoptArm64Strategy({ id: "mine", ...definition }, "./mine.mjs");
const run = (definition: object) => () => arm64.parse(guest, "test").run(adopt(definition));

describe("a custom strategy", () => {
  it("that gives nothing but a name walks as the kernel does", () => {
    const { counts, findings } = arm64.parse(guest, "test").run(adopt({}));
    expect(counts).toEqual(arm64.parse(guest, "test").run(arm64.strategies[0]!).counts);
    expect(findings).toEqual([]);
  });

  it("with a hook in place of a deepest level counts as max-level does", () => {
    const { counts } = arm64.parse(guest, "test").run(adopt({ enter: (at: { level: number }) => at.level < 2 }));
    expect(counts).toEqual(
      arm64.parse(guest, "test").run(arm64.strategies.find(({ id }) => id === "max-level")!).counts,
    );
  });

  it("with one code for all pages counts as with a hook that returns it at each", () => {
    const pages = { ...guest, memslots: [{ base: "0x40000000", segments: [{ map: "4K", size: "8M" }] }] };
    const countsOf = (definition: object) => arm64.parse(pages, "test").run(adopt(definition)).counts;
    for (const code of [CONTINUE, SKIP_CHILDREN, SKIP_SIBLINGS]) {
      const byHook = countsOf({ afterVisit: ({ level }: WalkPosition) => (level === 3 ? code : CONTINUE) });
      expect(countsOf({ afterPage: code })).toEqual(byHook);
    }
    expect(countsOf({ afterPage: SKIP_SIBLINGS })).not.toEqual(countsOf({ afterPage: CONTINUE }));
  });

  it("is asked once about each table, whether it enters all, none or every other", () => {
    const pages = { ...guest, memslots: [{ base: "0x40000000", segments: [{ map: "4K", size: "8M" }] }] };
    for (const enters of [() => true, () => false, (index: number) => index % 2 === 0]) {
      const asked: number[] = [];
      const enter = ({ level, index, addr, entryGfn }: WalkPosition) => {
        if (level !== 2) return true;
        expect(addr).toBe(entryGfn);
        asked.push(index);
        return enters(index);
      };
      const { counts } = arm64.parse(pages, "test").run(adopt({ enter }));
      expect(asked).toEqual([0, 1, 2, 3]);
      const pagesSeen = 512 * asked.filter(enters).length;
      expect(counts).toMatchObject({ split: { inspected: { 2: 4, 3: pagesSeen } } });
    }
  });

  it("sees in its hooks both words of the descriptor of each page", () => {
    // A page maps its own address + 2^39: its high word changes where that passes 4G.
    const pages = { ...guest, memslots: [{ base: "0xffe00000", segments: [{ map: "4K", size: "4M" }] }] };
    const seen: unknown[] = [];
    const afterVisit = ({ level, hi, lo }: WalkPosition) => {
      if (level === 3) seen.push([hi, lo >>> 12]);
      return CONTINUE;
    };
    arm64.parse(pages, "test").run(adopt({ afterVisit }));
    expect(seen.slice(0, 2)).toEqual([
      [128, 0xffe00],
      [128, 0xffe01],
    ]);
    expect(seen.slice(510, 514)).toEqual([
      [128, 0xffffe],
      [128, 0xfffff],
      [129, 0],
      [129, 1],
    ]);
  });

  it("sees in its hooks where the walk is, and `this` is the definition", () => {
    const seen: unknown[] = [];
    const definition: StrategyDefinition = {
      id: "mine",
      enter(at) {
        seen.push([this === definition, at.level, at.index, at.addr, at.entryGfn, at.span, at.end, at.fresh]);
        return true;
      },
      beforeWalk(start, end) {
        seen.push([this === definition, start, end]);
      },
    };
    arm64.parse(guest, "test").run(adoptArm64Strategy(definition, "x.mjs"));
    expect(seen.slice(0, 3)).toEqual([
      [true, 0x40000, 0x40200],
      [true, 1, 1, 0x40000, 0x40000, 2 ** 18, 0x40200, 0],
      [true, 2, 0, 0x40000, 0x40000, 512, 0x40200, 2],
    ]);
  });

  it.each<[string, object, RegExp]>([
    ["an unknown field", { maxlevel: 2 }, /mine\.mjs: field "maxlevel": unknown.*did you mean "maxLevel"\?/],
    ["no name", { id: undefined }, /mine\.mjs\.id: is missing; expected a string/],
    ["a name that is no name", { id: "a b" }, /\.id: is "a b"; expected letters/],
    ["a built-in strategy's name", { id: "max-level" }, /\.id: is "max-level", which is built in/],
    ["a hook that is no function", { enter: true }, /\.enter: is a boolean; expected a function/],
    ["a level that is none", { maxLevel: 4 }, /\.maxLevel: is 4; expected a whole number from 0 to 3/],
    ["flags for tables, at which nothing is done", { flags: 3 | 8 }, /TABLE_PRE or TABLE_POST/],
    ["a code for pages that is none", { afterPage: 3 }, /\.afterPage: is 3; expected a whole number from 0 to 2/],
    ["skips of another kind", { skips: "sideways" }, /\.skips: is "sideways"; expected one of structured, as-posted/],
    ["another machine", { mmu: "x86-tdp" }, /\.mmu: is "x86-tdp"/],
    ["faults that are no sentences", { knownFaults: [7] }, /knownFaults\[0\]: is a number; expected a sentence/],
  ])("is refused with %s", (_, definition, message) => {
    expect(() => adopt(definition)).toThrow(message);
  });
});

describe("defineStrategy", () => {
  it("returns what it is given, the same object", () => {
    const definition = { id: "mine", maxLevel: 2, knownFaults: ["none"] };
    expect(defineStrategy(definition)).toBe(definition);
  });

  it("leaves a strategy for another MMU to that MMU", () => {
    const definition = { id: "mine", mmu: "x86-tdp", next: () => 0 };
    expect(defineStrategy(definition as never)).toBe(definition);
  });

  it.each<[string, unknown, string]>([
    ["nothing", undefined, "defineStrategy: is missing; expected an object"],
    ["no name", {}, "defineStrategy.id: is missing; expected a string"],
    ["an unknown field", { id: "mine", maxlevel: 2 }, 'defineStrategy: field "maxlevel": unknown, did you mean'],
    ["a hook that is none", { id: "mine", enter: 1 }, "defineStrategy.enter: is a number; expected a function"],
    ["an MMU that is no name", { id: "mine", mmu: 7 }, "defineStrategy.mmu: is a number"],
    ["no words for what it does", { id: "mine", summary: 7 }, "defineStrategy.summary: is a number; expected a string"],
  ])("refuses %s at once, with a UserError", (_, definition, message) => {
    const define = () => defineStrategy(definition as never);
    expect(define).toThrow(UserError);
    expect(define).toThrow(message);
  });
});

describe("what a hook does wrong is reported as its own:", () => {
  const whose = 'strategy "mine" (./mine.mjs): its';

  it("an exception, with its kind", () => {
    const enter = () => {
      throw new TypeError("no such thing\nat all");
    };
    expect(run({ enter })).toThrow(`${whose} enter() threw TypeError: no such thing at all`);
  });

  it("an exception's place in the module", () => {
    const enter = () => {
      const error = new Error("here");
      error.stack =
        "Error: here\n    at helper (file:///home/me/lib.mjs:3:1)\n    at enter (file:///home/me/mine.mjs:12:5)";
      throw error;
    };
    expect(run({ enter })).toThrow(`${whose} enter() threw Error: here, at mine.mjs:12:5`);
  });

  it.each<[string, unknown]>([
    ["a string", "oh no"],
    ["nothing", undefined],
    ["an object that cannot be shown", Object.create(null)],
  ])("what is thrown may be %s", (_, thrown) => {
    const enter = () => {
      throw thrown;
    };
    expect(run({ enter })).toThrow(`${whose} enter() threw `);
  });

  it.each<[string, object, string]>([
    ["a number for a decision", { enter: () => 1 }, "enter() returned number 1; expected true or false"],
    ["nothing for a decision", { enter: () => {} }, "enter() returned nothing; expected true or false"],
    ["a promise", { enter: async () => true }, "enter() returned a promise"],
    ["a rejected promise", { afterVisit: () => Promise.reject(new Error("later")) }, "afterVisit() returned a promise"],
    ["a promise for nothing", { beforeWalk: async () => {} }, "beforeWalk() returned a promise"],
    ["an unknown code", { afterVisit: () => 3 }, "afterVisit() returned number 3; expected CONTINUE (0)"],
    ["an errno", { afterVisit: () => -12 }, "afterVisit() returned number -12; expected CONTINUE (0)"],
    ["no number", { afterVisit: () => Number.NaN }, "afterVisit() returned number NaN"],
    ["a truth for a code", { afterVisit: () => true }, "afterVisit() returned boolean true"],
  ])("%s", (_, definition, message) => {
    expect(run(definition)).toThrow(`${whose} ${message}`);
  });

  it("writing to the walk's position", () => {
    const enter = (at: { addr: number }) => {
      at.addr = 0;
      return true;
    };
    expect(run({ enter })).toThrow(/its enter\(\) threw TypeError: Cannot set property addr/);
  });

  it("and the tables are out of its reach", () => {
    let keys: readonly string[] = [];
    run({
      enter: (at: object) => {
        keys = [...Object.keys(at), ...Object.getOwnPropertyNames(Object.getPrototypeOf(at))];
        return true;
      },
    })();
    expect(keys).not.toContain("mem");
    expect(keys).toContain("addr");
  });
});

it("calls of hooks that have begun and ended are counted for whoever watches", () => {
  const before = hookActivity[0]!;
  let within: boolean | undefined;
  run({
    enter: () => {
      within = hookActivity[0] !== hookActivity[1];
      return true;
    },
  })();
  expect(within).toBe(true);
  expect(hookActivity[0]).toBe(hookActivity[1]);
  expect(hookActivity[0]! - before).toBeGreaterThan(0);
});
