import type { RootSpec } from "../build.js";

/** A small guest: one memslot, in 4K frames, and what is mapped of it at first, dirty. */
export interface SmallGuest {
  /** By which saved schedules name it. */
  readonly id: string;
  readonly words: string;
  readonly startGfn: number;
  readonly endGfn: number;
  readonly root: RootSpec;
  /** First gfn of a 2M page that is not writable at first; absent: none. */
  readonly writeProtected?: number;
  /** Pages of the slot that vCPUs access. */
  readonly accessed: readonly number[];
}

/**
 * What userspace does, in order. `get` without manual protect clears too; `clear-first` clears the
 * first word alone.
 */
export type Step = "enable" | "get" | "clear" | "clear-first" | "disable" | "zap";

export interface Script {
  readonly id: string;
  readonly words: string;
  readonly manual: boolean;
  readonly steps: readonly Step[];
}

/** When a walk yields: only at the polls that a schedule chooses, or at every n-th. */
export type Policy = "chosen" | number;

export interface Unit {
  readonly guest: SmallGuest;
  readonly script: Script;
  readonly pml: boolean;
  readonly eager: boolean;
  readonly policy: Policy;
}

const root = (leaves: RootSpec["leaves"]): RootSpec => ({ rootLevel: 4, leaves, nonpresentPaths: [] });

/**
 * A slot of 4K pages up to gfn 512, and a 2M page. Accessed are its first page, the last before the
 * 2M page, the first of that and one within it.
 */
const upTo2M = (startGfn: number, pages: number): SmallGuest => ({
  id: `gfn-${startGfn}`,
  words: `a slot of ${pages + 512} pages from gfn ${startGfn}: ${pages} pages of 4K, then one of 2M`,
  startGfn,
  endGfn: 1024,
  root: root([
    { gfn: startGfn, level: 1, count: pages },
    { gfn: 512, level: 2, count: 1 },
  ]),
  accessed: [startGfn, 511, 512, 700],
});

/** Bases on no 64-page grid, and on that of words. */
export const GUESTS = [upTo2M(449, 63), upTo2M(448, 64)] as const;

/**
 * Where a fault puts an entry before one that a walk has still to come to, and where one changes
 * the entry that it stands on.
 */
export const HOLE_GUEST: SmallGuest = {
  id: "hole",
  words:
    "a slot of 1,536 pages from gfn 512: nothing mapped in the first 512, then a page of 2M that an earlier " +
    "round of logging left write-protected, then one more",
  startGfn: 512,
  endGfn: 2048,
  root: root([{ gfn: 1024, level: 2, count: 2 }]),
  writeProtected: 1024,
  accessed: [512, 1024, 1100, 1536],
};

/** A root of nothing but what is zapped. */
const zapped = (id: string, words: string, endGfn: number, leaves: RootSpec["leaves"]): SmallGuest => ({
  id,
  words: `a root with ${words}`,
  startGfn: 0,
  endGfn,
  root: root(leaves),
  accessed: [],
});

/**
 * What is zapped: the pages of a root at both ends of a table, in two tables, and beside a 2M page.
 */
export const ZAP_GUESTS: readonly SmallGuest[] = [
  zapped("ends", "4K pages at gfn 0 to 2 and 511, and a 2M page at gfn 512", 1024, [
    { gfn: 0, level: 1, count: 3 },
    { gfn: 511, level: 1, count: 1 },
    { gfn: 512, level: 2, count: 1 },
  ]),
  zapped("two-tables", "4K pages at gfn 40, 41 and 1100", 1536, [
    { gfn: 40, level: 1, count: 2 },
    { gfn: 1100, level: 1, count: 1 },
  ]),
];

/** Physical address bits of the host: a zap walks two entries of 1G. */
export const MAXPHYADDR = 31;

const ENABLE: Script = {
  id: "enable",
  words: "logging is enabled, then the log is got",
  manual: false,
  steps: ["enable", "get"],
};
const AGAIN: Script = {
  id: "again",
  words: "logging is enabled, disabled, enabled again, then the log is got",
  manual: false,
  steps: ["enable", "disable", "enable", "get"],
};
const CLEARS: readonly Script[] = [
  {
    id: "clear-twice",
    words:
      "logging is enabled with all bits set, the log is got, its first word is cleared, then all, and it is got again",
    manual: true,
    steps: ["enable", "get", "clear-first", "clear", "get"],
  },
  {
    id: "clear-first",
    words: "logging is enabled with all bits set, the log is got, its first word is cleared, and it is got again",
    manual: true,
    steps: ["enable", "get", "clear-first", "get"],
  },
];
const ZAP: Script = { id: "zap", words: "the root is zapped", manual: false, steps: ["zap"] };

const BOTH = [false, true] as const;
const HARDWARE = BOTH.flatMap((pml) => BOTH.map((eager) => ({ pml, eager })));
const POLICIES: readonly Policy[] = ["chosen", 1, 3];

export const UNITS: readonly Unit[] = [
  ...ZAP_GUESTS.flatMap((guest) =>
    POLICIES.map((policy) => ({ guest, script: ZAP, pml: false, eager: false, policy })),
  ),
  ...GUESTS.flatMap((guest) =>
    HARDWARE.flatMap((how): Unit[] => [
      ...POLICIES.map((policy) => ({ guest, script: ENABLE, ...how, policy })),
      ...CLEARS.map((script) => ({ guest, script, ...how, policy: "chosen" as const })),
    ]),
  ),
  { guest: GUESTS[0], script: AGAIN, pml: false, eager: true, policy: "chosen" },
  ...HARDWARE.map((how): Unit => ({ guest: HOLE_GUEST, script: ENABLE, ...how, policy: "chosen" })),
];

/** By which a saved schedule means a unit: "gfn-449/enable/no-pml/eager". */
export function unitId({ guest, script, pml, eager, policy }: Unit): string {
  const how = script === ZAP ? [] : [pml ? "pml" : "no-pml", eager ? "eager" : "lazy"];
  const yields = policy === "chosen" ? [] : [`every-${policy}`];
  return [guest.id, script.id, ...how, ...yields].join("/");
}
