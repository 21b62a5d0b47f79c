import { describe, expect, it } from "vitest";
import { fewer, formatChange, formatCount, formatNs, formatPercent } from "./units.js";

describe("units", () => {
  it("never rounds a change to a whole -100% that it is not", () => {
    expect(formatChange(262657, 0)).toBe("-100.0%");
    expect(formatChange(262657, 1)).toBe("-99.9996%");
    expect(formatChange(262657, 513)).toBe("-99.8%");
    expect(formatChange(100, 112)).toBe("+12.0%");
    expect(formatChange(314897, 314862)).toBe("-0.01%");
    expect(formatChange(5, 5)).toBe("=");
    expect(formatChange(0, 5)).toBe("new");
  });

  it("says a growth of many times as times", () => {
    expect(formatChange(1, 512)).toBe("512 times");
    expect(formatChange(1, 10.9)).toBe("+990.0%");
    expect(formatChange(2, 25)).toBe("12.5 times");
    expect(formatChange(1, 262144)).toBe("262,144 times");
    expect(fewer(1, 512)).toBe("512 times as many");
  });

  it("words a saving", () => {
    expect(fewer(262657, 513)).toBe("99.8% fewer");
    expect(fewer(10, 15)).toBe("50.0% more");
    expect(fewer(3, 3)).toBe("as many");
  });

  it("gives times their unit and three significant digits", () => {
    expect([950, 1320, 1_320_000, 12_400_000_000, 99_960].map(formatNs)).toEqual([
      "950 ns",
      "1.32 us",
      "1.32 ms",
      "12.4 s",
      "100 us",
    ]);
  });

  it("writes no time as a thousand of a unit, and nothing as 0", () => {
    expect([0, 999.4, 999.6, 999_499, 999_999, 999_999_999, -999_999].map(formatNs)).toEqual([
      "0",
      "999 ns",
      "1.00 us",
      "999 us",
      "1.00 ms",
      "1.00 s",
      "-1.00 ms",
    ]);
  });

  it("writes a change in percent with its sign and at least one digit that counts", () => {
    expect([0, 0.5, -0.25, 0.0004, -0.999999, -1, 1].map(formatPercent)).toEqual([
      "0.0%",
      "+50.0%",
      "-25.0%",
      "+0.04%",
      "-99.9999%",
      "-100.0%",
      "+100.0%",
    ]);
  });

  it("writes thousands with commas", () => {
    expect([0, 999, 1000, 262657, 2 ** 40].map(formatCount)).toEqual([
      "0",
      "999",
      "1,000",
      "262,657",
      "1,099,511,627,776",
    ]);
  });
});

it("changes at the edge of one form and another", () => {
  expect(
    [0, 1e-7, -1e-7, 4e-4, 5e-4, 0.5, -1, -0.9999, -0.99999999, 9.99, 10, 10.5, 98.99, 99.4, 1e6].map(formatPercent),
  ).toEqual([
    "0.0%",
    "+0.00001%",
    "-0.00001%",
    "+0.04%",
    "+0.1%",
    "+50.0%",
    "-100.0%",
    "-99.99%",
    "-99.999999%",
    "+999.0%",
    "11 times",
    "11.5 times",
    "100.0 times",
    "100 times",
    "1,000,001 times",
  ]);
  expect(
    [0.994, 9.994, 9.995, 99.94, 99.95, 999.4, 999.5, 9995, 99950, 999_500, 9.995e8, 9.994e8, -0.5].map(formatNs),
  ).toEqual([
    "0.99 ns",
    "9.99 ns",
    "10.0 ns",
    "99.9 ns",
    "100 ns",
    "999 ns",
    "1.00 us",
    "10.0 us",
    "100 us",
    "1.00 ms",
    "1.00 s",
    "999 ms",
    "-0.50 ns",
  ]);
  expect(
    (
      [
        [0, 0],
        [0, 3],
        [10, 109],
        [10, 110],
        [10, 111],
        [1000, 1],
        [3, 2],
      ] as const
    ).map(([a, b]) => fewer(a, b)),
  ).toEqual(["as many", "more", "990.0% more", "11 times as many", "11.1 times as many", "99.9% fewer", "33.3% fewer"]);
  expect(
    (
      [
        [0, 0],
        [0, 3],
        [10, 109],
        [10, 110],
        [3, 2],
      ] as const
    ).map(([a, b]) => formatChange(a, b)),
  ).toEqual(["=", "new", "+990.0%", "11 times", "-33.3%"]);
});
