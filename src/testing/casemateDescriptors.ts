/** What a refused trace breaks. `fatal`: the checker fails an assertion and names no record. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly fatal = false,
  ) {
    super(message);
  }
}

const AF = 1n << 10n;
/** Bits 58:55: software may change them in a leaf. */
const SOFTWARE = 0xfn << 55n;
const ADDRESS = 0xfffffffff000n;

export function isValid(value: bigint): boolean {
  return (value & 1n) === 1n;
}

export function kindOf(value: bigint, level: number): "invalid" | "leaf" | "table" {
  if (!isValid(value)) return "invalid";
  if ((value & 2n) === 2n) return level === 3 ? "leaf" : "table";
  if (level === 0 || level === 3) throw new Refused("Saw invalid pte encoding");
  return "leaf";
}

/**
 * Valid over valid: leaves alone, and only where the old or the new one has the access flag, or
 * only software bits differ.
 */
export function refuseReplacing(was: bigint, value: bigint, level: number): void {
  const leaves = kindOf(was, level) === "leaf" && kindOf(value, level) === "leaf";
  if (leaves && (((was | value) & AF) !== 0n || ((was ^ value) & ~SOFTWARE) === 0n)) return;
  throw new Refused("BBM valid->valid");
}

export function tableOf(value: bigint): number {
  return Number(value & ADDRESS);
}

/** Bytes that an entry of a level covers. */
export function spanOf(level: number): bigint {
  return 1n << BigInt(12 + 9 * (3 - level));
}

export function vmidOf(vttbr: bigint): number {
  return Number(vttbr >> 48n);
}
