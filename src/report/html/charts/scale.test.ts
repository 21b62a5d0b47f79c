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

it("has ticks at both ends where these are round, and steps of 1, 2 and 5", () => {
  expect(linearTicks(0, 4)).toEqual([0, 1, 2, 3, 4]);
  expect(linearTicks(0, 8)).toEqual([0, 2, 4, 6, 8]);
  expect(linearTicks(0, 20)).toEqual([0, 5, 10, 15, 20]);
  expect(linearTicks(0, 21)).toEqual([0, 10, 20]);
  expect(linearTicks(-3, 5)).toEqual([-2, 0, 2, 4]);
  expect(logTicks(1, 1000)).toEqual([1, 10, 100, 1000]);
  expect(logTicks(1, 100)).toEqual([1, 10, 100]);
  expect(logTicks(1, 99)).toEqual([1, 2, 5, 10, 20, 50]);
  expect(logTicks(2, 5)).toEqual([2, 5]);
  expect(logTicks(1, 1e6)).toEqual([1, 100, 1e4, 1e6]);
});

it("leaves out ticks that have no room for their labels, evenly", () => {
  const ticks = (room: number) => scaleOf({ kind: "linear", domain: [0, 4], format: () => "12", room }).ticks;
  // Five labels of two characters, 25 pixels each.
  expect([ticks(125), ticks(124), ticks(62), ticks(0.1)]).toEqual([[0, 1, 2, 3, 4], [0, 2, 4], [0, 3], [0]]);
});
