import { formatAddress, formatSize } from "../../guest/sizes.js";

/**
 * The places that a walker can tell apart in the real geometry: first, second, last and after-last
 * entry of each level's table, and bases off the 2M and 64-page grids. A layout is one or two
 * segments; each pair of map and size follows each other one.
 */
const K = 4096;
const M2 = 2 ** 21;
const G1 = 2 ** 30;

/** Offsets of the slot's base from a 1G boundary. */
const BASES: readonly number[] = [0, K, 63 * K, 64 * K, M2 - 2 * K, M2 - K, M2, G1 - M2 - K, G1 - M2, G1 - K];

const LENGTHS: readonly (readonly [map: string, bytes: number])[] = [
  ["hole", K],
  ["hole", M2 - K],
  ["hole", M2],
  ["4K", K],
  ["4K", 2 * K],
  ["4K", M2 - K],
  ["4K", M2],
  ["4K", M2 + K],
  ["2M", M2],
  ["2M", 2 * M2 - K],
  ["2M", 2 * M2],
  ["2M", 3 * M2 + K],
  ["1G", G1],
];

const isGigabyte = ([map]: (typeof LENGTHS)[number]): boolean => map === "1G";

/** A memslot at such places, as scenarios have it. */
export interface PlacedSlot {
  readonly base: string;
  readonly segments: { readonly map: string; readonly size: string }[];
}

/**
 * Memslots at these places: every third of them, 1G blocks alone; or all of them. The base varies
 * fastest, so that whatever part is taken meets every base.
 */
export function placedSlots(part: "some" | "all"): readonly PlacedSlot[] {
  const whole = part === "all";
  const slots: PlacedSlot[] = [];
  let place = 0;
  for (const first of LENGTHS) {
    for (const second of [null, ...LENGTHS]) {
      if (second !== null && first[0] === "hole" && second[0] === "hole") continue;
      if (!whole && second !== null && (isGigabyte(first) || isGigabyte(second))) continue;
      for (const base of BASES) {
        if (!whole && place++ % 3 !== 0) continue;
        const pieces = second === null ? [first] : [first, second];
        const segments = pieces.map(([map, bytes]) => ({ map, size: formatSize(bytes) }));
        slots.push({ base: formatAddress(G1 + base), segments });
      }
    }
  }
  return slots;
}
