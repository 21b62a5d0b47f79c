import { describe, expect, it } from "vitest";
import { geometryOf } from "../../guest/geometry.js";
import { TableMemory } from "./memory.js";

describe("TableMemory", () => {
  it.each(["4K", "16K", "64K"] as const)(
    "finds the child page again that a %s table descriptor was made for, at any page number",
    (granule) => {
      const mem = new TableMemory(geometryOf(granule, 48));
      for (const page of [1, 2, 511, 2 ** 16 - 1, 2 ** 20 - 1, 2 ** 20, 2 ** 24 + 5]) {
        const lo = mem.tableLo(page);
        const hi = mem.tableHi(page);
        expect(lo & 3).toBe(3);
        expect(hi).toBeLessThan(2 ** 16);
        expect(mem.childOf(lo, hi | (1 << 23))).toBe(page);
      }
    },
  );

  it("hands out zeroed pages, also where a page was used before", () => {
    const mem = new TableMemory(geometryOf("4K", 40), 2);
    const first = mem.alloc();
    mem.words.fill(7, 2 * 512 * first, 2 * 512 * (first + 1));
    mem.release(first);
    const again = mem.alloc();
    expect(again).toBe(first);
    expect(mem.words.slice(2 * 512 * again, 2 * 512 * (again + 1)).every((word) => word === 0)).toBe(true);
  });

  it("is as it was after a snapshot is put back, whatever was done in between", () => {
    const mem = new TableMemory(geometryOf("4K", 40), 2);
    const kept = mem.alloc();
    mem.words[2 * 512 * kept] = 42;
    const before = mem.snapshot();
    for (let i = 0; i < 20; i++) mem.words[2 * 512 * mem.alloc()] = i + 1;
    mem.words[2 * 512 * kept] = 1;
    mem.restore(before);
    expect(mem.tables).toBe(1);
    expect(mem.words[2 * 512 * kept]).toBe(42);
    const next = mem.alloc();
    expect(mem.words[2 * 512 * next]).toBe(0);
  });
});
