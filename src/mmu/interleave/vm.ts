import { type SmallGuest, SOME, type Step } from "./guests.js";
import type { ScriptVm } from "./run.js";

/**
 * A VM of one small memslot, with what userspace knows of it; an MMU brings its tables. Page sets
 * are bits, the slot's first page in bit 0.
 */
export abstract class SmallVm implements ScriptVm {
  readonly pages: number;
  exists = true;
  logging = false;
  /** The slot's dirty bitmap. */
  dirty = 0;
  /**
   * Pages written since userspace was last told of them, at the latest when the ioctl returned that
   * took their bits.
   */
  written = 0;
  /** Pages that the host took away and nobody accessed since. */
  gone = 0;
  /** Pages that the split has gone over since logging was enabled. */
  splitOver = 0;
  /** A page was found mapped, by a vCPU, that the host had taken away; -1: none. */
  foundGone = -1;
  private got = 0;

  /**
   * @param manual KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE and KVM_DIRTY_LOG_INITIALLY_SET
   * @param wordPages pages of a word of the dirty bitmap
   */
  constructor(
    readonly guest: SmallGuest,
    readonly manual: boolean,
    readonly wordPages: number,
  ) {
    this.pages = guest.slot.endGfn - guest.slot.startGfn;
  }

  abstract walksDone(): number;
  /** Puts the tables back as they were at the start, with the caches. */
  protected abstract resetTables(): void;
  /** Write-protects and splits the whole slot. */
  protected abstract enableSlot(): void;
  /**
   * Takes the bits that are asked for and dirty, word by word; each is write-protected, and split
   * where asked. @returns what was taken
   */
  protected abstract takeWords(asked: number, split: boolean): number;
  /** What disabling does to caches. */
  protected abstract loggingDisabled(): void;
  protected abstract accessTables(gfn: number, write: boolean): void;
  protected abstract unmapTables(start: number, end: number): void;
  protected abstract isMapped(gfn: number): boolean;

  reset(): void {
    this.resetTables();
    this.exists = true;
    this.logging = false;
    this.dirty = this.written = this.gone = this.got = this.splitOver = 0;
    this.foundGone = -1;
  }

  /** Page sets of frames [start, end), as far as they are the slot's. */
  bits(start: number, end: number): number {
    const { startGfn, endGfn } = this.guest.slot;
    const from = Math.max(start, startGfn) - startGfn;
    const to = Math.min(end, endGfn) - startGfn;
    return to <= from ? 0 : ((1 << to) - 1) & ~((1 << from) - 1);
  }

  /** The frame of the first page of a set. */
  frame(bits: number): number {
    return this.guest.slot.startGfn + 31 - Math.clz32(bits & -bits);
  }

  /** An ioctl of userspace. @returns false where it fails, the slot being gone or without a log */
  ioctl(step: Step): boolean {
    if (!this.exists || (step !== "enable" && !this.logging)) return false;
    if (step === "enable") this.enable();
    else if (step === "disable") this.disable();
    else if (step === "get") this.get();
    else this.take(this.got & this.cleared(step), true);
    return true;
  }

  /** The pages that a clear asks for. */
  private cleared(step: "clear" | "clear-first" | "clear-some"): number {
    if (step === "clear") return -1;
    return step === "clear-first" ? (1 << this.wordPages) - 1 : SOME;
  }

  deleteSlot(): void {
    this.disable();
    this.exists = false;
    this.unmap(this.guest.slot.startGfn, this.guest.slot.endGfn);
  }

  markDirty(gfn: number): boolean {
    const bit = this.bits(gfn, gfn + 1);
    const set = (this.dirty & bit) === 0;
    this.dirty |= bit;
    return set;
  }

  /**
   * The largest block, of the sizes given, the largest first, that the slot and its memory allow
   * over a frame, in pages; 1 for none. A block holds no page that is still gone, unless the host
   * brings all of it back at once.
   */
  protected naturalSpan(gfn: number, spans: readonly number[]): number {
    for (const span of spans) {
      const start = Math.floor(gfn / span) * span;
      if (start < this.guest.slot.startGfn || start + span > this.guest.slot.endGfn) continue;
      const covered = this.bits(start, start + span);
      const gone = this.gone & covered & ~this.bits(gfn, gfn + 1);
      if ((this.gone & covered) !== covered && gone !== 0) continue;
      this.gone &= ~covered;
      return span;
    }
    return 1;
  }

  private enable(): void {
    this.logging = true;
    const all = (1 << this.pages) - 1;
    if (this.manual) {
      this.dirty = all;
    } else {
      this.dirty = 0;
      this.enableSlot();
      this.splitOver = all;
    }
    // Userspace copies everything once when logging is on: what was written before that is in the
    // copy.
    this.written = 0;
  }

  private disable(): void {
    this.logging = false;
    this.dirty = this.written = this.got = this.splitOver = 0;
    this.loggingDisabled();
  }

  /** Linux 7.3, virt/kvm/kvm_main.c, `kvm_get_dirty_log_protect()`. */
  private get(): void {
    this.got = this.dirty;
    if (!this.manual) this.take(-1, false);
  }

  private take(asked: number, split: boolean): void {
    const taken = this.takeWords(asked, split);
    if (split) this.splitOver |= this.spansOf(taken);
    // Userspace copies what it was told when the ioctl has returned.
    this.written &= ~taken;
  }

  /** From the first to the last bit of each word. */
  private spansOf(bits: number): number {
    let spans = 0;
    for (let at = 0; at < this.pages; at += this.wordPages) {
      const word = bits & (((1 << this.wordPages) - 1) << at);
      if (word !== 0) spans |= (2 << (31 - Math.clz32(word))) - (word & -word);
    }
    return spans;
  }

  access(gfn: number, write: boolean): void {
    if (!this.exists) return;
    const bit = this.bits(gfn, gfn + 1);
    if ((this.gone & bit) !== 0 && this.isMapped(gfn)) this.foundGone = gfn;
    if (write && this.logging) this.written |= bit;
    this.gone &= ~bit;
    this.accessTables(gfn, write);
  }

  unmap(start: number, end: number): void {
    this.unmapTables(start, end);
    this.gone |= this.bits(start, end);
  }
}
