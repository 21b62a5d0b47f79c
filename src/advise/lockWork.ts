import type { Stage2Counts } from "../mmu/arm64/counts.js";
import type { Counts } from "../mmu/counters.js";

/** What is kept of a moment: sums that grow. */
const SUMS = ["words", "writeProtectWalks", "writeProtectStores", "splitWalks", "splitStores", "nestedStores"] as const;
/**
 * The same by level: the price of a visit to a new table is found level by level, so sums of terms
 * would not do.
 */
const SUMS_BY_LEVEL = [
  "writeProtectInspected",
  "writeProtectVisits",
  "splitInspected",
  "splitVisits",
  "nestedVisits",
  "tlbi",
] as const;
const LEVELS = 4;

type Field = (typeof SUMS)[number] | (typeof SUMS_BY_LEVEL)[number];

/** Where each stands in an array of values; by level: where level 0 does. */
const AT = Object.fromEntries([
  ...SUMS.map((name, i) => [name, i]),
  ...SUMS_BY_LEVEL.map((name, i) => [name, SUMS.length + LEVELS * i]),
]) as Readonly<Record<Field, number>>;

/** By place: whether it is the write-protect walk's. */
const OF_WRITE_PROTECT: readonly boolean[] = [
  ...SUMS.map((name) => name.startsWith("writeProtect")),
  ...SUMS_BY_LEVEL.flatMap((name) => new Array<boolean>(LEVELS).fill(name.startsWith("writeProtect"))),
];

/**
 * Work done while mmu_lock is held: the counts that grow between two moments. Allocation is not
 * among them, for the page cache is topped up with the lock dropped.
 */
export class LockWork {
  /** In the order of {@link read}: sums that grow. */
  constructor(readonly values: Float64Array) {}

  static readonly SIZE = OF_WRITE_PROTECT.length;

  static none(): LockWork {
    return new LockWork(new Float64Array(LockWork.SIZE));
  }

  /**
   * Reads what a tree has counted so far.
   *
   * @param words whether ranges are 64-page words; the one range of enabling belongs to no moment
   */
  static read(counts: Stage2Counts, into: Float64Array, words: boolean): void {
    const { writeProtect, split, nested } = counts;
    into[AT.words] = words ? counts.splitCalls : 0;
    into[AT.writeProtectWalks] = counts.writeProtectWalks;
    into[AT.writeProtectStores] = writeProtect.pteStores;
    into[AT.splitWalks] = counts.splitWalks;
    into[AT.splitStores] = split.pteStores;
    into[AT.nestedStores] = nested.pteStores;
    for (let level = 0; level < LEVELS; level++) {
      into[AT.writeProtectInspected + level] = writeProtect.inspected[level]!;
      into[AT.writeProtectVisits + level] = writeProtect.visitsValid[level]! + writeProtect.visitsInvalid[level]!;
      into[AT.splitInspected + level] = split.inspected[level]!;
      into[AT.splitVisits + level] = split.visitsValid[level]! + split.visitsInvalid[level]!;
      into[AT.nestedVisits + level] = nested.visitsInvalid[level]! + nested.visitsValid[level]!;
      into[AT.tlbi + level] = counts.tlbi[level]!;
    }
  }

  static lessOneWalk(values: Float64Array): void {
    values[AT.splitWalks]!--;
  }

  static lessOneWord(values: Float64Array): void {
    values[AT.words]!--;
  }

  plus(other: LockWork, times = 1): LockWork {
    return new LockWork(this.values.map((value, i) => value + times * other.values[i]!));
  }

  /**
   * The parts of a hold that the write-protect walk does, or those that the split does; enabling
   * holds the lock once for each.
   */
  only(part: "write-protect" | "split"): LockWork {
    const wanted = part === "write-protect";
    return new LockWork(this.values.map((value, i) => (OF_WRITE_PROTECT[i] === wanted ? value : 0)));
  }

  equals(other: LockWork): boolean {
    return this.values.every((value, i) => value === other.values[i]);
  }

  /** Whether a block was split in it, which takes from the page cache. */
  get hasSplit(): boolean {
    return this.values[AT.splitStores]! > 0;
  }

  get isNothing(): boolean {
    return this.values.every((value) => value === 0);
  }

  /**
   * Visitor calls, write-protect and split, with the entries of new tables that the nested build
   * visits.
   */
  get visits(): number {
    let sum = 0;
    for (const field of ["writeProtectVisits", "splitVisits", "nestedVisits"] as const) {
      for (const count of this.byLevel(field)) sum += count;
    }
    return sum;
  }

  private byLevel(field: Field): Float64Array {
    return this.values.subarray(AT[field], AT[field] + LEVELS);
  }

  get key(): string {
    return this.values.join(",");
  }

  /** The counts of a run that did just this, for {@link modelTime}. */
  counts(): Counts {
    const sum = (field: Field) => this.values[AT[field]]!;
    const levels = (field: Field) => Object.fromEntries(this.byLevel(field).entries());
    return {
      // A step of a longer ioctl: neither a run nor an ioctl of its own.
      kind: "guest",
      writeProtect: {
        walks: sum("writeProtectWalks"),
        pteStores: sum("writeProtectStores"),
        inspected: levels("writeProtectInspected"),
        visits: { valid: levels("writeProtectVisits") },
      },
      split: {
        calls: sum("words"),
        walks: sum("splitWalks"),
        pteStores: sum("splitStores"),
        inspected: levels("splitInspected"),
        visits: { valid: levels("splitVisits") },
        nested: {
          pteStores: sum("nestedStores"),
          inspected: levels("nestedVisits"),
          visits: { invalid: levels("nestedVisits") },
        },
        tlbi: levels("tlbi"),
      },
    };
  }
}
