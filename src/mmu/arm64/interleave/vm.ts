import { PAGE_LEVEL } from "../../../guest/geometry.js";
import type { DirtyTracking } from "../../interleave.js";
import { S2AP_WRITE, TABLE_OR_PAGE, TYPE_MASK, VALID } from "../descriptor.js";
import { clearSlot, enableSlot } from "../dirtyLog.js";
import type { DirtyWords } from "../dirtyWords.js";
import { buildSmall, SMALL, SMALL_LEAF } from "../exhaustive/geometry.js";
import type { ChunkAndCache, MakeStage2 } from "../exhaustive/session.js";
import { type FaultSlot, GuestMmu } from "../faults.js";
import { newGuestCounts } from "../guestCounts.js";
import { type Layout, variantOf } from "../layout.js";
import type { SplitRules } from "../splitRules.js";
import { Stage2, type Stage2Snapshot } from "../stage2.js";
import { UnmapVisitor } from "../unmap.js";
import type { Action } from "./actions.js";
import { type SmallGuest, type Step, WORD_PAGES } from "./guests.js";

/** What the engine's parts are made by: tests hand in faulty ones. */
export interface Makers {
  readonly stage2?: MakeStage2;
  readonly unmap?: (stage2: Stage2) => UnmapVisitor;
}

/** A VM of one small memslot, with what userspace knows of it. Page sets are bits, the slot's first page in bit 0. */
export class SmallVm implements FaultSlot {
  readonly stage2: Stage2;
  readonly pages: number;
  exists = true;
  logging = false;
  /** The slot's dirty bitmap. */
  dirty = 0;
  /** Pages written since userspace was last told of them, at the latest when the ioctl returned that took their bits. */
  written = 0;
  /** Pages that the host took away and nobody accessed since. */
  gone = 0;
  /** The split has gone over the whole slot since logging was enabled. */
  splitDone = false;
  /** A page was found mapped, by a vCPU, that the host had taken away; -1: none. */
  foundGone = -1;
  private got = 0;
  private readonly mmu: GuestMmu;
  private readonly unmapper: UnmapVisitor;
  private readonly fresh: Stage2Snapshot;
  private readonly words: SmallWords;

  constructor(
    readonly guest: SmallGuest,
    /** KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE and KVM_DIRTY_LOG_INITIALLY_SET. */
    readonly manual: boolean,
    chunk: ChunkAndCache,
    rules: SplitRules,
    readonly tracking: DirtyTracking,
    makers: Makers,
  ) {
    const layout: Layout = {
      geometry: SMALL,
      leaf: SMALL_LEAF,
      slots: [],
      notes: [],
      mode: manual ? "clear" : "enable",
      ...chunk,
      ...variantOf({}, chunk.chunkPages),
    };
    this.stage2 = makers.stage2?.(layout, rules) ?? new Stage2(layout, rules);
    this.pages = guest.slot.endGfn - guest.slot.startGfn;
    this.mmu = new GuestMmu(this.stage2, 1, newGuestCounts(), () => this);
    this.unmapper = makers.unmap?.(this.stage2) ?? new UnmapVisitor(this.stage2);
    this.words = new SmallWords(this);
    buildSmall(guest.tops, this.stage2.mem, this.stage2.marks);
    this.fresh = this.stage2.snapshot();
  }

  /** As at the start. Counters go on, but for what is looked at in the end. */
  reset(): void {
    const { stage2, fresh } = this;
    stage2.mem.restore(fresh.mem);
    if (fresh.marks !== null) stage2.marks!.restore(fresh.marks);
    stage2.cache.objects = 0;
    stage2.counts.returnCode = 0;
    stage2.splitVisitor.firstWrongTlbi = null;
    this.mmu.caches.pages.fill(0);
    this.exists = true;
    this.logging = this.splitDone = false;
    this.dirty = this.written = this.gone = this.got = 0;
    this.foundGone = -1;
  }

  /** Page sets of frames [start, end), as far as they are the slot's. */
  bits(start: number, end: number): number {
    const { startGfn, endGfn } = this.guest.slot;
    const from = Math.max(start, startGfn) - startGfn;
    const to = Math.min(end, endGfn) - startGfn;
    return to <= from ? 0 : ((1 << to) - 1) & ~((1 << from) - 1);
  }

  /** An ioctl of userspace; nothing where the slot has no log to get or is gone: it fails. */
  ioctl(step: Step): void {
    if (!this.exists) return;
    if (step === "enable") this.enable();
    else if (!this.logging) return;
    else if (step === "disable") this.disable();
    else if (step === "get") this.get();
    else this.clear();
  }

  act(action: Action): void {
    switch (action.kind) {
      case "read":
      case "write":
        this.access(action.gfn, action.kind === "write");
        return;
      case "unmap":
        this.unmap(action.start, action.end);
        return;
      case "get-and-clear":
        this.ioctl("get");
        this.ioctl("clear");
        return;
      case "delete":
        this.disable();
        this.exists = false;
        this.unmap(this.guest.slot.startGfn, this.guest.slot.endGfn);
        return;
      default:
        this.ioctl(action.kind);
    }
  }

  /** What backing and slot allow; a block holds no page that is still gone, unless the host brings all of it back at once. */
  naturalLevel(gfn: number): number {
    const { startGfn, endGfn } = this.guest.slot;
    for (const level of SMALL.blockLevels) {
      const span = SMALL.spanPages[level]!;
      const start = Math.floor(gfn / span) * span;
      if (start < startGfn || start + span > endGfn) continue;
      const covered = this.bits(start, start + span);
      const gone = this.gone & covered & ~this.bits(gfn, gfn + 1);
      if ((this.gone & covered) !== covered && gone !== 0) continue;
      this.gone &= ~covered;
      return level;
    }
    return PAGE_LEVEL;
  }

  markDirty(gfn: number): boolean {
    const bit = this.bits(gfn, gfn + 1);
    const set = (this.dirty & bit) === 0;
    this.dirty |= bit;
    return set;
  }

  /** Linux 7.3, arch/arm64/kvm/mmu.c, `kvm_arch_commit_memory_region()`. */
  private enable(): void {
    this.logging = true;
    if (this.manual) {
      this.dirty = (1 << this.pages) - 1;
    } else {
      this.dirty = 0;
      const { startGfn, endGfn } = this.guest.slot;
      enableSlot(this.stage2, this.guest.slot, (work) => work(startGfn, endGfn));
      this.splitDone = true;
    }
    // Userspace copies everything once when logging is on: what was written before that is in the copy.
    this.written = 0;
  }

  private disable(): void {
    this.logging = this.splitDone = false;
    this.dirty = this.written = this.got = 0;
    this.stage2.cache.objects = 0;
  }

  /** Linux 7.3, virt/kvm/kvm_main.c, `kvm_get_dirty_log_protect()`. */
  private get(): void {
    this.got = this.dirty;
    if (!this.manual) this.take(-1, false);
  }

  private clear(): void {
    this.take(this.got, true);
    // All bits were set at first, and whoever clears one splits.
    if (this.dirty !== (1 << this.pages) - 1) this.splitDone = true;
  }

  private take(asked: number, split: boolean): void {
    const { startGfn, endGfn } = this.guest.slot;
    this.words.begin(asked);
    clearSlot(this.stage2, this.guest.slot, this.words, split, (work) => work(startGfn, endGfn));
    // Userspace copies what it was told when the ioctl has returned.
    this.written &= ~this.words.taken;
  }

  private access(gfn: number, write: boolean): void {
    if (!this.exists) return;
    const bit = this.bits(gfn, gfn + 1);
    const slot = this.leafOver(gfn);
    if (slot >= 0 && (this.gone & bit) !== 0) this.foundGone = gfn;
    if (write && this.logging) this.written |= bit;
    this.gone &= ~bit;
    if (write && slot >= 0 && this.tracking === "hardware" && this.splitDone) this.hardwareWrite(gfn, slot);
    else this.mmu.access(0, gfn, write);
  }

  /** No fault: hardware makes a clean leaf dirty and logs the page, if it is one. */
  private hardwareWrite(gfn: number, slot: number): void {
    const { words } = this.stage2.mem;
    const lo = words[2 * slot]!;
    if ((lo & S2AP_WRITE) !== 0) return;
    words[2 * slot] = lo | S2AP_WRITE;
    if ((lo & TYPE_MASK) === TABLE_OR_PAGE) this.markDirty(gfn);
  }

  /** The slot of the valid leaf that maps a frame, -1 where none does. */
  private leafOver(gfn: number): number {
    const { mem } = this.stage2;
    let slot = Math.floor(gfn / SMALL.spanPages[1]!);
    for (let level = 1; ; level++) {
      const lo = mem.words[2 * slot]!;
      if ((lo & VALID) === 0) return -1;
      if (level === PAGE_LEVEL || (lo & TYPE_MASK) !== TABLE_OR_PAGE) return slot;
      const index = Math.floor(gfn / SMALL.spanPages[level + 1]!) % SMALL.entries;
      slot = mem.childOf(lo, mem.words[2 * slot + 1]!) * SMALL.entries + index;
    }
  }

  private unmap(start: number, end: number): void {
    this.unmapper.unmap(start, end);
    this.gone |= this.bits(start, end);
  }
}

/** The words that an ioctl takes out of the bitmap, one by one, as it comes to them. */
class SmallWords implements DirtyWords {
  startGfn = 0;
  endGfn = 0;
  /** All that was taken. */
  taken = 0;
  private asked = 0;
  private at = 0;

  constructor(private readonly vm: SmallVm) {}

  begin(asked: number): void {
    this.asked = asked;
    this.at = this.taken = 0;
  }

  next(): boolean {
    const { vm } = this;
    for (; this.at < vm.pages; ) {
      const word = ((1 << WORD_PAGES) - 1) << this.at;
      this.at += WORD_PAGES;
      const bits = vm.dirty & this.asked & word;
      if (bits === 0) continue;
      vm.dirty &= ~bits;
      this.taken |= bits;
      this.startGfn = vm.guest.slot.startGfn + (31 - Math.clz32(bits & -bits));
      this.endGfn = vm.guest.slot.startGfn + (32 - Math.clz32(bits));
      return true;
    }
    return false;
  }
}
