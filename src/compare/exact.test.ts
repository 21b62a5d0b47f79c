import { describe, expect, it } from "vitest";
import type { CounterDeclaration, Counts } from "../mmu/counters.js";
import type { Finding } from "../mmu/finding.js";
import type { RunVerdict } from "../results/types.js";
import { runResult } from "../testing/resultBuilder.js";
import { compareCounts, compareResult } from "./exact.js";

const declare = (path: string, more: Partial<CounterDeclaration> = {}): CounterDeclaration => ({
  path,
  byLevel: false,
  label: `label of ${path}`,
  unit: "units",
  role: "cost",
  doc: "",
  ...more,
});

describe("counters", () => {
  it("are compared as they are declared, then whatever else either side has, in its order", () => {
    const declarations = [declare("b"), declare("absent"), declare("a/x", { byLevel: true })];
    const base = { z: 1, a: { x: { "3": 5, "1": 2 }, y: { deep: "0x1" } }, b: 4 };
    const next = { a: { x: { "1": 2, "3": 6, "2": 1 }, new: null }, b: 4, z: 1 };
    const rest = { kind: "exact", unit: "", change: null, levels: [] };
    expect(compareCounts(base, next, declarations, 0)).toEqual([
      {
        kind: "exact",
        path: "b",
        label: "label of b",
        unit: "units",
        base: 4,
        next: 4,
        change: 0,
        status: "equal",
        levels: [],
      },
      {
        kind: "exact",
        path: "a/x",
        label: "label of a/x",
        unit: "units",
        base: 7,
        next: 9,
        change: 2 / 7,
        status: "regression",
        levels: [
          { level: "2", base: 0, next: 1 },
          { level: "3", base: 5, next: 6 },
        ],
      },
      { ...rest, path: "z", label: "z", base: 1, next: 1, change: 0, status: "equal" },
      { ...rest, path: "a/y/deep", label: "a/y/deep", base: "0x1", next: undefined, status: "changed" },
      { ...rest, path: "a/new", label: "a/new", base: undefined, next: null, status: "changed" },
    ]);
  });

  it("that nobody declared are labelled by as much of their path as a line has room for", () => {
    const labels = [100, 101].map((length) => compareCounts({ ["x".repeat(length)]: 1 }, {}, [], 0)[0]!.label);
    expect(labels).toEqual(["x".repeat(100), `${"x".repeat(97)}...`]);
  });

  it("tell levels in their order, whichever side has them, and no names that hold no number", () => {
    const levels = (base: Counts, next: Counts) =>
      compareCounts({ x: base }, { x: next }, [declare("x", { byLevel: true })], 0)[0]!.levels;
    expect(levels({ "3": 1, "10": 1 }, { "1": 4, "2": 0, "3": 2 })).toEqual([
      { level: "1", base: 0, next: 4 },
      { level: "3", base: 1, next: 2 },
      { level: "10", base: 1, next: 0 },
    ]);
    expect(levels({ "1": "a", "2": 1 }, { "1": "b", "2": 2 })).toEqual([{ level: "2", base: 1, next: 2 }]);
  });

  const cost = declare("x");
  const more = declare("x", { role: "outcome", worse: "more" });
  const different = declare("x", { role: "outcome", worse: "different" });
  const told = declare("x", { role: "outcome" });

  it.each<[CounterDeclaration, Counts[string] | undefined, Counts[string] | undefined, number | null, string]>([
    [cost, 100, 110, 0.1, "tolerated"],
    [cost, 100, 111, 0.11, "regression"],
    [cost, 100, 99, -0.01, "improvement"],
    [cost, 0, 5, Number.POSITIVE_INFINITY, "regression"],
    [cost, 5, 0, -1, "improvement"],
    [cost, 0, 0, 0, "equal"],
    [cost, 5, undefined, null, "regression"],
    [cost, undefined, 5, null, "changed"],
    [cost, 5, null, null, "regression"],
    [cost, null, 5, null, "changed"],
    [cost, null, null, null, "equal"],
    [cost, "a", null, null, "changed"],
    [more, 100, 101, 0.01, "regression"],
    [more, 100, 99, -0.01, "improvement"],
    [more, -4, -5, -0.25, "improvement"],
    [more, -4, -3, 0.25, "regression"],
    [more, 0, -12, Number.NEGATIVE_INFINITY, "improvement"],
    [more, 5, undefined, null, "regression"],
    [more, 5, null, null, "regression"],
    [different, "a", "b", null, "regression"],
    [different, "a", "a", null, "equal"],
    [different, "a", null, null, "changed"],
    [different, null, "a", null, "changed"],
    [different, "a", undefined, null, "regression"],
    [different, undefined, "a", null, "changed"],
    [told, 1, 2, 1, "changed"],
    [told, 2, 1, -0.5, "changed"],
    [told, 2, undefined, null, "changed"],
    [told, 2, null, null, "changed"],
  ])("declared so (%o), from %j to %j, change by %d: %s", (declaration, base, next, change, status) => {
    const of = (value: Counts[string] | undefined): Counts => (value === undefined ? {} : { x: value });
    expect(compareCounts(of(base), of(next), [declaration], 0.1)).toEqual([
      { kind: "exact", path: "x", label: "label of x", unit: "units", base, next, change, status, levels: [] },
    ]);
  });
});

describe("a result", () => {
  const finding = (code: string, count: number, at = 0): Finding => ({ code, count, data: { at } });
  const right: RunVerdict = { code: "right" };
  const here: RunVerdict = { code: "right-here", knownFaults: ["x"] };

  it("is told on both sides, with what may be said of it", () => {
    const [base, next] = [runResult({ findings: [finding("a", 1)] }), runResult({ verdict: undefined })];
    expect(compareResult(base, next)).toEqual({
      base: [finding("a", 1)],
      next: [],
      verdicts: { base: { code: "wrong" }, next: null },
      status: "improvement",
    });
  });

  it.each<[string, Finding[], Finding[], string]>([
    ["one code in two findings is counted together", [finding("a", 2), finding("a", 3)], [finding("a", 5)], "changed"],
    ["and more of it in all is worse", [finding("a", 2), finding("a", 3)], [finding("a", 6)], "regression"],
    [
      "less of one is no excuse for more of another",
      [finding("a", 9), finding("b", 1)],
      [finding("b", 2)],
      "regression",
    ],
    ["one that went away is better", [finding("a", 1), finding("b", 1)], [finding("b", 1)], "improvement"],
    ["the same elsewhere is another", [finding("a", 1)], [finding("a", 1, 4)], "changed"],
    ["the same is the same", [finding("a", 1)], [finding("a", 1)], "equal"],
  ])("%s", (_, base, next, status) => {
    expect(compareResult(runResult({ findings: base }), runResult({ findings: next })).status).toBe(status);
  });

  it("that is no worse by its findings is worse by its verdict, and the other way round", () => {
    const of = (findings: Finding[], verdict: RunVerdict) => runResult({ findings, verdict });
    const status = (base: ReturnType<typeof of>, next: ReturnType<typeof of>) => compareResult(base, next).status;
    expect(status(of([], right), of([], here))).toBe("regression");
    expect(status(of([], here), of([], right))).toBe("improvement");
    expect(status(of([finding("a", 1)], { code: "wrong" }), of([], here))).toBe("improvement");
    expect(status(of([], here), of([finding("a", 1)], { code: "wrong" }))).toBe("regression");
    expect(status(of([finding("a", 1)], { code: "wrong" }), of([], { code: "idle", reason: "" }))).toBe("improvement");
    expect(status(of([], { code: "idle", reason: "" }), of([], { code: "unsearched", search: "" }))).toBe("changed");
  });
});
