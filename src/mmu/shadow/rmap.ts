/**
 * Reverse maps of the shadow MMU (`pte_list` in arch/x86/kvm/mmu/mmu.c, Linux 7.3): for each frame
 * the SPTEs that map it. A list of one is the SPTE itself; a longer one is a chain of descriptors
 * of 14, of which only the head may have room.
 *
 * SPTEs are whole numbers from 0. A list is a whole number: 0 is empty, n > 0 is SPTE n - 1 alone,
 * -n is the head descriptor n - 1.
 */
export const PER_DESCRIPTOR = 14;

/** Descriptors that there is room for at first; the room doubles. */
const FIRST_DESCRIPTORS = 16;

/** The descriptors of all lists. */
export class RmapPool {
  private slots: Int32Array;
  private counts = new Uint8Array(FIRST_DESCRIPTORS);
  private more = new Int32Array(FIRST_DESCRIPTORS);
  private made = 0;
  private free: number[] = [];

  /** @param per SPTEs that a descriptor holds */
  constructor(private readonly per = PER_DESCRIPTOR) {
    this.slots = new Int32Array(FIRST_DESCRIPTORS * per);
  }

  /** Adds an SPTE. @returns the list; {@link added} says whether it took a descriptor */
  add(list: number, spte: number): number {
    this.added = false;
    if (list === 0) return spte + 1;
    if (list > 0) {
      const head = this.take(-1);
      this.slots[head * this.per] = list - 1;
      this.slots[head * this.per + 1] = spte;
      this.counts[head] = 2;
      return -(head + 1);
    }
    let head = -list - 1;
    // Only the head may have room, so a full one gets a new one in front.
    if (this.counts[head] === this.per) head = this.take(head);
    this.slots[head * this.per + this.counts[head]!] = spte;
    this.counts[head]!++;
    return -(head + 1);
  }

  /** Whether the last {@link add} took a descriptor. */
  added = false;
  /** Whether the last {@link remove} emptied a descriptor, which was freed. */
  freed = false;

  /** Removes an SPTE: the last of the head descriptor moves into its slot. @returns the list */
  remove(list: number, spte: number): number {
    this.freed = false;
    if (list > 0) {
      if (list !== spte + 1) throw new Error(`SPTE ${spte} is not in its reverse map`);
      return 0;
    }
    const head = -list - 1;
    for (let at = head; at >= 0; at = this.more[at]!) {
      for (let i = 0; i < this.counts[at]!; i++) {
        if (this.slots[at * this.per + i] === spte) return this.removeSlot(head, at * this.per + i);
      }
    }
    throw new Error(`SPTE ${spte} is not in its reverse map`);
  }

  /** The SPTE that a walk of the list meets first, or -1. */
  first(list: number): number {
    if (list >= 0) return list - 1;
    return this.slots[(-list - 1) * this.per]!;
  }

  /** All SPTEs of a list, in the order of a walk. */
  members(list: number): number[] {
    if (list >= 0) return list === 0 ? [] : [list - 1];
    const all: number[] = [];
    for (let at = -list - 1; at >= 0; at = this.more[at]!) {
      for (let i = 0; i < this.counts[at]!; i++) all.push(this.slots[at * this.per + i]!);
    }
    return all;
  }

  private removeSlot(head: number, slot: number): number {
    const left = this.counts[head]! - 1;
    this.slots[slot] = this.slots[head * this.per + left]!;
    this.counts[head] = left;
    if (left > 0) return -(head + 1);
    this.freed = true;
    this.free.push(head);
    const more = this.more[head]!;
    return more < 0 ? 0 : -(more + 1);
  }

  private take(more: number): number {
    this.added = true;
    const descriptor = this.free.pop() ?? this.made++;
    if (descriptor >= this.counts.length) this.grow();
    this.counts[descriptor] = 0;
    this.more[descriptor] = more;
    return descriptor;
  }

  private grow(): void {
    const capacity = this.counts.length * 2;
    const slots = new Int32Array(capacity * this.per);
    slots.set(this.slots);
    this.slots = slots;
    const counts = new Uint8Array(capacity);
    counts.set(this.counts);
    this.counts = counts;
    const more = new Int32Array(capacity);
    more.set(this.more);
    this.more = more;
  }
}
