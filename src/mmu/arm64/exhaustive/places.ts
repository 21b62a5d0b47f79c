import { formatAddress, formatSize } from "../../../guest/sizes.js";
import type { Arm64Scenario, Segment } from "../scenario.js";

/**
 * The places that a walker can tell apart in the real geometry: first, second, last and after-last entry of each level's table,
 * and bases off the 2M and 64-page grids. A layout is one or two segments; each pair of map and size follows each other one.
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

/**
 * Layouts at these places: every third of them with chunk 1G, in enable and clear mode by turns, 1G blocks alone; or all of them
 * with every chunk in both modes. The base varies fastest, so that whatever part is taken meets every base.
 */
export function placeScenarios(part: "some" | "all"): Arm64Scenario[] {
  const whole = part === "all";
  const scenarios: Arm64Scenario[] = [];
  let place = 0;
  for (const first of LENGTHS) {
    for (const second of [null, ...LENGTHS]) {
      if (second !== null && first[0] === "hole" && second[0] === "hole") continue;
      if (!whole && second !== null && (isGigabyte(first) || isGigabyte(second))) continue;
      for (const base of BASES) {
        if (!whole && place++ % 3 !== 0) continue;
        const pieces = second === null ? [first] : [first, second];
        const segments = pieces.map(([map, bytes]): Segment => ({ map, size: formatSize(bytes) }));
        const memslots = [{ base: formatAddress(G1 + base), segments }];
        const turn = scenarios.length % 2 === 0 ? "enable" : "clear";
        for (const mode of whole ? (["enable", "clear"] as const) : [turn as "enable" | "clear"]) {
          for (const chunk of whole ? ["4K", "2M", "1G"] : ["1G"]) {
            scenarios.push({ granule: "4K", ipaBits: 40, memslots, dirtyLog: { mode, chunk } });
          }
        }
      }
    }
  }
  return scenarios;
}
