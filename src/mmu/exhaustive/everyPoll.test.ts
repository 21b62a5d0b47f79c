import { expect, it } from "vitest";
import { atEveryPoll } from "./everyPoll.js";

it("polls are counted in words as English has them", () => {
  expect([1, 2, 3, 4, 7].map(atEveryPoll)).toEqual([
    "at every poll",
    "at every 2nd poll",
    "at every 3rd poll",
    "at every 4th poll",
    "at every 7th poll",
  ]);
});
