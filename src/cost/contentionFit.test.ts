import { describe, expect, it } from "vitest";
import { type ColumnValidation, overall, ratiosOf, repeatsOf } from "./contentionErrors.js";
import {
  type CountedColumn,
  columnId,
  countedColumns,
  errorPercent,
  figuresWith,
  fitFaults,
  fitFigures,
  mixOfColumn,
  summaryOf,
} from "./contentionFit.js";
import { CONTENTION_TABLES } from "./published/contention.js";
import type { ContentionColumn, ContentionTable } from "./published/contentionTable.js";

function table(
  id: string,
  more: Partial<ContentionTable>,
  columns: readonly Partial<ContentionColumn>[],
): ContentionTable {
  const plain: ContentionTable = { ...CONTENTION_TABLES[0]!, id, post: id, unit: "ms", ...more };
  const rows = [
    [1, 2],
    [4, 8],
  ] as const;
  return {
    ...plain,
    workload: { memoryBytes: 2 ** 22, blockBytes: 2 ** 21, strideBytes: 4096, writeEvery: 1, text: "" },
    columns: columns.map((one) => ({ name: "lazy", lock: "spinlock", eager: false, rows, ...one })),
  };
}

describe("the columns of a table", () => {
  const given = table("t", {}, [{}, { name: "eager", eager: true }, { name: "again", repeats: "t lazy" }]);

  it("have the faults of each, counted, and the time of a fault; none that is printed twice", () => {
    const [lazy, eager, ...more] = countedColumns([given]);
    expect(more).toEqual([]);
    expect([lazy!.id, eager!.id, columnId(given, given.columns[2]!)]).toEqual(["t/lazy", "t/eager", "t/again"]);
    expect([lazy!.mix, eager!.mix]).toEqual([
      { relax: 0, map: 1022, broken: 2 },
      { relax: 1024, map: 0, broken: 0 },
    ]);
    expect(lazy!.rows).toEqual([
      { vcpus: 1, publishedNs: 2e6, nsPerFault: 2e6 / 1024 },
      { vcpus: 4, publishedNs: 8e6, nsPerFault: 8e6 / 1024 },
    ]);
    const seconds = countedColumns([{ ...given, unit: "s" }])[0]!.rows[0]!;
    expect(seconds.publishedNs).toBe(2e9);
  });

  it("write each page of so many", () => {
    const tenth = { ...given, workload: { ...given.workload, writeEvery: 10 } };
    expect(mixOfColumn(tenth, given.columns[1]!)).toEqual({ relax: 103, map: 0, broken: 0 });
  });
});

describe("figures fitted to rows", () => {
  it("are those that are varied over those that are known, each group kept", () => {
    const known = { alone: { map: 1 }, parallel: { serial: 2, remote: 3 }, rwlock: { hold: 4 }, spinlock: { hold: 5 } };
    expect(figuresWith(known, ["alone.relax", "parallel.remote", "rwlock.handOver"], [10, 20, 30])).toEqual({
      alone: { map: 1, relax: 10 },
      parallel: { serial: 2, remote: 20 },
      rwlock: { hold: 4, handOver: 30 },
      spinlock: { hold: 5 },
    });
    expect(figuresWith({ alone: {} }, ["spinlock.hold"], [7])).toEqual({ alone: {}, spinlock: { hold: 7 } });
    expect(known.alone).toEqual({ map: 1 });
  });

  it("are those that the rows were made of", () => {
    const mix = { relax: 0, map: 10, broken: 0 };
    const row = (vcpus: number, nsPerFault: number) => ({ mix, lock: "spinlock", vcpus, nsPerFault }) as const;
    const rows = [row(1, 1000), row(2, 1000), row(10, 3000), row(40, 12000)];
    const fitted = fitFaults(rows, ["alone.map", "spinlock.hold"]);
    expect(fitted).toEqual({ alone: { map: expect.closeTo(1000, 1) }, spinlock: { hold: expect.closeTo(300, 1) } });
    const known = { alone: { map: 1000 }, parallel: { serial: 1 } };
    expect(fitFaults(rows.slice(3), ["spinlock.hold"], known)).toEqual({
      ...known,
      spinlock: { hold: expect.closeTo(300, 1) },
    });
  });

  it("err by what is modelled less what is published, percent of this", () => {
    const [column] = countedColumns([table("t", {}, [{}])]);
    const [one, four] = column!.rows;
    const figures = fitFigures([{ column: column!, rows: [one!] }], ["alone.map", "spinlock.hold"], { alone: {} });
    expect(errorPercent(figures, column!, one!)).toBeCloseTo(0, 4);
    const half = { alone: { map: one!.nsPerFault / 2 }, spinlock: { hold: 1 } };
    expect(errorPercent(half, column!, one!)).toBeCloseTo(-50, 9);
    expect(errorPercent(half, column!, four!)).toBeCloseTo(-87.5, 9);
  });

  it("are summed up by the mean of the errors' sizes and the largest", () => {
    expect(summaryOf([-3, 1, 2])).toEqual({ mean: 2, largest: 3 });
    expect(summaryOf([])).toEqual({ mean: Number.NaN, largest: Number.NaN });
  });
});

describe("columns set beside each other", () => {
  const column = (post: string, name: string, more: Partial<ContentionTable>, ...times: number[]): CountedColumn => {
    const rows = times.map((time, i) => [2 ** i, time] as const);
    return countedColumns([table(`${post}-t`, { post, ...more }, [{ name, rows }])])[0]!;
  };

  it("repeat each other where two posts ran one command on one machine, at the vCPU counts of both", () => {
    const columns = [
      column("first", "lazy", {}, 10, 20, 40),
      column("first", "lazy", {}, 10, 20),
      column("second", "lazy", {}, 12, 19),
      column("third", "lazy", { command: "another" }, 12, 19),
      column("fourth", "lazy", { profile: "ampereone" }, 12, 19),
      column("fifth", "eager", {}, 12, 19),
      column("sixth", "lazy", {}, 9, 20),
    ];
    const difference = (mean: number, largest: number) => ({
      mean: expect.closeTo(mean, 9),
      largest: expect.closeTo(largest, 9),
    });
    const [second, sixth] = [difference((20 + 5) / 2, 20), difference(10 / 2, 10)];
    expect(repeatsOf(columns)).toEqual([
      { a: "first-t/lazy", b: "second-t/lazy", difference: second },
      { a: "first-t/lazy", b: "sixth-t/lazy", difference: sixth },
      { a: "first-t/lazy", b: "second-t/lazy", difference: second },
      { a: "first-t/lazy", b: "sixth-t/lazy", difference: sixth },
      {
        a: "second-t/lazy",
        b: "sixth-t/lazy",
        difference: difference((25 + 100 / 19) / 2, 25),
      },
    ]);
  });

  const validated = (name: string, own: ContentionTable, last: readonly [number, number, number | null]) => {
    const counted = countedColumns([own]).find((one) => one.column.name === name)!;
    const [vcpus, publishedNs, modelledNs] = last;
    const row = { vcpus, publishedNs, modelledNs, errorPercent: 0, role: "judged" } as const;
    const first = { ...row, vcpus: 1, publishedNs: 1, modelledNs: 1 };
    const summary = { machine: null, twoRows: null, firstRow: null, assumed: [] };
    return { column: counted, profile: "x", rows: [first, row], ...summary } as ColumnValidation;
  };

  it("have a ratio of lazy over eager in one table under one lock, at the most vCPUs of both", () => {
    const own = table("t", {}, [{}, { name: "eager", eager: true }, { name: "other", eager: true, lock: "parallel" }]);
    const lazy = validated("lazy", own, [8, 100, 90]);
    const eager = validated("eager", own, [8, 20, 30]);
    expect(ratiosOf([lazy, validated("other", own, [8, 50, 50]), eager])).toEqual([
      { table: "t", vcpus: 8, published: 5, modelled: 3, errorPercent: expect.closeTo(-40, 9) },
    ]);
    expect(ratiosOf([eager])).toEqual([]);
    expect(ratiosOf([lazy])).toEqual([]);
    expect(ratiosOf([lazy, validated("eager", own, [4, 20, 30])])).toEqual([]);
    expect(ratiosOf([lazy, validated("eager", own, [8, 20, null])])).toEqual([]);
    expect(ratiosOf([validated("lazy", own, [8, 100, null]), eager])).toEqual([]);
    expect(ratiosOf([lazy, validated("eager", { ...own }, [8, 20, 30])])).toEqual([]);
  });

  it("are summed up by the mean of their means and the largest of all errors, where they have any", () => {
    const own = table("t", {}, [{}]);
    const one = validated("lazy", own, [8, 100, 90]);
    const columns = [{ ...one, machine: { mean: 1, largest: 9 } }, { ...one, machine: { mean: 4, largest: 5 } }, one];
    expect(overall(columns, "machine")).toEqual({ mean: 2.5, largest: 9 });
    expect(overall(columns, "twoRows")).toBe(null);
  });
});
