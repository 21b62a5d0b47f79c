import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { faults } from "./faults.js";

const table = readFileSync(new URL("../../docs/verify.md", import.meta.url), "utf8")
  .split(/<!-- \/?faults -->\n/)[1]!
  .split("\n");
const rows = table.filter((line) => line.startsWith("| `")).map((line) => line.split(" | "));

it("every fault changes one place of a source file", () => {
  const places = faults.map(({ id, file, find }) => {
    const source = readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
    return [id, source.split(find).length - 1] as const;
  });
  expect(places.filter(([, count]) => count !== 1)).toEqual([]);
  expect(faults.filter(({ find, replace }) => find === replace)).toEqual([]);
});

it("the document's table has every fault, and its totals are those of its rows", () => {
  expect(rows.map(([id, what]) => [id!.slice(3, -1), what])).toEqual(faults.map(({ id, what }) => [id, what]));
  const found = [2, 3, 4, 5].map((column) => rows.filter((row) => row[column]!.replace(" |", "") !== "no").length);
  const told =
    /^Of (\d+) faults golden files find (\d+), 500 random layouts (\d+), the exhaustive search (\d+), interleavings (\d+)/;
  expect(told.exec(table[0]!)!.slice(1).map(Number)).toEqual([faults.length, ...found]);
});

it("the document says of those faults alone that the exhaustive search does not find them that lie beyond it", () => {
  const missed = rows.filter((row) => row[4] === "no").map(([id]) => id!.slice(3, -1));
  expect(missed).toEqual(faults.filter(({ beyond }) => beyond !== undefined).map(({ id }) => id));
});
