import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import { formatAddress, formatSize, parseAddress, parseSize } from "./sizes.js";

describe("sizes", () => {
  it.each([
    ["4K", 4096],
    ["2m", 2 ** 21],
    ["1G", 2 ** 30],
    ["16T", 2 ** 44],
    ["3P", 3 * 2 ** 50],
    ["4096", 4096],
    ["0", 0],
    ["1GiB", 2 ** 30],
    ["0x1000", 4096],
  ])("reads %s", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(["", "K", "1Q", "-1", "1.5G", "1e3", "9999999999999999T", "0x", "1 G", "__proto__"])(
    "refuses %j as a size",
    (text) => {
      expect(() => parseSize(text, "--memory")).toThrow(UserError);
    },
  );

  it("reads back every size and address that it writes", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 48 }), (bytes) => {
        expect(parseSize(formatSize(bytes))).toBe(bytes);
        expect(parseAddress(formatAddress(bytes))).toBe(bytes);
      }),
    );
  });
});
