import { parseSize } from "../../../guest/sizes.js";
import { type PlacedSlot, placedSlots } from "../../exhaustive/places.js";
import { pagesAt } from "../../x86/pages.js";
import type { LeafRun } from "../build.js";
import { allBits, fill, LEVEL_OF } from "../guests.js";
import type { WrittenTdpScenario } from "../scenario.js";

const PAGE_BYTES = 4096;

interface Slot {
  readonly start: number;
  readonly end: number;
  readonly leaves: readonly LeafRun[];
}

/** What is done to a slot. */
type Deed = (slot: Slot) => Record<string, unknown>;

const MODES = [
  { pml: true, eager: true },
  { pml: true, eager: false },
  { pml: false, eager: true },
  { pml: false, eager: false },
];
/**
 * Which pages of a slot are cleared: all, those at both sides of the beginning of a 2M page, and
 * the slot's first and last.
 */
const CLEARED: readonly ((slot: Slot) => "all" | readonly number[])[] = [
  () => "all",
  ({ start, end }) => {
    const gfns: number[] = [];
    for (let gfn = Math.ceil(start / pagesAt(2)) * pagesAt(2); gfn <= end; gfn += pagesAt(2)) gfns.push(gfn - 1, gfn);
    return gfns.filter((gfn) => gfn >= start && gfn < end);
  },
  ({ start, end }) => [start, end - 1],
];

const DEEDS: readonly Deed[] = [
  ...[0, 1, 7].map(
    (everyN): Deed =>
      () => ({ workload: "zap", reschedEveryNPolls: everyN }),
  ),
  ...[0, 1].flatMap((edge) =>
    [1, 2].map(
      (targetLevel): Deed =>
        (slot) => ({ workload: "split", targetLevel, ...rangeOf(slot, edge) }),
    ),
  ),
  ...MODES.map(
    (mode): Deed =>
      (slot) => ({ workload: "enable", ...mode, ...rangeOf(slot, 0) }),
  ),
  ...MODES.slice(0, 3).flatMap((mode) =>
    CLEARED.map(
      (cleared): Deed =>
        (slot) => ({ workload: "clear", ...mode, ...clearOf(slot, cleared(slot)) }),
    ),
  ),
];

/**
 * Of the deeds those that a layout is tried with where it is not tried with all: three, by turns.
 */
const TURNS = [0, 7, 13];

/**
 * Layouts of the real geometry: a slot each, with some of the deeds by turns; or all slots with
 * every deed.
 */
export function placeScenarios(part: "some" | "all"): WrittenTdpScenario[] {
  const slots = placedSlots(part).map(slotOf);
  const deedsOf = (i: number) => (part === "all" ? DEEDS : TURNS.map((turn) => DEEDS[(i + turn) % DEEDS.length]!));
  return slots.flatMap((slot, i) => {
    const root = { rootLevel: 4 + (i % 2), leaves: slot.leaves };
    return deedsOf(i).map((deed) => ({ mmu: "x86-tdp", root, ...deed(slot) }) as unknown as WrittenTdpScenario);
  });
}

function slotOf({ base, segments }: PlacedSlot): Slot {
  const leaves: LeafRun[] = [];
  const start = Number(base) / PAGE_BYTES;
  let gfn = start;
  for (const { map, size } of segments) {
    const end = gfn + parseSize(size, "size") / PAGE_BYTES;
    if (map !== "hole") fill(leaves, gfn, end, LEVEL_OF[map]!);
    gfn = end;
  }
  return { start, end: gfn, leaves };
}

/** The slot's frames but for so many at each end. */
function rangeOf({ start, end }: Slot, edge: number): { startGfn: number; endGfnExclusive: number } {
  const cut = end - start > 2 * edge ? edge : 0;
  return { startGfn: start + cut, endGfnExclusive: end - cut };
}

function clearOf({ start, end }: Slot, cleared: "all" | readonly number[]): Record<string, unknown> {
  const npages = end - start;
  const slot = { slotBaseGfn: start, npages };
  if (cleared === "all") return { ...slot, masks: allBits(npages) };
  const masks = new Array<string>(Math.ceil(npages / 64)).fill("0x0");
  for (const gfn of cleared) {
    const word = Math.floor((gfn - start) / 64);
    masks[word] = `0x${(BigInt(masks[word]!) | (1n << BigInt((gfn - start) % 64))).toString(16)}`;
  }
  return { ...slot, masks };
}
