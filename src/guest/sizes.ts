import { badInput, clip } from "../errors.js";

/** Multipliers of the size suffixes that the kernel's selftests take, binary. */
const UNITS: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40, P: 2 ** 50 };

/**
 * Reads a size such as `4K`, `1G` or `4096` into bytes.
 *
 * @param text digits with an optional suffix K, M, G, T or P (binary, either case); hexadecimal
 *   with `0x` has no suffix
 * @param input what the size belongs to, for the message
 * @throws UserError if the text is no size, or beyond 2^53 bytes
 */
export function parseSize(text: string | number, input = "size"): number {
  const s = String(text).trim();
  const match = /^(?:(\d{1,16})([KMGTP]?)(?:i?B)?|(0x[0-9a-f]{1,14}))$/i.exec(s);
  const bytes =
    match === null
      ? Number.NaN
      : match[3]
        ? Number(match[3])
        : Number(match[1]) * UNITS[(match[2] ?? "").toUpperCase()]!;
  if (!Number.isSafeInteger(bytes)) {
    throw badInput(
      `${input} "${clip(s)}"`,
      "not a size",
      "a whole number with an optional suffix K, M, G or T, such as 4K or 1G",
    );
  }
  return bytes;
}

/** Writes bytes in the largest unit that is exact: 1073741824 is `1G`, 4096 is `4K`, 5 is `5`. */
export function formatSize(bytes: number): string {
  if (bytes === 0) return "0";
  for (const unit of ["P", "T", "G", "M", "K"]) {
    const scale = UNITS[unit]!;
    if (bytes % scale === 0) return `${bytes / scale}${unit}`;
  }
  return String(bytes);
}

/**
 * Reads an address: hexadecimal with `0x`, or a size with a suffix (`1G`).
 *
 * @throws UserError if the text is neither
 */
export function parseAddress(text: string | number, input = "address"): number {
  const s = String(text).trim();
  const value = /^0x[0-9a-f]{1,13}$/i.test(s) ? Number(s) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  if (/^\d/.test(s) && !/^0x/i.test(s)) return parseSize(s, input);
  throw badInput(
    `${input} "${clip(s)}"`,
    "not an address",
    "hexadecimal with 0x such as 0x40000000, or a size such as 1G",
  );
}

/** Writes an address in lower-case hexadecimal, unpadded, with `0x`. */
export function formatAddress(address: number): string {
  return `0x${address.toString(16)}`;
}
