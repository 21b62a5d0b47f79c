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
    ["0X1f", 31],
    ["2MB", 2 ** 21],
    ["7b", 7],
    [" 4K\t", 4096],
    [4096, 4096],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
    ["0x1fffffffffffff", Number.MAX_SAFE_INTEGER],
  ])("reads %j", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each([
    ["0", 0],
    ["1", 1],
    ["1023", 1023],
    ["1K", 1024],
    ["1025", 1025],
    ["1536K", 1536 * 1024],
    ["3M", 3 * 2 ** 20],
    ["5G", 5 * 2 ** 30],
    ["7T", 7 * 2 ** 40],
    ["1P", 2 ** 50],
    ["1024P", 2 ** 60],
  ])("writes %s", (text, bytes) => {
    expect(formatSize(bytes)).toBe(text);
  });

  it.each<[string | number, number]>([
    ["0x40000000", 2 ** 30],
    [" 0XfF ", 255],
    ["1G", 2 ** 30],
    [" 4096", 4096],
    [4096, 4096],
    ["0xfffffffffffff", 2 ** 52 - 1],
  ])("reads %j as an address", (text, address) => {
    expect(parseAddress(text)).toBe(address);
  });

  it("writes an address in hexadecimal, in lower case and without zeros before it", () => {
    expect([0, 255, 2 ** 40].map(formatAddress)).toEqual(["0x0", "0xff", "0x10000000000"]);
  });

  it("says what is no size and no address, whose it is and what would be one", () => {
    const size = "not a size; expected a whole number with an optional suffix K, M, G or T, such as 4K or 1G";
    const address = "not an address; expected hexadecimal with 0x such as 0x40000000, or a size such as 1G";
    expect(() => parseSize(" 1.5G ")).toThrow(new UserError(`size "1.5G": ${size}`));
    expect(() => parseSize("9007199254740992", "-b")).toThrow(new UserError(`-b "9007199254740992": ${size}`));
    expect(() => parseSize("x".repeat(61))).toThrow(new UserError(`size "${"x".repeat(57)}...": ${size}`));
    for (const text of ["0x", "x", "-1", "", "0x10000000000000", "0x1K", "a1G"])
      expect(() => parseAddress(text), text).toThrow(new UserError(`address "${text}": ${address}`));
    expect(() => parseAddress("x", "base")).toThrow(new UserError(`base "x": ${address}`));
    expect(() => parseAddress("1Q", "base")).toThrow(new UserError(`base "1Q": ${size}`));
    expect(() => parseAddress("1Q")).toThrow(new UserError(`address "1Q": ${size}`));
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
