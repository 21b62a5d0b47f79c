import type { Bound } from "../../exhaustive.js";
import { tableGeometry } from "../../x86/pages.js";
import type { ShadowGeometry } from "../geometry.js";
import type { ShadowGuest, ShadowMapping } from "../shadow.js";

/**
 * Tables of 4 entries; descriptors of 3 SPTEs, so that few parents need several; caches of 2, so
 * that they run out.
 */
export const SMALL_SHADOW: ShadowGeometry = {
  ...tableGeometry(2, 4),
  perDescriptor: 3,
  minDescriptors: 5,
  cacheCapacity: 2,
};

/**
 * Roles of the SPTEs of a frame, in the order in which they were made: "" is none, "aab" two of
 * role 0 and one of role 1.
 */
export type Parents = string;

/** What nested guests map of the small slot: its 1G frame, its four 2M frames, and 4K pages. */
export interface SmallGuest {
  readonly giant: Parents;
  readonly huge: readonly [Parents, Parents, Parents, Parents];
  /** Role 0 maps with 4K pages: none, the first of each 2M frame, or all. */
  readonly pages: "none" | "first" | "all";
}

const GIANT: readonly Parents[] = ["", "a", "aa", "ab"];
const FEW: readonly Parents[] = ["", "a", "aa", "ab", "aab", "aaaa"];
const MORE: readonly Parents[] = [...FEW, "b", "ba", "abb", "aaab", "abcc"];
const PAGES = ["none", "first", "all"] as const;

/** The lists of SPTEs that a guest's 1G frame and its 2M frames are given. */
export const LISTS: Readonly<Record<Bound, readonly [giant: readonly Parents[], huge: readonly Parents[]]>> = {
  small: [GIANT, FEW],
  medium: [GIANT, MORE],
  large: [MORE, MORE],
};

/** Every guest, those with the fewest SPTEs first. */
export function guestsOf(bound: Bound): readonly SmallGuest[] {
  const [giants, parents] = LISTS[bound];
  const pairs = parents.flatMap((a) => parents.map((b) => [a, b] as const));
  const huges = pairs.flatMap((first) => pairs.map((second) => [...first, ...second] as const));
  const guests = giants.flatMap((giant) => PAGES.flatMap((pages) => huges.map((huge) => ({ giant, pages, huge }))));
  const weighed = guests.map((guest, index) => ({ guest, index, weight: weightOf(guest) }));
  weighed.sort((x, y) => x.weight - y.weight || x.index - y.index);
  return weighed.map(({ guest }) => guest);
}

function weightOf({ giant, huge, pages }: SmallGuest): number {
  return 8 * giant.length + huge.join("").length + { none: 0, first: 4, all: 16 }[pages];
}

/** Frames of an entry of a level, by level, in the geometry that a guest is laid out in. */
type Frames = readonly number[];

/**
 * A guest as mappings, in the small geometry or at full size, where its 2M frames are the first
 * four of its 1G frame.
 *
 * @param baseGfn of the slot, a multiple of a 1G frame
 */
export function guestAt({ giant, huge, pages }: SmallGuest, frames: Frames, baseGfn: number): ShadowGuest {
  const mappings: ShadowMapping[] = [];
  const add = (parents: Parents, gfn: number, level: number, count = 1): void => {
    for (const letter of parents) mappings.push({ gfn, count, level, role: letter.charCodeAt(0) - 97, copies: 1 });
  };
  add(giant, baseGfn, 3);
  for (const [i, parents] of huge.entries()) add(parents, baseGfn + i * frames[2]!, 2);
  if (pages !== "none") {
    for (let i = 0; i < 4; i++) add("a", baseGfn + i * frames[2]!, 1, pages === "all" ? frames[2]! : 1);
  }
  return { slot: { baseGfn, npages: frames[3]! }, mappings };
}
