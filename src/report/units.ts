/**
 * Nanoseconds with a fitting unit and three significant digits: 950 ns, 1.32 ms, 12.4 s. Nothing is
 * 0, which needs no unit.
 */
export function formatNs(ns: number): string {
  if (ns === 0) return "0";
  const steps: [number, string][] = [
    [1e9, "s"],
    [1e6, "ms"],
    [1e3, "us"],
  ];
  // What would be rounded up to 1000 of a unit is 1.00 of the next.
  for (const [scale, unit] of steps) if (Math.abs(ns) >= 0.9995 * scale) return `${significant(ns / scale)} ${unit}`;
  return `${significant(ns)} ns`;
}

function significant(value: number): string {
  const magnitude = Math.abs(value);
  return value.toFixed(magnitude >= 99.95 ? 0 : magnitude >= 9.995 ? 1 : 2);
}

/**
 * A change against a base, as {@link formatPercent} has it: "-99.8%"; "=" where equal, "new" where
 * the base is 0.
 */
export function formatChange(base: number, value: number): string {
  if (value === base) return "=";
  return base === 0 ? "new" : formatPercent((value - base) / base);
}

/**
 * From this many times on a growth is said as times: 512 pages for one is "512 times", not
 * "+51100%".
 */
const TIMES = 11;

function times(ratio: number): string {
  return `${Number.isInteger(ratio) || ratio >= 100 ? formatCount(Math.round(ratio)) : ratio.toFixed(1)} times`;
}

/**
 * A change, as a fraction, in percent with its sign, or in times where it is many. Never rounded to
 * nothing or to a whole -100% that it is not: 1 of 262657 is "-99.9996%".
 */
export function formatPercent(fraction: number): string {
  if (fraction + 1 >= TIMES) return times(fraction + 1);
  return `${fraction > 0 ? "+" : ""}${fraction === 0 ? "0.0" : digits(100 * fraction)}%`;
}

/**
 * A saving in words for a sentence: "99.8% fewer", "12.0% more", "512 times as many", "as many".
 */
export function fewer(base: number, value: number): string {
  if (value === base || base === 0) return value === base ? "as many" : "more";
  const percent = (100 * (value - base)) / base;
  if (value / base >= TIMES) return `${times(value / base)} as many`;
  return `${digits(percent).replace("-", "")}% ${percent < 0 ? "fewer" : "more"}`;
}

/** One decimal, or as many as it takes not to say "0.0" or a whole -100 of what is neither. */
function digits(percent: number): string {
  for (let count = 1; count < 6; count++) {
    const text = percent.toFixed(count);
    const shown = Math.abs(Number(text));
    if (shown !== 0 && (percent > 0 || percent <= -100 || shown !== 100)) return text;
  }
  return percent.toFixed(6);
}

/** A count as people read it, exact: thousands with commas. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}
