/** Nanoseconds with a fitting unit and three significant digits: 950 ns, 1.32 ms, 12.4 s. */
export function formatNs(ns: number): string {
  const steps: [number, string][] = [
    [1e9, "s"],
    [1e6, "ms"],
    [1e3, "us"],
  ];
  for (const [scale, unit] of steps) if (Math.abs(ns) >= scale) return `${significant(ns / scale)} ${unit}`;
  return `${significant(ns)} ns`;
}

function significant(value: number): string {
  const magnitude = Math.abs(value);
  return value.toFixed(magnitude >= 99.95 ? 0 : magnitude >= 9.995 ? 1 : 2);
}

/**
 * A change against a base as a signed percentage: "-99.8%", "=" where equal, "new" where the base is 0. Never rounded to a whole -100%
 * that it is not: 1 of 262657 is "-99.9996%".
 */
export function formatChange(base: number, value: number): string {
  if (value === base) return "=";
  if (base === 0) return "new";
  const percent = (100 * (value - base)) / base;
  return `${percent > 0 ? "+" : ""}${digits(percent)}%`;
}

/** A saving in words for a sentence: "99.8% fewer", "12.0% more", "as many". */
export function fewer(base: number, value: number): string {
  if (value === base || base === 0) return value === base ? "as many" : "more";
  const percent = (100 * (value - base)) / base;
  return `${digits(Math.abs(percent))}% ${percent < 0 ? "fewer" : "more"}`;
}

/** One decimal, or as many as it takes not to say "0.0" or a whole -100 of what is neither. */
function digits(percent: number): string {
  for (let count = 1; count < 6; count++) {
    const text = percent.toFixed(count);
    const shown = Math.abs(Number(text));
    if (shown !== 0 && (percent <= -100 || shown !== 100)) return text;
  }
  return percent.toFixed(6);
}

/** A count as people read it, exact: thousands with commas. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}
