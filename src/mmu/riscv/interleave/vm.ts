import { wholeSlot } from "../../flow/regions.js";
import type { SmallGuest } from "../../interleave/guests.js";
import { SmallVm } from "../../interleave/vm.js";
import { DirtyLog } from "../dirtyLog.js";
import { LEAF_MASK, VALID } from "../entry.js";
import { buildSmall, smallGeometry } from "../exhaustive/geometry.js";
import type { Circumstances, MakeEngine } from "../exhaustive/session.js";
import { WORD_PAGES } from "../exhaustive/works.js";
import { type FaultSlot, GuestMmu } from "../faults.js";
import { newFlowCounts } from "../flowCounters.js";
import { GStage } from "../gstage.js";
import type { SlotLayout } from "../layout.js";
import type { MemorySnapshot } from "../memory.js";
import type { GStageRules } from "../strategy.js";
import { unmapRange } from "../unmap.js";

const MODE = "sv39x4";
const GEOMETRY = smallGeometry(MODE);
/**
 * Faults map transparent huge pages, of 4 pages; a leaf of 16 is there from the start, or not at
 * all.
 */
const BLOCK_SPANS = [4];

/** A page cache and a rhythm of polls. */
export type Rhythm = Pick<Circumstances, "spareCapacity" | "reschedEvery">;

/** A VM whose G-stage is the engine's own. */
export class RiscvVm extends SmallVm implements FaultSlot {
  readonly gstage: GStage;
  private readonly counts = newFlowCounts();
  private readonly log: DirtyLog;
  private readonly mmu: GuestMmu;
  private readonly slot: SlotLayout;
  private readonly fresh: MemorySnapshot;
  private stuckBefore = 0;
  private lostBefore = 0;

  /** @param make makes the engine: tests hand in a faulty one */
  constructor(guest: SmallGuest, manual: boolean, rhythm: Rhythm, rules: GStageRules, make?: MakeEngine) {
    super(guest, manual, WORD_PAGES);
    const { spareCapacity, reschedEvery } = rhythm;
    const cacheCapacity = GEOMETRY.levels + spareCapacity;
    const setup = { geometry: GEOMETRY, clearing: manual, reschedEvery, cacheCapacity };
    const made = make?.(setup, rules);
    this.gstage = made?.gstage ?? new GStage(setup, rules);
    this.log = made?.log ?? new DirtyLog(this.gstage);
    this.mmu = new GuestMmu(this.gstage, 1, this.counts.guest, () => this, false);
    this.slot = { ...guest.slot, segments: [], dirty: null };
    buildSmall({ mode: MODE, tops: guest.tops }, this.gstage.mem);
    this.fresh = this.gstage.snapshot();
  }

  /** Frame of the first access that was given up since the start; -1: none. */
  get firstStuckGfn(): number {
    return this.mmu.firstStuckGfn;
  }

  /** Accesses that were given up, and table pages that blocks have overwritten. */
  get stuck(): number {
    return this.counts.guest.faults.stuck - this.stuckBefore;
  }

  get tablesLost(): number {
    return this.mmu.tablesLost - this.lostBefore;
  }

  /** Each time that mmu_lock is dropped, others may act. */
  walksDone(): number {
    const { split, writeProtect } = this.gstage.counts;
    return split.lockDrops + split.ranges + writeProtect.calls;
  }

  mapLevel(gfn: number): number {
    return this.naturalSpan(gfn, BLOCK_SPANS) === 1 ? 0 : 1;
  }

  isThp(): boolean {
    return true;
  }

  /** Counters go on, but for what is looked at in the end. */
  protected resetTables(): void {
    this.gstage.rewind(this.fresh, 0);
    for (const cache of this.mmu.caches) cache.pages = 0;
    this.mmu.firstStuckGfn = -1;
    this.stuckBefore = this.counts.guest.faults.stuck;
    this.lostBefore = this.mmu.tablesLost;
  }

  protected enableSlot(): void {
    this.log.enable(this.slot, true, wholeSlot);
  }

  /**
   * Linux 7.3, virt/kvm/kvm_main.c, `kvm_clear_dirty_log_protect()`: one lock for all words, which
   * the split drops.
   */
  protected takeWords(asked: number, split: boolean): number {
    let taken = 0;
    for (let at = 0; at < this.pages; at += WORD_PAGES) {
      const bits = this.dirty & asked & (((1 << WORD_PAGES) - 1) << at);
      if (bits === 0) continue;
      this.dirty &= ~bits;
      taken |= bits;
      const { startGfn } = this.slot;
      const [first, end] = [31 - Math.clz32(bits & -bits), 32 - Math.clz32(bits)];
      const word = {
        gfn: startGfn + at,
        low: bits >>> at,
        high: 0,
        firstGfn: startGfn + first,
        endGfn: startGfn + end,
      };
      this.log.word(word, split);
    }
    if (taken !== 0) this.log.flushSlot(this.slot);
    return taken;
  }

  /** No page-table work, and the split cache stays. */
  protected loggingDisabled(): void {}

  protected accessTables(gfn: number, write: boolean): void {
    this.mmu.access(0, gfn, write);
  }

  /**
   * A leaf is never larger than the host's page, and all of that is announced before the host
   * splits it.
   */
  protected unmapTables(first: number, last: number): void {
    const { shape } = this.gstage;
    const start = shape.start(first, Math.max(0, this.leafLevel(first)));
    const end = shape.end(last - 1, Math.max(0, this.leafLevel(last - 1)));
    if (unmapRange(this.gstage, this.counts.unmap.unmap, start, end, true))
      this.gstage.flushes.request("unmap", start, end - start);
  }

  protected isMapped(gfn: number): boolean {
    return this.leafLevel(gfn) >= 0;
  }

  /** The level of the leaf that maps a frame, -1 where none does. */
  private leafLevel(gfn: number): number {
    const { mem, geometry, shape } = this.gstage;
    let slot = shape.rootIndex(gfn, geometry.rootLevel);
    for (let level = geometry.rootLevel; ; level--) {
      const lo = mem.words[2 * slot]!;
      if ((lo & LEAF_MASK) !== 0) return level;
      if ((lo & VALID) === 0) return -1;
      slot = mem.childOf(lo, mem.words[2 * slot + 1]!) * shape.entries + shape.index(gfn, level - 1);
    }
  }
}
