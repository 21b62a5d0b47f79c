import type { Counts } from "../counters.js";
import { DirtyBitmap, TakenWords } from "../flow/dirtyBitmap.js";
import { accessRuns, bitmapOf, disableInTurn, passPart, refuseClear } from "../flow/flowSteps.js";
import { type GuestAccesses, guestAccesses } from "../flow/guestAccess.js";
import { slotFinder } from "../flow/slots.js";
import { withoutZeros } from "../flow/withoutZeros.js";
import { countsJson } from "./counts.js";
import { clearSlot, enableSlot } from "./dirtyLog.js";
import type { DirtyWords } from "./dirtyWords.js";
import { GuestMmu } from "./faults.js";
import type { FlowInput, FlowStepInput, GuestPassInput } from "./flowInput.js";
import { type FlowLayout, flowLayoutOf } from "./flowLayout.js";
import { type FlowStep, stateOf } from "./flowStep.js";
import {
  type GuestCounts,
  guestCountsJson,
  type IoctlCounts,
  ioctlCountsJson,
  newGuestCounts,
  newIoctlCounts,
  resetGuestCounts,
} from "./guestCounts.js";
import { Memslot } from "./memslot.js";
import { Stage2 } from "./stage2.js";
import type { SplitStrategy } from "./strategy.js";

export interface FlowOptions {
  /** SHA-256 of the tree in every state: costs more than the simulation. Default true, as the golden files have it. */
  readonly digest?: boolean;
}

/**
 * Runs a flow of dirty logging under one strategy and counts every step.
 *
 * Pure: equal arguments give equal results. One object a step, in order; a `disable` with guests gives two.
 *
 * @throws UserError for a guest or a step that cannot be
 */
export function runFlow(input: FlowInput, strategy: SplitStrategy, options: FlowOptions = {}): FlowStep[] {
  const flow = new Flow(input, strategy, options.digest ?? true);
  return input.steps.flatMap((step) => flow.run(step));
}

/** One VM while a flow goes on. Exported for tests that look at its tree. */
export class Flow {
  readonly stage2: Stage2;
  readonly layout: FlowLayout;
  readonly slots: readonly Memslot[];
  private readonly guest: GuestCounts = newGuestCounts();
  private readonly mmu: GuestMmu;
  private readonly accesses: GuestAccesses;
  private ioctl: IoctlCounts = newIoctlCounts();

  constructor(
    private readonly input: FlowInput,
    strategy: SplitStrategy,
    private readonly digest: boolean,
  ) {
    this.layout = flowLayoutOf(input);
    this.stage2 = new Stage2(this.layout.stage2, strategy);
    this.slots = this.layout.slots.map((slot) => new Memslot(this.layout.geometry, slot));
    this.mmu = new GuestMmu(this.stage2, input.vcpus, this.guest, slotFinder(this.slots));
    this.accesses = guestAccesses(input, this.layout.passPages);
  }

  /** Runs one step. */
  run(step: FlowStepInput): FlowStep[] {
    resetGuestCounts(this.guest);
    this.stage2.resetCounts();
    this.ioctl = newIoctlCounts();
    switch (step.op) {
      case "guest":
        this.pass(step, 0, 1);
        return [this.outcome(step.name, "guest", guestCountsJson(this.guest))];
      case "access":
        this.access(step);
        return [this.outcome(step.name, "guest", guestCountsJson(this.guest))];
      case "enable":
        this.enable();
        break;
      case "get":
        this.get(step.name);
        break;
      case "clear":
        refuseClear(this.input.manual, step.name);
        for (const slot of this.slots) this.clear(slot, slot.lastGot ?? new DirtyBitmap(slot.pages), step.name);
        break;
      case "clear_part":
        refuseClear(this.input.manual, step.name);
        this.clear(...this.partOf(step), step.name);
        break;
      case "disable":
        return this.disable(step);
    }
    return [this.outcome(step.name, "ioctl", this.ioctlJson())];
  }

  /** The part of a pass from one share of its accesses to another. */
  private pass(step: GuestPassInput, fromShare: number, toShare: number): void {
    const { gfnOfGuestPage, passPages } = this.layout;
    passPart(this.accesses, step, passPages, fromShare, toShare, (vcpu, page, write) =>
      this.mmu.access(vcpu, gfnOfGuestPage(page), write),
    );
  }

  private access(step: FlowStepInput & { op: "access" }): void {
    const { npages, gfnOfPage } = this.layout;
    accessRuns(step, this.input.vcpus, npages, (vcpu, page, write) => this.mmu.access(vcpu, gfnOfPage(page), write));
  }

  /**
   * Linux 7.3, arch/arm64/kvm/mmu.c, `kvm_arch_commit_memory_region()`: with initially-all-set nothing is touched; else the slot is
   * write-protected, flushed and split.
   */
  private enable(): void {
    for (const slot of this.slots) {
      const { startGfn, endGfn } = slot.layout;
      this.ioctl.ioctls++;
      slot.bitmap = new DirtyBitmap(slot.pages);
      slot.lastGot = null;
      if (this.input.manual === 3) {
        slot.bitmap.setAll();
        continue;
      }
      enableSlot(this.stage2, slot.layout, (work) => work(startGfn, endGfn));
    }
  }

  /** Linux 7.3, virt/kvm/kvm_main.c, `kvm_get_dirty_log_protect()`: never splits. */
  private get(name: string): void {
    for (const slot of this.slots) {
      const bitmap = bitmapOf(slot, name);
      this.ioctl.ioctls++;
      slot.lastGot = bitmap.copy();
      this.ioctl.dirtyReturned += bitmap.count();
      if (this.input.manual === 0) this.takeDirty(slot, null, false);
    }
  }

  /** Linux 7.3, virt/kvm/kvm_main.c, `kvm_clear_dirty_log_protect()`: what is asked for and dirty. */
  private clear(slot: Memslot, asked: DirtyBitmap, name: string): void {
    bitmapOf(slot, name);
    this.ioctl.ioctls++;
    this.takeDirty(slot, asked, this.input.manual === 3);
  }

  private takeDirty(slot: Memslot, asked: DirtyBitmap | null, split: boolean): void {
    const { startGfn, endGfn } = slot.layout;
    const words = new FlowWords(startGfn, new TakenWords(slot.bitmap!, asked), this.ioctl);
    clearSlot(this.stage2, slot.layout, words, split, (work) => work(startGfn, endGfn));
  }

  /** No page-table work; the split cache is freed with the first slot. */
  private disable(step: FlowStepInput & { op: "disable" }): FlowStep[] {
    const guests = step.guests;
    const part = (from: number, to: number): void => {
      if (guests !== undefined) this.pass(guests, from, to);
    };
    disableInTurn(this.slots, part, () => {
      this.ioctl.ioctls++;
      this.ioctl.splitCacheFreed += this.stage2.cache.objects;
      this.stage2.cache.objects = 0;
    });
    const ioctls = this.outcome(step.name, "ioctl", this.ioctlJson());
    if (guests === undefined) return [ioctls];
    return [ioctls, this.outcome(guests.name, "guest", guestCountsJson(this.guest))];
  }

  private partOf(step: FlowStepInput & { op: "clear_part" }): [Memslot, DirtyBitmap] {
    const slot = this.slots[step.slot]!;
    const asked = new DirtyBitmap(slot.pages);
    for (const [bit, count] of step.runs) {
      const first = step.firstPage + bit;
      asked.setRun(first, Math.min(count, slot.pages - first));
    }
    return [slot, asked];
  }

  private ioctlJson(): Counts {
    // Flows call them masks, and count more of them.
    const { split, words: _, ...rest } = countsJson(this.stage2.counts, this.layout.geometry, 0);
    return { ...ioctlCountsJson(this.ioctl), split: split!, ...rest };
  }

  private outcome(phase: string, kind: "guest" | "ioctl", counts: Counts): FlowStep {
    const dirtyBits = this.slots.reduce((sum, slot) => sum + (slot.bitmap?.count() ?? 0), 0);
    const state = stateOf(this.stage2, dirtyBits, this.mmu.caches.pages, this.digest);
    return { phase, kind, ...withoutZeros(counts), state };
  }
}

/** The words that an ioctl takes out of a slot's bitmap, counted. */
class FlowWords implements DirtyWords {
  startGfn = 0;
  endGfn = 0;

  constructor(
    private readonly slotGfn: number,
    private readonly taken: TakenWords,
    private readonly counts: IoctlCounts,
  ) {}

  next(): boolean {
    const { taken, counts } = this;
    if (!taken.next()) return false;
    counts.masks++;
    counts.maskBits += taken.bits;
    counts.maskSpan += taken.end - taken.first;
    this.startGfn = this.slotGfn + taken.first;
    this.endGfn = this.slotGfn + taken.end;
    return true;
  }
}
