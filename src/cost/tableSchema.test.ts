import { describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import { CONTENTION_TABLES } from "./published/contention.js";
import { parseTable } from "./tableSchema.js";
import { validateContention } from "./validateContention.js";

const plain = {
  id: "mine",
  workload: { memory: "1G", stride: "2M" },
  unit: "ms",
  columns: [
    {
      name: "eager",
      eager: true,
      rows: [
        [1, 1.66],
        [16, 1.82],
        [64, 5.8],
      ],
    },
  ],
};

describe("a custom table", () => {
  it("is set beside the model as the published one with the same figures", () => {
    const table = parseTable(plain, "mine.json");
    const published = CONTENTION_TABLES.find((one) => one.id === "koller-2023-sparse")!;
    expect(table.workload).toMatchObject({ ...published.workload, text: expect.any(String) });
    const [own] = validateContention({ tables: [table] }).columns;
    const known = validateContention().columns.find((one) => one.column.id === "koller-2023-sparse/eager")!;
    for (const row of own!.rows) {
      const same = known.rows.find((one) => one.vcpus === row.vcpus)!;
      expect(row.role).toBe("judged");
      expect(row.modelledNs).toBeCloseTo(same.modelledNs!, 6);
    }
    expect(own!.firstRow!.mean).toBeGreaterThan(0);
  });

  it("is of 2M blocks, all pages accessed and written, on AmpereOne, where it does not say so", () => {
    const columns = [
      {
        name: "x",
        rows: [
          [1, 1],
          [2, 1e9],
        ],
      },
    ];
    expect(parseTable({ id: "mine", workload: { memory: "64G" }, unit: "s", columns }, "mine.json")).toEqual({
      id: "mine",
      post: "mine",
      title: "a custom table",
      author: "mine.json",
      date: "",
      messageId: "",
      machine: null,
      kernel: "not given",
      command: "command not given",
      workload: {
        memoryBytes: 2 ** 36,
        blockBytes: 2 ** 21,
        strideBytes: 4096,
        writeEvery: 1,
        text: "64G a vCPU in 2M, every 4K, one in 1 written",
      },
      unit: "s",
      columns: [{ name: "x", lock: "parallel", eager: false, rows: columns[0]!.rows }],
      notKnown: [],
      profile: "ampereone",
    });
  });

  it("has what it says", () => {
    const said = { profile: "upton-2022", machine: "a box", kernel: "6.12", command: "test -v N" };
    const workload = { memory: "2G", block: "1G", stride: "8K", writeEvery: 10 };
    const columns = [
      {
        name: "write lock",
        lock: "rwlock",
        eager: true,
        rows: [
          [1, 2],
          [4096, 3],
        ],
      },
    ];
    expect(parseTable({ id: "a.b-c_d", ...said, workload, unit: "ms", columns }, "t")).toMatchObject({
      ...said,
      id: "a.b-c_d",
      workload: {
        memoryBytes: 2 ** 31,
        blockBytes: 2 ** 30,
        strideBytes: 8192,
        writeEvery: 10,
        text: "2G a vCPU in 1G, every 8K, one in 10 written",
      },
      columns,
    });
  });

  const AS_DOCUMENTED = "; expected a table as docs/contention.md has it";
  const rows = (...counts: number[]) => ({ columns: [{ name: "x", rows: counts.map((count) => [count, 1]) }] });
  it.each([
    [{ workload: { memory: "3M" } }, "workload.memory: is 3M; expected whole blocks and strides, at most 64G a vCPU"],
    [{ workload: { memory: "0" } }, "workload.memory: is 0; expected whole blocks and strides, at most 64G a vCPU"],
    [{ workload: { memory: "65G" } }, "workload.memory: is 65G; expected whole blocks and strides, at most 64G a vCPU"],
    [
      { workload: { memory: "6M", stride: "4M" } },
      "workload.memory: is 6M; expected whole blocks and strides, at most 64G a vCPU",
    ],
    [{ workload: { memory: "1G", stride: "1K" } }, "workload.stride: is 1K; expected whole pages"],
    [{ workload: { memory: "1G", stride: "0" } }, "workload.stride: is 0; expected whole pages"],
    [{ workload: { memory: "much" } }, "workload.memory"],
    [{ workload: { memory: "1G", writeEvery: 0 } }, "workload.writeEvery: "],
    [{ workload: { memory: "1G", writeEvery: 1e6 + 1 } }, "workload.writeEvery: "],
    [rows(2, 4), "column x: its rows are not in order from one vCPU on; expected 1, 2, 4 ..."],
    [rows(1, 4, 4), "column x: its rows are not in order from one vCPU on; expected 1, 2, 4 ..."],
    [rows(1), "columns.0.rows: "],
    [rows(1, 4097), "columns.0.rows.1.0: "],
    [rows(...Array.from({ length: 101 }, (_, i) => i + 1)), "columns.0.rows: "],
    [
      {
        columns: [
          {
            name: "x",
            rows: [
              [1, 1],
              [2, 0],
            ],
          },
        ],
      },
      "columns.0.rows.1.1: ",
    ],
    [
      {
        columns: [
          {
            name: "x",
            rows: [
              [1, 1],
              [2, 1e9 + 1],
            ],
          },
        ],
      },
      "columns.0.rows.1.1: ",
    ],
    [
      {
        columns: [
          {
            name: "a/b",
            rows: [
              [1, 1],
              [2, 1],
            ],
          },
        ],
      },
      `columns.0.name: at most 40 characters, no slash${AS_DOCUMENTED}`,
    ],
    [
      {
        columns: [
          {
            name: "x".repeat(41),
            rows: [
              [1, 1],
              [2, 1],
            ],
          },
        ],
      },
      "columns.0.name: at most 40 characters",
    ],
    [{ columns: Array(11).fill(plain.columns[0]) }, "columns: "],
    [{ id: "x".repeat(61) }, `id: letters, digits, dot, dash and underscore, at most 60${AS_DOCUMENTED}`],
    [{ machine: "" }, "machine: "],
    [{ machine: "m".repeat(201) }, "machine: "],
  ])("is refused with %j, in words", (more, message) => {
    const parse = () => parseTable({ ...plain, ...more }, "mine.json");
    expect(parse).toThrow(UserError);
    expect(parse).toThrow(`table mine.json ${message}`);
  });

  it("is taken up to what is refused", () => {
    const most = {
      ...rows(...Array.from({ length: 100 }, (_, i) => i + 1)),
      id: "x".repeat(60),
      machine: "m".repeat(200),
      workload: { memory: "8M", block: "4K", stride: "4M", writeEvery: 1e6 },
    };
    const columns = Array.from({ length: 10 }, () => ({ ...most.columns[0], name: "x".repeat(40) }));
    expect(parseTable({ ...plain, ...most, columns }, "t").columns).toHaveLength(10);
    expect(() => parseTable([], "t")).toThrow(/^table t: /);
  });

  it.each([
    [{ ...plain, unit: "h" }, /unit/],
    [{ ...plain, columns: [] }, /columns/],
    [{ ...plain, workload: { memory: "3M", stride: "2M" } }, /workload\.memory: is 3M/],
    [{ ...plain, workload: { memory: "1G", block: "64K" } }, /workload\.block: is 64K; expected 4K, 2M or 1G/],
    [{ ...plain, workload: { memory: "1G", stride: "1K" } }, /workload\.stride/],
    [{ ...plain, profile: "upton-2023" }, /upton-2022/],
    [
      {
        ...plain,
        columns: [
          {
            name: "x",
            rows: [
              [2, 1],
              [1, 1],
            ],
          },
        ],
      },
      /not in order/,
    ],
    [
      {
        ...plain,
        columns: [
          {
            name: "x",
            rows: [
              [2, 1],
              [4, 1],
            ],
          },
        ],
      },
      /from one vCPU on/,
    ],
  ])("is refused in one line that names the field: %#", (value, message) => {
    const parse = () => parseTable(value, "mine.json");
    expect(parse).toThrow(UserError);
    expect(parse).toThrow(message);
  });
});
