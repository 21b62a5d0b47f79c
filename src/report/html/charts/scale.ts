import { tickText } from "../numbers.js";

/**
 * A linear or log axis, drawn on a linear one of the library: its own log axis hides the labels of
 * ticks that are no powers of ten.
 */
export interface Scale {
  /** Where a value stands on the library's axis. */
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
  /** For the library: domain, ticks and their labels. */
  readonly axis: {
    readonly type: "linear";
    readonly domain: [number, number];
    readonly ticks: number[];
    readonly tickFormat: (place: number) => string;
  };
}

export interface ScaleSpec {
  readonly kind: "log" | "linear";
  readonly domain: readonly [number, number];
  /** Values to mark; default round ones. */
  readonly ticks?: readonly number[];
  readonly format?: (value: number) => string;
  /** Pixels that the labels have beside each other; ticks that do not fit are left out, evenly. */
  readonly room?: number;
}

/**
 * The scale of an axis. Values below the domain of a log scale, zero among them, stand at its lower
 * end.
 */
export function scaleOf({ kind, domain, ticks: given, format = tickText, room }: ScaleSpec): Scale {
  const [min, max] = domain;
  const at = kind === "log" ? (value: number) => Math.log10(Math.max(value, min)) : (value: number) => value;
  const wanted = given ?? (kind === "log" ? logTicks(min, max) : linearTicks(min, max));
  const ticks = room === undefined ? wanted : fitting(wanted, format, room);
  const labels = new Map(ticks.map((tick) => [at(tick), format(tick)]));
  return {
    at,
    ticks: ticks.map(at),
    axis: {
      type: "linear",
      domain: [at(min), at(max)],
      ticks: ticks.map(at),
      tickFormat: (place) => labels.get(place) ?? "",
    },
  };
}

/**
 * Powers of ten, every second or third where there are many; 1, 2 and 5 of each where there are
 * few.
 */
export function logTicks(min: number, max: number): number[] {
  const first = Math.ceil(Math.log10(min) - 1e-9);
  const last = Math.floor(Math.log10(max) + 1e-9);
  const step = Math.max(1, Math.ceil((last - first + 1) / 6));
  const ticks: number[] = [];
  for (let power = first; power <= last; power += step) ticks.push(10 ** power);
  if (ticks.length > 2) return ticks;
  const finer: number[] = [];
  for (let power = first - 1; power <= last; power++) for (const digit of [1, 2, 5]) finer.push(digit * 10 ** power);
  return finer.filter((tick) => tick >= min && tick <= max);
}

/** Three to five round values. */
export function linearTicks(min: number, max: number): number[] {
  const rough = (max - min) / 4;
  if (!(rough > 0)) return [min];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((digit) => digit * power >= rough)! * power;
  const ticks: number[] = [];
  for (let i = Math.ceil(min / step); i * step <= max * (1 + 1e-12); i++) ticks.push(i * step);
  return ticks;
}

/**
 * Every tick, or every second, or every third, as many as have room for their labels at 12 pixels.
 */
function fitting(ticks: readonly number[], format: (value: number) => string, room: number): readonly number[] {
  const widest = Math.max(...ticks.map((tick) => format(tick).length)) * 7.5 + 10;
  const step = Math.max(1, Math.ceil((ticks.length * widest) / room));
  return ticks.filter((_, i) => i % step === 0);
}
