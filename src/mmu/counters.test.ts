import { setFlagsFromString } from "node:v8";
import { describe, expect, it } from "vitest";
import { STAGE2_COUNTERS } from "./arm64/counters.js";
import {
  byLevel,
  count,
  countOrNone,
  declarationsOf,
  derived,
  newTally,
  resetTally,
  tallyCounts,
  text,
  undeclared,
  untold,
} from "./counters.js";

const TABLE = {
  walks: count("split/walks", "split walks", "walks", "cost", "Walks."),
  ranges: count("split/ranges", "ranges", "ranges", "cost", "Ranges."),
  between: derived<{ walks: number; ranges: number }>(
    ({ walks, ranges }) => walks - ranges,
    "split/between",
    "points",
    "points",
    "different",
    "Walks less ranges.",
  ),
  nested: {
    tlbi: byLevel("split/nested/tlbi", "TLBIs", "TLBIs", "more", "TLBIs by level."),
    tables: untold(byLevel("split/nested/tables", "tables", "calls", "cost", "Nobody asks.")),
  },
  digest: text("digest-or-none", "final/digest", "digest", "SHA-256", "different", "Digest."),
};

const levels = (values: Float64Array) => ({ 1: values[1]!, 2: values[2]! });

describe("a table of counters", () => {
  it("stores what is counted, and tells it at the paths declared", () => {
    const tally = newTally(TABLE, 3);
    tally.walks += 5;
    tally.ranges = 2;
    tally.nested.tlbi[2]!++;
    tally.nested.tables[1]!++;
    tally.digest = "ab";
    expect(tallyCounts(TABLE, tally, levels)).toEqual({
      split: { walks: 5, ranges: 2, between: 3, nested: { tlbi: { 1: 0, 2: 1 } } },
      final: { digest: "ab" },
    });
  });

  it("tells null for a walk that never ends, and what it does not declare", () => {
    const table = {
      loops: countOrNone("loops", "loops", "loops", "cost", "Loops."),
      golden: undeclared(count("golden", "golden", "loops", "cost", "Only in golden files.")),
      step: { calls: count("step/calls", "calls", "calls", "cost", "Calls.") },
    };
    const { step: _, ...tally } = newTally(table, 0);
    expect(tallyCounts(table, tally, levels)).toEqual({ loops: 0, golden: 0 });
    expect(tallyCounts(table, { loops: null, step: { calls: 2 } }, levels)).toMatchObject({
      loops: null,
      step: { calls: 2 },
    });
    expect(declarationsOf(table).map(({ path, values }) => [path, values])).toEqual([
      ["loops", "count-or-none"],
      ["step/calls", undefined],
    ]);
  });

  it("is at zero when new, and again after a reset", () => {
    const fresh = tallyCounts(TABLE, newTally(TABLE, 3), levels);
    expect(fresh).toMatchObject({ split: { walks: 0, nested: { tlbi: { 1: 0, 2: 0 } } }, final: { digest: null } });
    const tally = newTally(TABLE, 3);
    tally.walks = 1;
    tally.nested.tlbi.fill(7);
    tally.digest = "ab";
    resetTally(TABLE, tally);
    expect(tallyCounts(TABLE, tally, levels)).toEqual(fresh);
  });

  it("declares what it tells, in its order, and how a change is judged", () => {
    expect(declarationsOf(TABLE)).toEqual([
      { path: "split/walks", byLevel: false, label: "split walks", unit: "walks", role: "cost", doc: "Walks." },
      { path: "split/ranges", byLevel: false, label: "ranges", unit: "ranges", role: "cost", doc: "Ranges." },
      {
        path: "split/between",
        byLevel: false,
        label: "points",
        unit: "points",
        role: "outcome",
        worse: "different",
        doc: "Walks less ranges.",
      },
      {
        path: "split/nested/tlbi",
        byLevel: true,
        label: "TLBIs",
        unit: "TLBIs",
        role: "outcome",
        worse: "more",
        doc: "TLBIs by level.",
      },
      {
        path: "final/digest",
        byLevel: false,
        label: "digest",
        unit: "SHA-256",
        role: "outcome",
        worse: "different",
        values: "digest-or-none",
        doc: "Digest.",
      },
    ]);
  });

  it("is plain fields to V8, of one hidden class, however many they are: a hot loop counts in them", () => {
    setFlagsFromString("--allow-natives-syntax");
    const isFast = new Function("a", "b", "return %HasFastProperties(a) && %HaveSameMap(a, b)");
    setFlagsFromString("--no-allow-natives-syntax");
    expect(Object.keys(STAGE2_COUNTERS).length).toBeGreaterThan(20);
    const tallies = Array.from({ length: 50 }, () => newTally(STAGE2_COUNTERS, 4));
    expect(tallies.every((tally) => isFast(tally, tallies[0]))).toBe(true);
    const [first, second] = tallies;
    expect(isFast(first!.split, second!.nested)).toBe(true);
    expect(isFast({}, { a: 1 })).toBe(false);
  });
});
