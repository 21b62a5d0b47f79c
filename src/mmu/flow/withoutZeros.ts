import type { Counts, CountValue } from "../counters.js";

/** Takes out zeros, and groups that hold nothing else. */
export function withoutZeros(counts: Counts): Counts {
  const out: Record<string, CountValue> = {};
  for (const [name, value] of Object.entries(counts)) {
    if (value === 0) continue;
    if (value === null || typeof value !== "object") out[name] = value;
    else {
      const inner = withoutZeros(value);
      if (Object.keys(inner).length > 0) out[name] = inner;
    }
  }
  return out;
}
