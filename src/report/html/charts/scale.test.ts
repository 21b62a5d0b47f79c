import { expect, it } from "vitest";
import { linearTicks, logTicks, scaleOf } from "./scale.js";

it("marks decades where there are several, and steps within them where there are few", () => {
  expect(logTicks(1, 262144)).toEqual([1, 10, 100, 1000, 10000, 100000]);
  expect(logTicks(1, 1e12)).toEqual([1, 1e3, 1e6, 1e9, 1e12]);
  expect(logTicks(30, 800)).toEqual([50, 100, 200, 500]);
});

it("marks a linear axis with few round values", () => {
  expect(linearTicks(0, 262144)).toEqual([0, 100000, 200000]);
  expect(linearTicks(0, 0)).toEqual([0]);
  expect(linearTicks(0, 1)).toEqual([0, 0.5, 1]);
});

it("labels every tick that is asked for, on a log axis too, and puts zero at its lower end", () => {
  const { axis, at } = scaleOf({
    kind: "log",
    domain: [4096, 2 ** 30],
    ticks: [4096, 2 ** 21, 2 ** 30],
    format: String,
  });
  expect(axis.ticks.map(axis.tickFormat)).toEqual(["4096", "2097152", "1073741824"]);
  expect(at(0)).toBe(axis.domain[0]);
  expect(at(2 ** 30)).toBe(axis.domain[1]);
});
