import { PAGE_LEVEL } from "../../../guest/geometry.js";
import type { SmallGuest } from "../../interleave/guests.js";
import { SmallVm } from "../../interleave/vm.js";
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

/** What the engine's parts are made by: tests hand in faulty ones. */
export interface Makers {
  readonly stage2?: MakeStage2;
  readonly unmap?: (stage2: Stage2) => UnmapVisitor;
}

/** Pages of a word of the dirty bitmap: two words for 16 pages. */
const WORD_PAGES = 8;
/** Level of a leaf, by its pages. */
const LEVEL_OF: Readonly<Record<number, number>> = { 16: 1, 4: 2, 1: PAGE_LEVEL };
const BLOCK_SPANS = [16, 4];

/** A VM whose stage-2 is the engine's own. */
export class Arm64Vm extends SmallVm implements FaultSlot {
  readonly stage2: Stage2;
  private readonly mmu: GuestMmu;
  private readonly unmapper: UnmapVisitor;
  private readonly fresh: Stage2Snapshot;
  private readonly words = new SmallWords(this);

  constructor(
    guest: SmallGuest,
    manual: boolean,
    chunk: ChunkAndCache,
    rules: SplitRules,
    readonly tracking: DirtyTracking,
    makers: Makers,
  ) {
    super(guest, manual, WORD_PAGES);
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
    this.mmu = new GuestMmu(this.stage2, 1, newGuestCounts(), () => this);
    this.unmapper = makers.unmap?.(this.stage2) ?? new UnmapVisitor(this.stage2);
    buildSmall(guest.tops, this.stage2.mem, this.stage2.marks);
    this.fresh = this.stage2.snapshot();
  }

  walksDone(): number {
    const { writeProtectWalks, splitWalks } = this.stage2.counts;
    return writeProtectWalks + splitWalks;
  }

  /** What backing and slot allow. */
  naturalLevel(gfn: number): number {
    return LEVEL_OF[this.naturalSpan(gfn, BLOCK_SPANS)]!;
  }

  /** Counters go on, but for what is looked at in the end. */
  protected resetTables(): void {
    const { stage2, fresh } = this;
    stage2.mem.restore(fresh.mem);
    if (fresh.marks !== null) stage2.marks!.restore(fresh.marks);
    stage2.cache.objects = 0;
    stage2.counts.returnCode = 0;
    stage2.splitVisitor.firstWrongTlbi = null;
    this.mmu.caches.pages.fill(0);
  }

  /** Linux 7.3, arch/arm64/kvm/mmu.c, `kvm_arch_commit_memory_region()`. */
  protected enableSlot(): void {
    const { startGfn, endGfn } = this.guest.slot;
    enableSlot(this.stage2, this.guest.slot, (work) => work(startGfn, endGfn));
  }

  protected takeWords(asked: number, split: boolean): number {
    const { startGfn, endGfn } = this.guest.slot;
    this.words.begin(asked);
    clearSlot(this.stage2, this.guest.slot, this.words, split, (work) => work(startGfn, endGfn));
    return this.words.taken;
  }

  protected loggingDisabled(): void {
    this.stage2.cache.objects = 0;
  }

  protected accessTables(gfn: number, write: boolean): void {
    const tracked = write && this.tracking === "hardware" && (this.splitOver & this.bits(gfn, gfn + 1)) !== 0;
    const slot = tracked ? this.leafOver(gfn) : -1;
    if (slot >= 0) this.hardwareWrite(gfn, slot);
    else this.mmu.access(0, gfn, write);
  }

  protected unmapTables(start: number, end: number): void {
    this.unmapper.unmap(start, end);
  }

  protected isMapped(gfn: number): boolean {
    return this.leafOver(gfn) >= 0;
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
}

/** The words that an ioctl takes out of the bitmap, one by one, as it comes to them. */
class SmallWords implements DirtyWords {
  startGfn = 0;
  endGfn = 0;
  /** All that was taken. */
  taken = 0;
  private asked = 0;
  private at = 0;

  constructor(private readonly vm: Arm64Vm) {}

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
