import { describe, expect, it } from "vitest";
import { RmapPool } from "./rmap.js";

/** A list of so many SPTEs, 100 and on, with what each one took. */
function filled(pool: RmapPool, count: number, from = 100): { list: number; took: boolean[] } {
  let list = 0;
  const took: boolean[] = [];
  for (let i = 0; i < count; i++) {
    list = pool.add(list, from + i);
    took.push(pool.added);
  }
  return { list, took };
}

describe("a reverse map", () => {
  it("takes a descriptor for its second SPTE, and one more for each that the head has no room for", () => {
    const takers = (per: number, count: number) =>
      filled(new RmapPool(per), count).took.flatMap((took, i) => (took ? [i + 1] : []));
    expect(takers(3, 10)).toEqual([2, 4, 7, 10]);
    expect(takers(14, 30)).toEqual([2, 15, 29]);
  });

  it("is the SPTE itself while it has one, and the head descriptor afterwards", () => {
    const pool = new RmapPool(3);
    expect([filled(pool, 1).list, filled(pool, 2).list, filled(pool, 2).list]).toEqual([101, -1, -2]);
    expect(pool.members(0)).toEqual([]);
    expect([pool.first(0), pool.first(101)]).toEqual([-1, 100]);
  });

  it("is walked head first, and from there to the older descriptors", () => {
    const pool = new RmapPool(3);
    const { list } = filled(pool, 8);
    expect(pool.members(list)).toEqual([106, 107, 103, 104, 105, 100, 101, 102]);
    expect(pool.first(list)).toBe(106);
  });

  it("fills the hole of a removed SPTE with the head's last, and frees the head when it is empty", () => {
    const pool = new RmapPool(3);
    let { list } = filled(pool, 5);
    const removed = (spte: number) => {
      list = pool.remove(list, spte);
      return [pool.members(list), pool.freed];
    };
    expect(removed(101)).toEqual([[103, 100, 104, 102], false]);
    expect(removed(103)).toEqual([[100, 104, 102], true]);
    expect(removed(102)).toEqual([[100, 104], false]);
    expect(removed(100)).toEqual([[104], false]);
    expect(list).toBe(-1);
    expect(removed(104)).toEqual([[], true]);
    expect(list).toBe(0);
    expect([pool.remove(101, 100), pool.freed]).toEqual([0, false]);
  });

  it("uses a freed descriptor again, as a new head too", () => {
    const pool = new RmapPool(2);
    let { list } = filled(pool, 3);
    list = pool.remove(list, 102);
    expect([list, pool.freed]).toEqual([-1, true]);
    const other = filled(pool, 2, 200);
    expect(other.list).toBe(-2);
    expect(pool.members(other.list)).toEqual([200, 201]);
    expect(pool.members(list)).toEqual([100, 101]);
  });

  it("keeps what it has where room for more descriptors is made", () => {
    const pool = new RmapPool(2);
    const { list } = filled(pool, 100);
    expect(pool.members(list).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => 100 + i));
    expect(pool.members(filled(pool, 3, 500).list)).toEqual([502, 500, 501]);
  });

  it("has no SPTE removed that it has not", () => {
    const pool = new RmapPool(3);
    const { list } = filled(pool, 2);
    for (const of of [0, 101, list]) expect(() => pool.remove(of, 7)).toThrow("SPTE 7 is not in its reverse map");
  });
});
