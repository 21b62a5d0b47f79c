import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Counts, totalAt } from "../mmu/counters.js";
import { modelTime } from "./modelTime.js";
import { builtinProfile } from "./profiles.js";
import { termCounts } from "./terms.js";

/**
 * Figures of docs/clear-range.md and docs/barriers.md, held to golden counts and to the profile.
 */

const text = (name: string) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), "utf8");
const golden = (path: string) =>
  JSON.parse(readFileSync(new URL(`../testing/golden/${path}.json`, import.meta.url), "utf8"));

/** The cells of a document's table whose heading line begins with this. */
function table(document: string, heading: string): string[][] {
  const lines = text(document).split("\n");
  const at = lines.findIndex((line) => line.startsWith(heading));
  const rows: string[][] = [];
  for (let i = at + 2; lines[i]!.startsWith("|"); i++) {
    rows.push(
      lines[i]!.split("|")
        .slice(1, -1)
        .map((cell) => cell.replaceAll("*", "").trim()),
    );
  }
  return rows;
}

const number = (cell: string) => Number(/[\d,.]+/.exec(cell)![0].replaceAll(",", ""));
const percent = (cell: string) => Number(/\((-?[\d.]+)%\)/.exec(cell)![1]);

describe("docs/clear-range.md", () => {
  it("has the counts of the kernel's code, and the modelled times that follow from them", () => {
    const rows = table("clear-range", "| memory, walker |");
    expect(rows).toHaveLength(10);
    let what = "";
    let word: { entries: number; ns: number } | undefined;
    for (const [memory, limit, ranges, entries, dsbs, modelled] of rows as [
      string,
      string,
      string,
      string,
      string,
      string,
    ][]) {
      if (memory !== "") what = memory;
      const map = what.slice(0, 2);
      const strategy = what.includes("max-level") ? "max-level" : "baseline";
      const { expected } = golden(`arm64-clear-coalesced/a-1G-of-${map}-chunk2M-clear`);
      const { barriers, ...counts } = expected[limit === "word" ? "kernel" : "512"][strategy] as Counts;
      const issued = (barriers as Counts)["vhe+tlbirange"] as Record<string, Counts>;
      const terms = termCounts({ ...counts, ...issued.perCall });
      const total = totalAt(counts, "writeProtect/inspected")! + totalAt(counts, "split/inspected")!;
      const { totalNs } = modelTime(terms, builtinProfile("ampereone"));
      const label = `${what}, ${limit}`;
      expect(number(ranges), label).toBe(terms.ranges);
      expect(number(entries), label).toBe(total);
      expect(number(dsbs), label).toBe(terms.closingDsbs);
      expect(Math.abs(number(modelled) - totalNs / 1e6), label).toBeLessThan(0.006);
      if (limit === "word") word = { entries: total, ns: totalNs };
      else {
        expect(Math.abs(percent(entries) - 100 * (total / word!.entries - 1)), label).toBeLessThan(0.6);
        expect(Math.abs(percent(modelled) - 100 * (totalNs / word!.ns - 1)), label).toBeLessThan(0.6);
      }
    }
  });

  it("has the longest holds of the kernel's code", () => {
    for (const [layout, ...cells] of table("clear-range", "| memory, chunk | word") as [string, ...string[]][]) {
      const [map, chunk] = layout.split(", ");
      const { expected } = golden(`arm64-clear-coalesced/a-1G-of-${map}-chunk${chunk}-clear`);
      for (const [i, limit] of ["kernel", "512", "chunk", "ioctl"].entries()) {
        const holds = cells[i]!.split("/").map(number);
        expect(holds, `${layout}, ${limit}`).toEqual(
          ["baseline", "max-level"].map((strategy) => expected[limit][strategy].longestHold),
        );
      }
    }
  });
});

describe("docs/barriers.md", () => {
  it("has the DSB ISHST of the kernel's code, wherever the DSB stands", () => {
    const { scenarios } = golden("arm64-barriers/scenarios");
    const rows = table("barriers", "| layout, chunk |") as [string, string, ...string[]][];
    expect(rows).toHaveLength(6);
    for (const [layout, , ...cells] of rows) {
      const [map, chunk] = layout.split(", ");
      for (const [i, placement] of ["perCall", "perBlock", "perChange"].entries()) {
        const counts = ["enable", "clear"].map(
          (mode) =>
            scenarios[`a-1G-of-${map}-chunk${chunk}-${mode}`].baseline["vhe+tlbirange"][placement].barriers.dsbIshst,
        );
        expect(cells[i]!.split("/").map(number), `${layout} ${placement}`).toEqual(counts);
      }
    }
  });
});
