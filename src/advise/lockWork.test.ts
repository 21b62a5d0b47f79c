import { describe, expect, it } from "vitest";
import type { Stage2Counts } from "../mmu/arm64/counts.js";
import { LockWork } from "./lockWork.js";

/** Counts of which each is a number of its own. */
const counts = {
  splitCalls: 1,
  writeProtectWalks: 2,
  splitWalks: 3,
  writeProtect: {
    pteStores: 4,
    inspected: [10, 11, 12, 13],
    visitsValid: [20, 21, 22, 23],
    visitsInvalid: [100, 200, 300, 400],
  },
  split: {
    pteStores: 5,
    inspected: [30, 31, 32, 33],
    visitsValid: [40, 41, 42, 43],
    visitsInvalid: [1000, 2000, 3000, 4000],
  },
  nested: { pteStores: 6, visitsValid: [50, 51, 52, 53], visitsInvalid: [10000, 20000, 30000, 40000] },
  tlbi: [60, 61, 62, 63],
} as unknown as Stage2Counts;

function read(words: boolean): LockWork {
  const values = new Float64Array(LockWork.SIZE);
  LockWork.read(counts, values, words);
  return new LockWork(values);
}

const byLevel = (...levels: number[]) => Object.fromEntries(levels.entries());

const writeProtect = {
  walks: 2,
  pteStores: 4,
  inspected: byLevel(10, 11, 12, 13),
  visits: { valid: byLevel(120, 221, 322, 423) },
};
const nestedVisits = byLevel(10050, 20051, 30052, 40053);
const split = {
  calls: 1,
  walks: 3,
  pteStores: 5,
  inspected: byLevel(30, 31, 32, 33),
  visits: { valid: byLevel(1040, 2041, 3042, 4043) },
  nested: { pteStores: 6, inspected: nestedVisits, visits: { invalid: nestedVisits } },
  tlbi: byLevel(60, 61, 62, 63),
};

describe("work under the lock", () => {
  it("is what was counted, as a run's counts have it; words only where ranges are words", () => {
    expect(read(true).counts()).toEqual({ kind: "guest", writeProtect, split });
    expect(read(false).counts()).toEqual({ kind: "guest", writeProtect, split: { ...split, calls: 0 } });
    expect(read(true).visits).toBe(120 + 221 + 322 + 423 + 1040 + 2041 + 3042 + 4043 + 10050 + 20051 + 30052 + 40053);
  });

  it("leaves out a walk, or a word, that belongs to what comes", () => {
    const { values } = read(true);
    LockWork.lessOneWalk(values);
    expect(new LockWork(values).counts()).toEqual({ kind: "guest", writeProtect, split: { ...split, walks: 2 } });
    LockWork.lessOneWord(values);
    LockWork.lessOneWord(values);
    expect(new LockWork(values).counts()).toMatchObject({ split: { ...split, walks: 2, calls: -1 } });
  });

  it("is that of the write-protect walk, or that of the split", () => {
    const none = LockWork.none().counts();
    expect(read(true).only("write-protect").counts()).toEqual({ ...none, writeProtect });
    expect(read(true).only("split").counts()).toEqual({ ...none, split });
  });

  it("adds up, so many times", () => {
    const work = read(true);
    expect([...work.plus(work).values]).toEqual([...work.values].map((value) => 2 * value));
    expect([...LockWork.none().plus(work, 3).values]).toEqual([...work.values].map((value) => 3 * value));
    // What it was stays as it was.
    expect(work.equals(read(true))).toBe(true);
  });

  it("is the same, and has one key, where each of its counts is the same", () => {
    const work = read(true);
    for (let at = 0; at < LockWork.SIZE; at++) {
      const other = new LockWork(work.values.map((value, i) => (i === at ? value + 1 : value)));
      expect([work.equals(other), work.key === other.key, other.isNothing]).toEqual([false, false, false]);
      const one = new LockWork(LockWork.none().values.map((value, i) => (i === at ? 1 : value)));
      expect(one.isNothing).toBe(false);
    }
    expect([work.equals(read(true)), work.key === read(true).key]).toEqual([true, true]);
    expect([LockWork.none().isNothing, LockWork.none().visits, LockWork.SIZE]).toEqual([true, 0, 30]);
  });
});
