import { expect, it } from "vitest";
import { scenarioResult } from "../../testing/resultBuilder.js";
import { sweepOf } from "./sweepAxes.js";

const coverage = (name: string, blocks: number) =>
  scenarioResult(name, {
    name,
    variables: { chunk: "1G" },
    initial: { leaves: { "2": blocks, "3": (512 - blocks) * 512 } },
  });

it("cases that differ in their chunk are a sweep over chunks, a panel for each of what else differs", () => {
  const cases = ["4k", "thp"].flatMap((name) =>
    ["1G", "2M"].map((chunk) => scenarioResult(`${name} ${chunk}`, { name, variables: { chunk } })),
  );
  const { axis, families } = sweepOf(cases)!;
  expect(axis.name).toBe("chunk");
  expect(families.map(({ title, cases: own }) => [title, own.map(({ x }) => x)])).toEqual([
    ["4k, enable", [2 ** 21, 2 ** 30]],
    ["thp, enable", [2 ** 21, 2 ** 30]],
  ]);
});

it("guests that differ in their coverage alone are a sweep over it", () => {
  const cases = [
    coverage("thp-1G", 512),
    coverage("thp-1G-coverage0.5-seed1", 256),
    coverage("thp-1G-coverage0.25-seed1", 128),
  ];
  const { axis, families } = sweepOf(cases)!;
  expect(axis.label).toBe("share of memory in blocks");
  expect(families[0]!.cases.map(({ x }) => x)).toEqual([0.25, 0.5, 1]);
});

it("guests that have nothing to do with each other are no sweep, however many", () => {
  const cases = [coverage("fault", 511), coverage("holes", 3), coverage("thp", 512), coverage("4k", 0)];
  expect(sweepOf(cases)).toBeUndefined();
  expect(sweepOf([scenarioResult(), scenarioResult("x", { variables: { chunk: "off" } })])).toBeUndefined();
});
