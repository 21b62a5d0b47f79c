import { describe, expect, it } from "vitest";
import { formatGfn } from "./geometry.js";
import { parseRiscvScenario } from "./parse.js";

const good = {
  mmu: "riscv",
  gstage: "sv39x4",
  memslots: [{ base: "0x40000000", segments: [{ map: "2M", size: "4M" }] }],
  dirtyLog: { mode: "clear", eagerSplit: true },
};

function slot(changes: object): object {
  return { ...good, memslots: [{ ...good.memslots[0], ...changes }] };
}

describe("a riscv scenario", () => {
  it.each<[string, object, RegExp]>([
    ["a granule", { ...good, granule: "16K" }, /^x\.granule: has no meaning on riscv, whose pages are 4K; expected/],
    ["an IPA width", { ...good, ipaBits: 40 }, /^x\.ipaBits: has no meaning on riscv; expected gstage/],
    ["a chunk", { ...good, dirtyLog: { mode: "enable", chunk: "2M" } }, /^x\.dirtyLog\.chunk: has no meaning on riscv/],
    ["no mode", { ...good, gstage: undefined }, /^x\.gstage: is missing; expected one of sv39x4, sv48x4, sv57x4/],
    ["512G leaves where the root is of 1G", slot({ segments: [{ map: "512G", size: "512G" }] }), /sv39x4 has no such/],
    [
      "two 512G leaves",
      { ...slot({ base: "0x8000000000", segments: [{ map: "512G", size: "1T" }] }), gstage: "sv48x4" },
      /^x: memslots: more than 1 leaf of 512G; expected at most one/,
    ],
    ["memory beyond the space", slot({ base: "0x1ffffe00000" }), /beyond the 41 bits of sv39x4; expected memory below/],
    ["an odd base", slot({ base: "0x40000800" }), /memslots\[0\]\.base 0x40000800: not page-aligned/],
    ["dirty pages that do not exist", slot({ dirty: { runs: [[1024, 1]] } }), /dirty \[1024, 1\]: not a run of pages/],
    [
      "a bitmap while enabling",
      { ...slot({ dirty: { runs: [[0, 1]] } }), dirtyLog: { mode: "enable" } },
      /knows no dirty/,
    ],
    [
      "writes beyond the guest",
      { ...good, afterDisable: { backing: "thp", writes: [[1024, 1]] } },
      /afterDisable\.writes/,
    ],
    [
      "a write that is no run",
      { ...good, afterDisable: { backing: "thp", writes: [[3]] } },
      /writes\[0\]: not a run; expected \[first page,/,
    ],
    [
      "a write of half a page",
      { ...good, afterDisable: { backing: "thp", writes: [[3, 0.5]] } },
      /writes\[0\]: not a run; expected \[first page,/,
    ],
  ])("with %s is refused in one line that names it", (_, scenario, message) => {
    expect(() => parseRiscvScenario(scenario, "x")).toThrow(message);
  });

  it("splits eagerly where it does not say, as the kernel does by default", () => {
    const { layout } = parseRiscvScenario({ ...good, dirtyLog: { mode: "enable" } }, "x");
    expect(layout.eagerSplit).toBe(true);
  });

  it("holds addresses up to 59 bits exactly, as frames", () => {
    const base = "0x7fffffffffe0000";
    const { layout } = parseRiscvScenario(
      { ...slot({ base, segments: [{ map: "4K", size: "64K" }] }), gstage: "sv57x4" },
      "x",
    );
    expect(formatGfn(layout.slots[0]!.startGfn)).toBe(base);
    expect(layout.slots[0]!.endGfn).toBe(Number(0x7ffffffffff0000n / 4096n));
  });

  it("leaves out bits past the slot's end, which the kernel's own bitmap does not have", () => {
    const words = slot({ segments: [{ map: "4K", size: "12K" }], dirty: { words: ["0xff"] } });
    const runs = slot({ segments: [{ map: "4K", size: "12K" }], dirty: { runs: [[0, 8]] } });
    for (const scenario of [words, runs])
      expect(parseRiscvScenario(scenario, "x").layout.slots[0]!.dirty).toEqual([[0, 3]]);
  });

  it("has a name of at most 200 characters and a description of at most 4000", () => {
    const named = { ...good, name: "n".repeat(200), description: "d".repeat(4000) };
    const { scenario } = parseRiscvScenario(named, "x");
    expect(scenario).toEqual(named);
    expect(() => parseRiscvScenario({ ...good, name: "n".repeat(201) }, "x")).toThrow(
      "x.name: has 201 characters; expected at most 200",
    );
    expect(() => parseRiscvScenario({ ...good, mmu: "arm64" }, "x")).toThrow(
      'x.mmu: is "arm64"; expected one of riscv',
    );
  });

  it("polls up to 2^31 - 1 times before each yield, and never with 0", () => {
    const every = (reschedEveryNPolls: number) =>
      parseRiscvScenario({ ...good, dirtyLog: { mode: "clear", reschedEveryNPolls } }, "x").layout.reschedEvery;
    expect([every(0), every(2 ** 31 - 1)]).toEqual([0, 2 ** 31 - 1]);
    for (const wrong of [-1, 2 ** 31])
      expect(() => every(wrong)).toThrow(
        `x.dirtyLog.reschedEveryNPolls: is ${wrong}; expected a whole number from 0 to 2147483647`,
      );
  });

  it("parses to itself", () => {
    const { scenario } = parseRiscvScenario({ ...good, afterDisable: { backing: "hugetlb", writes: [] } }, "x");
    expect(parseRiscvScenario(scenario, "x").scenario).toEqual(scenario);
  });
});
