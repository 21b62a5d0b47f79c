import type { Stage2Counts } from "../mmu/arm64/counts.js";
import type { Counts } from "../mmu/counters.js";

/**
 * Work done while mmu_lock is held: the counts that grow between two moments. Allocation is not among them, for the page cache
 * is topped up with the lock dropped.
 */
export class LockWork {
  /** In the order of {@link read}: sums that grow. */
  constructor(readonly values: Float64Array) {}

  static readonly SIZE = 6 + 6 * 4;

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
    into[1] = counts.writeProtectWalks;
    into[2] = writeProtect.pteStores;
    // A word counts when it is handed to the split: the count of write-protected ranges moves before its region is known.
    into[0] = words ? counts.splitCalls : 0;
    into[3] = counts.splitWalks;
    into[4] = split.pteStores;
    into[5] = nested.pteStores;
    for (let level = 0; level < 4; level++) {
      into[6 + level] = writeProtect.inspected[level]!;
      into[10 + level] = writeProtect.visitsValid[level]! + writeProtect.visitsInvalid[level]!;
      into[14 + level] = split.inspected[level]!;
      into[18 + level] = split.visitsValid[level]! + split.visitsInvalid[level]!;
      into[22 + level] = nested.visitsInvalid[level]! + nested.visitsValid[level]!;
      into[26 + level] = counts.tlbi[level]!;
    }
  }

  static lessOneWalk(values: Float64Array): void {
    values[3]!--;
  }

  plus(other: LockWork, times = 1): LockWork {
    return new LockWork(this.values.map((value, i) => value + times * other.values[i]!));
  }

  /** The parts of a hold that the write-protect walk does, or those that the split does; enabling holds the lock once for each. */
  only(part: "write-protect" | "split"): LockWork {
    const isWriteProtect = (i: number) => i === 1 || i === 2 || (i >= 6 && i < 14);
    return new LockWork(this.values.map((value, i) => (isWriteProtect(i) === (part === "write-protect") ? value : 0)));
  }

  equals(other: LockWork): boolean {
    for (let i = 0; i < LockWork.SIZE; i++) if (this.values[i] !== other.values[i]) return false;
    return true;
  }

  get isNothing(): boolean {
    return this.values.every((value) => value === 0);
  }

  /** Visitor calls, write-protect and split, with the entries of new tables that the nested build visits. */
  get visits(): number {
    let sum = 0;
    for (let level = 0; level < 4; level++) {
      sum += this.values[10 + level]! + this.values[18 + level]! + this.values[22 + level]!;
    }
    return sum;
  }

  get key(): string {
    return this.values.join(",");
  }

  /** The counts of a run that did just this, for {@link modelTime}. */
  counts(): Counts {
    const v = this.values;
    const levels = (from: number) => ({ 0: v[from]!, 1: v[from + 1]!, 2: v[from + 2]!, 3: v[from + 3]! });
    return {
      // A step of a longer ioctl: neither a run nor an ioctl of its own.
      kind: "guest",
      writeProtect: {
        walks: v[1]!,
        pteStores: v[2]!,
        inspected: levels(6),
        visits: { valid: levels(10) },
      },
      split: {
        calls: v[0]!,
        walks: v[3]!,
        pteStores: v[4]!,
        inspected: levels(14),
        visits: { valid: levels(18) },
        nested: { pteStores: v[5]!, inspected: levels(22), visits: { invalid: levels(22) } },
        tlbi: levels(26),
      },
    };
  }
}
