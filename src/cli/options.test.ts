import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { fraction, integer, list } from "./options.js";

describe("a list", () => {
  it("has what stands between commas, and goes on where it is given again", () => {
    expect(list("a", undefined)).toEqual(["a"]);
    expect(list(" b ,,c,", ["a"])).toEqual(["a", "b", "c"]);
  });

  it("has something in it", () => {
    for (const text of ["", " ", ", ,"]) {
      expect(() => list(text, ["a"])).toThrow(new InvalidArgumentError("Expected at least one value."));
    }
  });
});

describe("a whole number", () => {
  it("is digits, between bounds that it may have", () => {
    const parse = integer(2, 30);
    expect(["2", "030", " 7 "].map(parse)).toEqual([2, 30, 7]);
    for (const text of ["1", "31", "", "7x", "x7", "+7", "-7", "7.0", "1e1", "0x7", "7 8"]) {
      expect(() => parse(text), text).toThrow(new InvalidArgumentError("Expected a whole number from 2 to 30."));
    }
  });
});

describe("a number", () => {
  it("is a decimal, between bounds that it may have", () => {
    const parse = fraction(0.5, 1000);
    expect([".5", "1000", "1.", "2.25", "1e2", "5E-1", "1e+3", " 7 "].map(parse)).toEqual([
      0.5, 1000, 1, 2.25, 100, 0.5, 1000, 7,
    ]);
    for (const text of ["0.499", "1000.1", "", ".", "1,5", "-1", "1x", "x1", "50%", "0x1", "Infinity", "1e"]) {
      expect(() => parse(text), text).toThrow(new InvalidArgumentError("Expected a number from 0.5 to 1000."));
    }
  });

  it("may be in percent where it is a share of a whole", () => {
    const parse = fraction(0, 1);
    expect(["0", "1", "70%", "100 %", "12.5%", "0%"].map(parse)).toEqual([0, 1, 0.7, 1, 0.125, 0]);
    for (const text of ["101%", "-1%", "1.01", ".5%", "70%%", "7  %"]) {
      expect(() => parse(text), text).toThrow(
        new InvalidArgumentError("Expected a number from 0 to 1, or in percent."),
      );
    }
  });
});
