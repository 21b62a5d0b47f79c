import { formatCount, formatNs } from "../units.js";

/** A whole number with its digits in groups of three, as pages show it: 262,144. */
export function grouped(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : String(value);
}

const STEPS: readonly (readonly [number, string])[] = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

/** A number for a tick of an axis: 200k, 1M, 0.5. */
export function tickText(value: number): string {
  for (const [scale, letter] of STEPS) {
    if (Math.abs(value) >= scale) return `${Number((value / scale).toPrecision(3))}${letter}`;
  }
  return String(Number(value.toPrecision(3)));
}

/** A duration for a tick of an axis: 0, 5.00 ms. */
export function durationTick(ns: number): string {
  return ns === 0 ? "0" : formatNs(ns);
}
