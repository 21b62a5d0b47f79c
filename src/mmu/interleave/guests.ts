import { BLOCK, HOLE_ENTRY, type TopEntry } from "../exhaustive/trees.js";
import type { FrameRange } from "../flow/slots.js";

/** A small guest: one memslot in the small geometry, and what is mapped of it at first. */
export interface SmallGuest {
  /** By which saved schedules name it. */
  readonly id: string;
  readonly words: string;
  readonly slot: FrameRange;
  readonly tops: readonly TopEntry[];
}

/** What userspace does to the slot, in order. */
export interface Script {
  readonly id: string;
  readonly words: string;
  /**
   * KVM_DIRTY_LOG_INITIALLY_SET with manual protect: enabling touches nothing, clearing
   * write-protects and splits.
   */
  readonly manual: boolean;
  readonly steps: readonly Step[];
}

/**
 * `get` and `clear` are the ioctls of KVM's dirty log; a get without manual protect clears too;
 * `clear-first` is of the first word alone, `clear-some` of the pages of {@link SOME}.
 */
export type Step = "enable" | "get" | "clear" | "clear-first" | "clear-some" | "disable";

/**
 * Pages that a partial clear asks for, the slot's first in bit 0: masks that begin and end within
 * blocks, in both words.
 */
export const SOME = 0b0110_0000_0010_0110;

const FULL = 0b1111;
const ALL_16 = { startGfn: 0, endGfn: 16 };

export const GUESTS: readonly SmallGuest[] = [
  { id: "block-16", words: "a slot of 16 pages mapped by one block of 16", slot: ALL_16, tops: [BLOCK] },
  {
    id: "blocks-4",
    words: "a slot of 16 pages mapped by blocks of 4",
    slot: ALL_16,
    tops: [[BLOCK, BLOCK, BLOCK, BLOCK]],
  },
  {
    id: "pages-then-blocks",
    words: "a slot of 16 pages, the first 4 mapped by pages, then blocks of 4",
    slot: ALL_16,
    tops: [[FULL, BLOCK, BLOCK, BLOCK]],
  },
  {
    id: "mixed",
    words: "a slot of 16 pages: a block of 4, a hole of 4, a table with one page, a block of 4",
    slot: ALL_16,
    tops: [[BLOCK, HOLE_ENTRY, 0b0001, BLOCK]],
  },
  { id: "pages", words: "a slot of 16 pages, all mapped by pages", slot: ALL_16, tops: [[FULL, FULL, FULL, FULL]] },
  { id: "empty", words: "a slot of 16 pages of which none is mapped", slot: ALL_16, tops: [HOLE_ENTRY] },
  {
    id: "from-page-4",
    words: "a slot of 8 pages from page 4, mapped by blocks of 4",
    slot: { startGfn: 4, endGfn: 12 },
    tops: [[HOLE_ENTRY, BLOCK, BLOCK, HOLE_ENTRY]],
  },
  {
    id: "from-page-2",
    words: "a slot of 16 pages from page 2: pages up to 4, blocks of 4, pages from 16",
    slot: { startGfn: 2, endGfn: 18 },
    tops: [
      [0b1100, BLOCK, BLOCK, BLOCK],
      [0b0011, HOLE_ENTRY, HOLE_ENTRY, HOLE_ENTRY],
    ],
  },
];

export const SCRIPTS: readonly Script[] = [
  {
    id: "enable",
    words: "logging is enabled with write-protect and split, then the log is got",
    manual: false,
    steps: ["enable", "get"],
  },
  {
    id: "clear",
    words: "logging is enabled with all bits set, the log is got, cleared word by word, and got again",
    manual: true,
    steps: ["enable", "get", "clear", "get"],
  },
  {
    id: "again",
    words: "logging is enabled, disabled, enabled again, then the log is got",
    manual: false,
    steps: ["enable", "disable", "enable", "get"],
  },
];
