import { describe, expect, it } from "vitest";
import { CONTENTION_TABLES } from "./contention.js";
import { SHADOW_POST, SHADOW_TABLES } from "./shadow.js";
import { SINGLE_FIGURES } from "./single.js";
import { SPLIT_SERIES, ZAP_SERIES } from "./split.js";

/** The sum of each column, to as many digits as were printed; null is nothing. */
function sums(rows: readonly (readonly (number | null)[])[]): number[] {
  return rows[0]!.map((_, at) => Number(rows.reduce((sum, row) => sum + (row[at] ?? 0), 0).toFixed(9)));
}

// Whoever copies a figure wrongly, or leaves out a row, does not come to these sums.
describe("the columns of a post add up, vCPUs and times, as printed:", () => {
  it.each([
    ["zhang-2022-exclusive/spinlock", 127, 81372],
    ["upton-2022-11-dirty/write lock", 111, 70.27],
    ["upton-2022-11-dirty/read lock", 111, 17.5],
    ["upton-2022-08-dirty/write lock", 111, 69.3],
    ["upton-2022-08-dirty/read lock", 111, 17.49],
    ["koller-2023-sparse/lazy", 407, 273.4],
    ["koller-2023-sparse/eager", 407, 44.88],
    ["koller-2023-read-mostly/lazy", 407, 20.54],
    ["koller-2023-read-mostly/eager", 407, 2.1],
    ["koller-2022-rfc-sparse/lazy", 407, 285.25],
    ["koller-2022-rfc-sparse/eager", 407, 50.8],
    ["koller-2022-rfc-read-mostly/lazy", 407, 20.54],
    ["koller-2022-rfc-read-mostly/eager", 407, 2.45],
  ])("%s", (id, vcpus, time) => {
    const columns = CONTENTION_TABLES.flatMap((table) =>
      table.columns.map((column) => ({ id: `${table.id}/${column.name}`, rows: column.rows })),
    );
    expect(sums(columns.find((one) => one.id === id)!.rows)).toEqual([vcpus, time]);
  });

  it.each([
    ["ept=Y, 100% written, dirty", 28.178179604, 0.408900404],
    ["ept=Y, 5% written, dirty", 28.630275232, 0.058972598],
    ["ept=Y, 100% written, enable", 0.153826184, 2.022661879],
    ["ept=Y, 100% written, first clear", 0.140968292, 4.447247833],
    ["ept=Y, 100% written, second clear", 1.190029764, 1.208263766],
    ["ept=N, 100% written, dirty", 36.070900094, 32.520833884],
    ["ept=N, 50% written, dirty", 36.440675446, 15.281765001],
    ["ept=N, 5% written, dirty", 36.713429624, 1.551102287],
  ])("%s", (id, lazy, eager) => {
    const table = SHADOW_TABLES.find((one) => one.id === id)!;
    expect(sums(table.rows)).toEqual([126, lazy, eager]);
    expect(id).toBe(`ept=${table.ept ? "Y" : "N"}, ${table.writePercent}% written, ${table.timed}`);
  });

  it.each([
    ["matlack-2021-12-tdp", [7.120933394, 4.910190731]],
    ["gardon-2021-11-disable-rfc", [62.320186433, 49.318489278, 19.543774527]],
    ["gardon-2021-11-disable-v1", [18.432409663]],
    ["gardon-2022-03-disable-v2", [264.951191263, 39.651327463, 11.330763449]],
    ["sharma-2023-03-clear-x86", [9.925916693, 5.905126902]],
    ["lewis-2024-07-dsb", [-70]],
    ["zhu-2020-04-initially-set", [1183, 9.4]],
    ["zhou-2020-02-initially-set-x86", [460, 10]],
    ["zhuang-2019-dbit", [9, 0.5]],
    ["tang-2026-05-riscv", [56.465663, 52.735675, 28.185416]],
  ])("%s", (id, columns) => {
    const found = SINGLE_FIGURES.find((one) => one.id === id)!;
    expect(sums(found.rows.map(([, ...figures]) => figures))).toEqual(columns);
    for (const [what, ...figures] of found.rows) expect(figures, what).toHaveLength(found.columns.length);
  });
});

describe("a post", () => {
  const posts = [...CONTENTION_TABLES, ...SINGLE_FIGURES, SHADOW_POST];

  it("has a message id that begins with its date, and is in other mails beside it", () => {
    for (const { id, date, messageId, ...post } of posts) {
      if (messageId === null) continue;
      const also = "alsoIn" in post ? (post.alsoIn ?? []) : [];
      for (const one of [messageId, ...also]) expect(one, id).toMatch(/^20\d{12}\.\d{5,7}-\d{1,2}-[a-z.\d]+@[a-z.]+$/);
      expect(messageId.slice(0, 8), id).toBe(date.replaceAll("-", ""));
      expect(also).not.toContain(messageId);
    }
  });

  it("has an id that begins with its author's name and the year", () => {
    for (const { id, date, author } of [...posts, ZAP_SERIES]) {
      const names = author.toLowerCase().split(" ");
      const [name, year] = id.split("-");
      expect(names, id).toContain(name);
      expect(date.slice(0, 4)).toBe(year);
    }
  });

  it("is taken for the same one by all tables that were posted together, and for no other", () => {
    for (const table of CONTENTION_TABLES) {
      expect(table.id.startsWith(table.post), table.id).toBe(true);
      for (const other of CONTENTION_TABLES)
        expect(table.post === other.post, table.id).toBe(table.messageId === other.messageId);
    }
  });
});

describe("a published table", () => {
  it("repeats the column of another that it says", () => {
    const repeated = CONTENTION_TABLES.flatMap((table) =>
      table.columns.flatMap((column) => (column.repeats === undefined ? [] : [{ table, column }])),
    );
    expect(repeated.map(({ table, column }) => [table.id, column.name, column.repeats])).toEqual([
      ["koller-2022-rfc-read-mostly", "lazy", "koller-2023-read-mostly lazy"],
    ]);
    const first = CONTENTION_TABLES.find(({ id }) => id === "koller-2023-read-mostly")!.columns[0]!;
    expect(repeated[0]!.column.rows).toEqual(first.rows);
  });

  it("is rounded to the digit that its rows have, where that matters", () => {
    const rounded = CONTENTION_TABLES.flatMap((table) => table.columns.map((column) => ({ id: table.id, ...column })));
    for (const { id, name, rows, rounding } of rounded) {
      const least = Math.min(...rows.map(([, time]) => time));
      const digits = Math.max(...rows.map(([, time]) => (String(time).split(".")[1] ?? "").length));
      const half = 10 ** -digits / 2;
      expect(rounding, `${id} ${name}`).toBe(half / least > 0.02 ? half : undefined);
    }
  });

  it("is of a guest with the memory, the stride and the writes that its command says", () => {
    for (const { id, command, workload } of CONTENTION_TABLES) {
      const gib = Number(/ -b (\d)G /.exec(command)![1]);
      expect(workload.memoryBytes, id).toBe(gib * 2 ** 30);
      expect(workload.blockBytes, id).toBe(2 ** 21);
      expect(workload.writeEvery, id).toBe(Number(/ -f (\d+)/.exec(command)?.[1] ?? 1));
      expect(workload.strideBytes, id).toBe(command.startsWith("dirty_log_perf_test_sparse ") ? 2 ** 21 : 4096);
    }
    expect(SHADOW_POST.bytesPerVcpu).toBe(2 ** 30);
  });

  it("was fitted where its row says so: to all of the RFC and v1, to two rows of v2", () => {
    expect(SPLIT_SERIES.map(({ rows }) => rows.map(({ fitted }) => fitted))).toEqual([
      [true, true, true],
      [true, true, true, true, true, true],
      [true, true, false, false, false, false],
    ]);
    expect(SPLIT_SERIES.map(({ id, date }) => id.endsWith(date))).toEqual([true, true, true]);
  });
});
