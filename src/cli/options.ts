import { InvalidArgumentError } from "commander";

/** A comma-separated list, given once or several times. */
export function list(value: string, previous: readonly string[] | undefined): string[] {
  const parts = value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  if (parts.length === 0) throw new InvalidArgumentError("Expected at least one value.");
  return [...(previous ?? []), ...parts];
}

/** A parser of whole numbers within bounds. */
export function integer(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = /^\d+$/.test(value.trim()) ? Number(value) : Number.NaN;
    if (!(number >= least && number <= most))
      throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
    return number;
  };
}

/** A parser of numbers within bounds. */
export function fraction(least: number, most: number): (value: string) => number {
  return (value) => {
    const text = value.trim();
    // "70%" of a whole is 0.7.
    const percent = most === 1 && /^\d+(?:\.\d+)?\s?%$/.test(text);
    const number = text === "" ? Number.NaN : percent ? Number.parseFloat(text) / 100 : Number(text);
    if (!(number >= least && number <= most))
      throw new InvalidArgumentError(
        `Expected a number from ${least} to ${most}${most === 1 ? ", or in percent" : ""}.`,
      );
    return number;
  };
}
