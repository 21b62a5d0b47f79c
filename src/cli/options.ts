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
export function integer(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = /^\d+$/.test(value.trim()) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max))
      throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
    return number;
  };
}

/** A parser of numbers within bounds. */
export function fraction(min: number, max: number): (value: string) => number {
  return (value) => {
    const text = value.trim();
    // "70%" of a whole is 0.7.
    const percent = max === 1 && /^\d+(?:\.\d+)?\s?%$/.test(text);
    const isNumber = percent || /^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text);
    const number = isNumber ? Number.parseFloat(text) / (percent ? 100 : 1) : Number.NaN;
    if (!(number >= min && number <= max)) {
      throw new InvalidArgumentError(`Expected a number from ${min} to ${max}${max === 1 ? ", or in percent" : ""}.`);
    }
    return number;
  };
}
