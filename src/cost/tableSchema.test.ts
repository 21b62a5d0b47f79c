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
