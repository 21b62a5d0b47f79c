import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { totalAt } from "./counters.js";
import { loadMmu } from "./registry.js";

/** Where docs/mmus.md has its figures from, by its columns. */
const COLUMNS: Readonly<Record<string, readonly (readonly string[] | number)[]>> = {
  arm64: [
    ["writeProtect/inspected"],
    ["split/inspected"],
    ["split/tablesAllocated"],
    ["split/tlbi"],
    ["split/tlbi"],
    ["flush/memslot"],
    ["split/lockDrops"],
  ],
  "x86-tdp": [
    ["steps/clear_dirty/loops", "steps/wrprot_min_level_2/loops"],
    ["steps/split/loops"],
    ["spAllocs"],
    ["split2m", "split1g"],
    0,
    ["tlbFlushes"],
    ["mmuLockDropsTotal"],
  ],
  riscv: [
    ["writeProtect/inspected"],
    ["split/inspected"],
    ["split/tablesAllocated"],
    ["split/splits"],
    ["flush/byKind/drop"],
    ["flush/byKind/memslot"],
    ["split/lockDrops"],
  ],
};

/** Rows of the table behind a mark, without its two lines of headings. */
function rowsAfter(page: string, mark: string): string[][] {
  const table = page.split(mark)[1]!.trim().split("\n\n")[0]!.split("\n").slice(2);
  return table.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

it("docs/mmus.md has the figures that enabling logging on 1 GiB counts", async () => {
  const page = readFileSync(new URL("../../docs/mmus.md", import.meta.url), "utf8");
  const told = rowsAfter(page, "<!-- figures: enable -->");
  expect(told).toHaveLength(9);
  for (const [backing, id, ...figures] of told) {
    const mmu = await loadMmu(id!);
    const [bound] = mmu.cases({ seed: 1, workload: "enable", backing: [backing] }, false);
    const { counts } = bound!.run(mmu.strategies.find((one) => one.id === mmu.baseline)!, { digest: false });
    const counted = COLUMNS[id!]!.map((paths) =>
      typeof paths === "number" ? paths : paths.reduce((sum, path) => sum + (totalAt(counts, path) ?? 0), 0),
    );
    expect(figures.map(Number), `${backing} ${id}`).toEqual(counted);
  }
});
