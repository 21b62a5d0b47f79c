import type { RootSpec } from "../build.js";

/** A small guest: one memslot, in 4K frames, and what is mapped of it at first; all of it writable and dirty. */
export interface SmallGuest {
  readonly words: string;
  readonly startGfn: number;
  readonly endGfn: number;
  readonly root: RootSpec;
}

/** What userspace does, in order. `get` without manual protect clears too; `clear-first` clears the first word alone. */
export type Step = "enable" | "get" | "clear" | "clear-first" | "zap";

export interface Script {
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

/** A guest whose frames from `startGfn` on have runs of leaves: first gfn, level, count. */
function guest(words: string, startGfn: number, endGfn: number, ...leaves: [number, number, number][]): SmallGuest {
  const runs = leaves.map(([gfn, level, count]) => ({ gfn, level, count }));
  return { words, startGfn, endGfn, root: { rootLevel: 4, leaves: runs, nonpresentPaths: [] } };
}

/** Bases on no 64-page grid, on that of words, and on that of 2M pages. */
export const GUESTS: readonly SmallGuest[] = [
  guest("a slot of 575 pages from gfn 449: 63 pages of 4K, then one of 2M", 449, 1024, [449, 1, 63], [512, 2, 1]),
  guest("a slot of 576 pages from gfn 448: 64 pages of 4K, then one of 2M", 448, 1024, [448, 1, 64], [512, 2, 1]),
];

/** What is zapped: the pages of a root at both ends of a table, in two tables, and beside a 2M page. */
export const ZAP_GUESTS: readonly SmallGuest[] = [
  guest(
    "a root with 4K pages at gfn 0 to 2 and 511, and a 2M page at gfn 512",
    0,
    1024,
    [0, 1, 3],
    [511, 1, 1],
    [512, 2, 1],
  ),
  guest("a root with 4K pages at gfn 40, 41 and 1100", 0, 1536, [40, 1, 2], [1100, 1, 1]),
];

/** Physical address bits of the host: a zap walks two entries of 1G. */
export const MAXPHYADDR = 31;

const ENABLE: Script = {
  words: "logging is enabled, then the log is got",
  manual: false,
  steps: ["enable", "get"],
};
const CLEARS: readonly Script[] = [
  {
    words:
      "logging is enabled with all bits set, the log is got, its first word is cleared, then all, and it is got again",
    manual: true,
    steps: ["enable", "get", "clear-first", "clear", "get"],
  },
  {
    words: "logging is enabled with all bits set, the log is got, its first word is cleared, and it is got again",
    manual: true,
    steps: ["enable", "get", "clear-first", "get"],
  },
];
const ZAP: Script = { words: "the root is zapped", manual: false, steps: ["zap"] };

const BOTH = [false, true] as const;
const POLICIES: readonly Policy[] = ["chosen", 1, 3];

export const UNITS: readonly Unit[] = [
  ...ZAP_GUESTS.flatMap((guest) =>
    POLICIES.map((policy) => ({ guest, script: ZAP, pml: false, eager: false, policy })),
  ),
  ...GUESTS.flatMap((guest) =>
    BOTH.flatMap((pml) =>
      BOTH.flatMap((eager): Unit[] => [
        ...POLICIES.map((policy) => ({ guest, script: ENABLE, pml, eager, policy })),
        ...CLEARS.map((script) => ({ guest, script, pml, eager, policy: "chosen" as const })),
      ]),
    ),
  ),
];
