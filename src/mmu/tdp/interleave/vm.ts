import type { ActedOn } from "../../interleave/actions.js";
import { ENTRIES, pagesAt } from "../../x86/pages.js";
import { buildTree, indexOf } from "../build.js";
import { type ClearWord, clearDirtyLog, enableDirtyLog } from "../dirtyLog.js";
import { eachLeaf } from "../inspect.js";
import type { IterSink, YieldSchedule } from "../iter.js";
import { splitLeaf } from "../split.js";
import { childOf, DIRTY, isLeaf, isTable, PFN_OFFSET, PRESENT, TdpTree, WRITABLE } from "../tree.js";
import type { IterVariant } from "../variant.js";
import { zapRoot } from "../zap.js";
import { MAXPHYADDR, type Step, type Unit } from "./guests.js";

/**
 * Tables that others may need in a run, made room for so that no walk's arrays are replaced while
 * it takes them.
 */
const SPARE_TABLES = 16;

/** A VM of one small memslot, with what userspace knows of it. */
export class SmallVm implements ActedOn {
  readonly tree: TdpTree;
  readonly pages: number;
  readonly logged: boolean;
  exists = true;
  logging = false;
  splitDone = false;
  /**
   * By page of the slot, 0 or 1: the dirty bitmap; written since userspace was last told; taken by
   * the host and not accessed since.
   */
  readonly dirty: Uint8Array;
  readonly written: Uint8Array;
  readonly gone: Uint8Array;
  /** A walk that goes in a circle, and the furthest gfn that it restarts from. */
  livelock: { readonly walk: string; readonly gfn: number } | null = null;
  foundGone = -1;
  private readonly got: Uint8Array;
  private readonly fresh: TdpTree;

  constructor(
    readonly unit: Unit,
    private readonly variant: IterVariant,
    private readonly schedule: YieldSchedule,
    private readonly sink: IterSink | null = null,
  ) {
    const { guest, script } = unit;
    this.fresh = buildTree(guest.root);
    if (guest.writeProtected !== undefined) this.fresh.words[leafOver(this.fresh, guest.writeProtected)]! &= ~WRITABLE;
    this.tree = new TdpTree(this.fresh.rootLevel, this.fresh.levels.length + SPARE_TABLES);
    this.pages = guest.endGfn - guest.startGfn;
    this.logged = !script.steps.includes("zap");
    this.dirty = new Uint8Array(this.pages);
    this.written = new Uint8Array(this.pages);
    this.gone = new Uint8Array(this.pages);
    this.got = new Uint8Array(this.pages);
  }

  reset(): void {
    this.tree.copyFrom(this.fresh);
    this.exists = true;
    this.logging = this.splitDone = false;
    for (const pages of [this.dirty, this.written, this.gone, this.got]) pages.fill(0);
    this.livelock = null;
    this.foundGone = -1;
  }

  /** Userspace's step. @returns false where it fails, the slot being gone or without a log */
  ioctl(step: Step): boolean {
    if (this.logged && (!this.exists || (step !== "enable" && !this.logging))) return false;
    switch (step) {
      case "enable":
        this.enable();
        break;
      case "get":
        this.got.set(this.dirty);
        if (!this.unit.script.manual) this.take(null, this.pages);
        break;
      case "clear":
        this.take(this.got, this.pages);
        this.splitDone = true;
        break;
      case "clear-first":
        this.take(this.got, 64);
        break;
      case "disable":
        this.disable();
        break;
      case "zap":
        this.zap();
    }
    return true;
  }

  deleteSlot(): void {
    this.disable();
    this.exists = false;
    this.unmap(this.unit.guest.startGfn, this.unit.guest.endGfn);
  }

  /** Linux 7.3, arch/x86/kvm/x86.c, `kvm_mmu_slot_apply_flags()`. */
  private enable(): void {
    const { guest, script, pml, eager } = this.unit;
    this.logging = true;
    this.dirty.fill(script.manual ? 1 : 0);
    if (!script.manual) {
      const { schedule, sink } = this;
      const options = { pml, eager, schedule, sink };
      const { livelocks } = enableDirtyLog(this.tree, this.variant, guest.startGfn, guest.endGfn, options);
      for (const { step, gfn } of livelocks) this.livelock ??= { walk: step, gfn };
      this.splitDone = true;
    }
    // Userspace copies everything once when logging is on.
    this.written.fill(0);
  }

  /**
   * 2M pages come back with the faults that may map them: what the kernel recovers at once is not
   * modelled.
   */
  private disable(): void {
    this.logging = this.splitDone = false;
    for (const pages of [this.dirty, this.written, this.got]) pages.fill(0);
  }

  /**
   * Takes the bits that are asked for, of the first pages, and clears them word by word under one
   * hold of mmu_lock but for splits.
   */
  private take(asked: Uint8Array | null, pages: number): void {
    const { guest, script, pml, eager } = this.unit;
    const taken: number[] = [];
    const words = this.words(asked, pages, taken);
    const { sink } = this;
    // These walks hold mmu_lock for writing: nobody races with them.
    const schedule = { ...this.schedule, shared: undefined };
    const options = { pml, eager, initiallySet: script.manual, slotBaseGfn: guest.startGfn, schedule, sink };
    const { livelockGfn } = clearDirtyLog(this.tree, this.variant, words, options);
    if (livelockGfn !== null) this.livelock ??= { walk: "split", gfn: livelockGfn };
    // Userspace copies what it was told when the ioctl has returned.
    for (const page of taken) this.written[page] = 0;
  }

  /** Each word is taken out of the bitmap when the ioctl comes to it. */
  private *words(asked: Uint8Array | null, pages: number, taken: number[]): Generator<ClearWord> {
    for (let index = 0; 64 * index < pages; index++) {
      let low = 0;
      let high = 0;
      for (let page = 64 * index; page < Math.min(64 * index + 64, this.pages); page++) {
        if (this.dirty[page] === 0 || asked?.[page] === 0) continue;
        taken.push(page);
        this.dirty[page] = 0;
        if ((page & 63) < 32) low |= 1 << (page & 31);
        else high |= 1 << (page & 31);
      }
      if ((low | high) !== 0) yield { index, low: low >>> 0, high: high >>> 0 };
    }
  }

  private zap(): void {
    const passes = zapRoot(this.tree, this.variant, MAXPHYADDR, 0, this.schedule, this.sink);
    for (const { livelockGfn, zapLevel } of passes)
      if (livelockGfn !== null) this.livelock ??= { walk: `zap level ${zapLevel}`, gfn: livelockGfn };
  }

  access(gfn: number, write: boolean): void {
    if (!this.exists) return;
    const { tree, unit } = this;
    const page = gfn - unit.guest.startGfn;
    const at = leafOver(tree, gfn);
    if (at >= 0 && this.gone[page] === 1) this.foundGone = gfn;
    if (write && this.logging) this.written[page] = 1;
    if (at < 0 || (write && (tree.words[at]! & WRITABLE) === 0)) {
      this.fault(gfn);
    } else if (write && (tree.words[at]! & DIRTY) === 0) {
      tree.words[at]! |= DIRTY;
      if (unit.pml && this.logging) this.dirty[page] = 1;
    }
    this.gone[page] = 0;
  }

  /**
   * Maps a page, writable also for a read: then it counts as dirty at once. On the way down a huge
   * page is split.
   *
   * Source: Linux 7.3, arch/x86/kvm/mmu/tdp_mmu.c, `kvm_tdp_mmu_map()`; spte.c, `make_spte()`.
   */
  private fault(gfn: number): void {
    const { tree } = this;
    const goal = this.logging ? 1 : this.naturalLevel(gfn);
    let table = tree.root;
    for (let level = tree.rootLevel; level > goal; level--) {
      const at = table + indexOf(gfn, level);
      const spte = tree.words[at]!;
      if (isTable(spte)) {
        table = childOf(spte);
        continue;
      }
      table = tree.allocate(level - 1);
      if (isLeaf(spte)) splitLeaf(tree, at, level, table);
      else tree.setTable(at, table);
    }
    const at = table + indexOf(gfn, goal);
    const was = tree.words[at]!;
    const start = Math.floor(gfn / pagesAt(goal)) * pagesAt(goal);
    tree.setLeaf(at, PFN_OFFSET + start, WRITABLE | DIRTY);
    if (isTable(was)) tree.freeTable(childOf(was));
    if (this.logging) this.dirty[gfn - this.unit.guest.startGfn] = 1;
  }

  /**
   * 2M where the slot holds all of it and the host has not taken pages of it away, or brings all
   * back at once.
   */
  private naturalLevel(gfn: number): number {
    const { startGfn, endGfn } = this.unit.guest;
    const start = Math.floor(gfn / ENTRIES) * ENTRIES;
    if (start < startGfn || start + ENTRIES > endGfn) return 1;
    const gone = this.gone.subarray(start - startGfn, start - startGfn + ENTRIES);
    const count = gone.reduce((sum, one) => sum + one, 0);
    if (count !== 0 && count !== ENTRIES && !(count === 1 && gone[gfn - start] === 1)) return 1;
    gone.fill(0);
    return 2;
  }

  /**
   * Leaves that the range touches go as a whole; tables stay (Linux 7.3, tdp_mmu.c,
   * `tdp_mmu_zap_leafs()`).
   */
  unmap(start: number, end: number): void {
    const leaves: number[] = [];
    eachLeaf(this.tree, (at) => leaves.push(at), start, end);
    for (const at of leaves) this.tree.clearRun(at, at + 1);
    const { startGfn } = this.unit.guest;
    this.gone.fill(1, Math.max(0, start - startGfn), Math.max(0, end - startGfn));
  }
}

/** Offset of the leaf that maps a gfn, -1 where none does. */
function leafOver({ words, root, rootLevel }: TdpTree, gfn: number): number {
  let table = root;
  for (let level = rootLevel; ; level--) {
    const at = table + indexOf(gfn, level);
    const spte = words[at]!;
    if (isLeaf(spte)) return at;
    if ((spte & PRESENT) === 0) return -1;
    table = childOf(spte);
  }
}
