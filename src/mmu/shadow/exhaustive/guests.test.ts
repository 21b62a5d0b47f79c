import { describe, expect, it } from "vitest";
import { guestAt, guestsOf, SMALL_SHADOW, type SmallGuest } from "./guests.js";
import { placeScenarios } from "./places.js";
import { WORKS } from "./session.js";

describe("the small nested guests", () => {
  const weight = ({ giant, huge, pages }: SmallGuest) => {
    const all = { none: 0, first: 4, all: 16 }[pages];
    return giant.length * 8 + huge.reduce((sum, list) => sum + list.length, 0) + all;
  };

  it("are every combination of lists within the bound, each once", () => {
    expect(guestsOf("small")).toHaveLength(4 * 3 * 6 ** 4);
    expect(guestsOf("medium")).toHaveLength(4 * 3 * 11 ** 4);
    const small = guestsOf("small");
    expect(new Set(small.map((guest) => JSON.stringify(guest))).size).toBe(small.length);
  });

  it("come the lightest first: a 1G page weighs eight, a 4K page of every table or all of them four or sixteen", () => {
    const small = guestsOf("small");
    const none = { giant: "", pages: "none" };
    expect(small.slice(0, 8)).toEqual([
      { ...none, huge: ["", "", "", ""] },
      { ...none, huge: ["", "", "", "a"] },
      { ...none, huge: ["", "", "a", ""] },
      { ...none, huge: ["", "a", "", ""] },
      { ...none, huge: ["a", "", "", ""] },
      { ...none, huge: ["", "", "", "aa"] },
      { ...none, huge: ["", "", "", "ab"] },
      { ...none, huge: ["", "", "a", "a"] },
    ]);
    const weights = small.map(weight);
    expect(weights).toEqual(weights.toSorted((a, b) => a - b));
    expect(small.at(-1)).toEqual({ giant: "ab", pages: "all", huge: ["aaaa", "aaaa", "aaaa", "aaaa"] });
  });

  it("are laid out in their slot, an SPTE a letter, in the frames of a geometry", () => {
    const one = (gfn: number, level: number, role: number) => ({ gfn, count: 1, level, role, copies: 1 });
    expect(guestAt({ giant: "ab", huge: ["aab", "", "c", ""], pages: "first" }, SMALL_SHADOW.pages, 16)).toEqual({
      slot: { baseGfn: 16, npages: 16 },
      mappings: [
        one(16, 3, 0),
        one(16, 3, 1),
        one(16, 2, 0),
        one(16, 2, 0),
        one(16, 2, 1),
        one(24, 2, 2),
        ...[16, 20, 24, 28].map((gfn) => one(gfn, 1, 0)),
      ],
    });
    const { mappings } = guestAt({ giant: "", huge: ["", "", "", ""], pages: "all" }, SMALL_SHADOW.pages, 0);
    expect(mappings).toEqual([0, 4, 8, 12].map((gfn) => ({ ...one(gfn, 1, 0), count: 4 })));
  });

  it("are tried with every target, schedule and limit", () => {
    expect(WORKS).toHaveLength(2 * 6 * 6);
    expect([WORKS[0], WORKS[1], WORKS[6], WORKS.at(-1)]).toEqual([
      { targetLevel: 1, reschedEvery: 0, availableMmuPages: null },
      { targetLevel: 1, reschedEvery: 0, availableMmuPages: 5 },
      { targetLevel: 1, reschedEvery: 2, availableMmuPages: null },
      { targetLevel: 2, reschedEvery: 7, availableMmuPages: 9 },
    ]);
    expect(new Set(WORKS.map(({ reschedEvery }) => reschedEvery))).toEqual(new Set([0, 2, 3, 4, 5, 7]));
    expect(new Set(WORKS.map(({ availableMmuPages }) => availableMmuPages))).toEqual(new Set([null, 5, 6, 7, 8, 9]));
  });
});

describe("the nested guests of the real geometry", () => {
  const huge = (gfn: number, role: number, copies: number) => ({ gfn, count: 2, level: 2, role, copies });
  const small = (gfn: number, copies: number) => ({ gfn, count: 2, level: 1, role: 0, copies });

  it("are slots on both grids and off them, with as many SPTEs as fill descriptors and one more or less", () => {
    const places = placeScenarios();
    const slots = places.map(({ slot }) => `${slot.baseGfn}+${slot.npages}`);
    expect([...new Set(slots)]).toEqual(["0+1024", "512+1025", "1+1535", "511+1026", "261632+1024"]);
    const copies = places.map(({ mappings }) => mappings![0]!.copies);
    expect([...new Set(copies)]).toEqual([1, 2, 13, 14, 15, 28, 29]);
    expect(places).toHaveLength(5 * 7 * 2);
  });

  it("map two 2M pages by one role or two, and 4K pages at both sides of the boundary between them", () => {
    const places = placeScenarios();
    expect([places[0], places[3], places[37], places[69]]).toEqual([
      {
        mmu: "x86-shadow",
        slot: { baseGfn: 0, npages: 1024 },
        mappings: [huge(0, 0, 1), small(511, 1)],
        targetLevel: 1,
        reschedEvery: 0,
      },
      {
        mmu: "x86-shadow",
        slot: { baseGfn: 0, npages: 1024 },
        mappings: [huge(0, 0, 2), huge(0, 1, 2), small(511, 2)],
        targetLevel: 1,
        reschedEvery: 2,
      },
      {
        mmu: "x86-shadow",
        slot: { baseGfn: 1, npages: 1535 },
        mappings: [huge(512, 0, 15), huge(512, 1, 15), small(1023, 1)],
        targetLevel: 1,
        reschedEvery: 0,
      },
      {
        mmu: "x86-shadow",
        slot: { baseGfn: 261_632, npages: 1024 },
        mappings: [huge(261_632, 0, 29), huge(261_632, 1, 29), small(262_143, 1)],
        targetLevel: 1,
        reschedEvery: 2,
      },
    ]);
  });
});
