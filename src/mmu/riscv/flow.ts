import { badInput } from "../../errors.js";
import type { Counts } from "../counters.js";
import { DirtyBitmap } from "../flow/dirtyBitmap.js";
import { accessRuns, bitmapOf, disableInTurn, passPart, refuseClear } from "../flow/flowSteps.js";
import { type GuestAccesses, type GuestPassInput, guestAccesses } from "../flow/guestAccess.js";
import { slotFinder } from "../flow/slots.js";
import { withoutZeros } from "../flow/withoutZeros.js";
import { walkCountsJson } from "./counts.js";
import { DirtyLog } from "./dirtyLog.js";
import { GuestMmu } from "./faults.js";
import { type FLOW_COUNTERS, flowCountsJson, newFlowCounts, resetFlowCounts } from "./flowCounters.js";
import type { RiscvFlowInput, RiscvFlowStep } from "./flowInput.js";
import { type FlowLayout, flowLayoutOf } from "./flowLayout.js";
import { FlowSlot } from "./flowSlot.js";
import { type RiscvFlowOutcome, stateOf } from "./flowStep.js";
import { FlushLog } from "./flushLog.js";
import { GStage } from "./gstage.js";
import { linkedTables } from "./scan.js";
import type { GStageStrategy } from "./strategy.js";
import { unmapRange } from "./unmap.js";

export interface RiscvFlowOptions {
  /** SHA-256 of the tree in every state: costs more than the simulation. Default true, as the golden files have it. */
  readonly digest?: boolean;
}

/**
 * Runs a flow of dirty logging under one strategy and counts every step.
 *
 * Pure: equal arguments give equal results. One outcome a step, in order; a `disable` with guests gives two.
 *
 * @throws UserError for a guest or a step that cannot be
 */
export function runFlow(
  input: RiscvFlowInput,
  strategy: GStageStrategy,
  options: RiscvFlowOptions = {},
): RiscvFlowOutcome[] {
  const flow = new Flow(input, strategy, options.digest ?? true);
  return input.steps.flatMap((step) => flow.run(step));
}

/** One VM while a flow goes on. */
export class Flow {
  readonly gstage: GStage;
  readonly layout: FlowLayout;
  readonly slots: readonly FlowSlot[];
  private readonly log: DirtyLog;
  private readonly counts = newFlowCounts();
  private readonly mmu: GuestMmu;
  private readonly accesses: GuestAccesses;

  constructor(
    private readonly input: RiscvFlowInput,
    strategy: GStageStrategy,
    private readonly digest: boolean,
  ) {
    this.layout = flowLayoutOf(input);
    const { geometry } = this.layout;
    const setup = { geometry, clearing: input.manual === 3, reschedEvery: input.reschedEveryNPolls };
    this.gstage = new GStage(setup, strategy.rules);
    this.log = new DirtyLog(this.gstage);
    this.slots = this.layout.slots.map((slot) => new FlowSlot(slot));
    this.mmu = new GuestMmu(this.gstage, input.vcpus, this.counts.guest, slotFinder(this.slots), input.svvptc);
    this.accesses = guestAccesses(input, this.layout.passPages);
  }

  /** Runs one step. */
  run(step: RiscvFlowStep): RiscvFlowOutcome[] {
    this.begin();
    switch (step.op) {
      case "guest":
        this.pass(step, 0, 1);
        return [this.outcome(step.name, "guest", this.guestJson())];
      case "access":
        this.access(step);
        return [this.outcome(step.name, "guest", this.guestJson())];
      case "unmap":
        this.unmapPart(step);
        return [this.outcome(step.name, "host", this.json("unmap"))];
      case "destroy":
        return [this.destroy(step.name)];
      case "disable":
        return this.disable(step);
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
    }
    return [this.outcome(step.name, "ioctl", this.ioctlJson())];
  }

  private begin(): void {
    resetFlowCounts(this.counts);
    this.gstage.resetCounts();
  }

  /** The part of a pass from one share of its accesses to another. */
  private pass(step: GuestPassInput, fromShare: number, toShare: number): void {
    const { gfnOfPage, passPages } = this.layout;
    passPart(this.accesses, step, passPages, fromShare, toShare, (vcpu, page, write) =>
      this.mmu.access(vcpu, gfnOfPage(page), write),
    );
  }

  private access(step: RiscvFlowStep & { op: "access" }): void {
    const { npages, gfnOfPage } = this.layout;
    accessRuns(step, this.input.vcpus, npages, (vcpu, page, write) => this.mmu.access(vcpu, gfnOfPage(page), write));
  }

  private enable(): void {
    const { startsClean } = this;
    for (const slot of this.slots) {
      this.counts.ioctl.ioctls++;
      slot.bitmap = new DirtyBitmap(slot.pages);
      slot.lastGot = null;
      if (!startsClean) slot.bitmap.setAll();
      else this.log.enable(slot.layout, this.input.eagerSplit, (one, work) => work(one.startGfn, one.endGfn));
    }
  }

  /** Whether enabling write-protects, and all bits start at 0; with initially-set it touches nothing, and all are 1. */
  private get startsClean(): boolean {
    return this.input.manual !== 3;
  }

  /** Linux 7.3, virt/kvm/kvm_main.c, `kvm_get_dirty_log_protect()`: never splits. */
  private get(name: string): void {
    for (const slot of this.slots) {
      const bitmap = bitmapOf(slot, name);
      this.counts.ioctl.ioctls++;
      slot.lastGot = bitmap.copy();
      this.counts.ioctl.dirtyReturned += bitmap.count();
      if (this.input.manual === 0) this.takeDirty(slot, null, false);
    }
  }

  /** Linux 7.3, virt/kvm/kvm_main.c, `kvm_clear_dirty_log_protect()`: what is asked for and dirty. */
  private clear(slot: FlowSlot, asked: DirtyBitmap, name: string): void {
    bitmapOf(slot, name);
    this.counts.ioctl.ioctls++;
    this.takeDirty(slot, asked, this.input.manual === 3 && this.input.eagerSplit);
  }

  private takeDirty(slot: FlowSlot, asked: DirtyBitmap | null, split: boolean): void {
    const { log } = this;
    const { ioctl } = this.counts;
    const { startGfn } = slot.layout;
    let any = false;
    slot.bitmap!.take(asked, (first, end, bits, low, high) => {
      any = true;
      ioctl.masks++;
      ioctl.maskBits += bits;
      ioctl.maskSpan += end - first;
      const gfn = startGfn + Math.floor(first / 64) * 64;
      log.word({ gfn, low, high, firstGfn: startGfn + first, endGfn: startGfn + end }, split);
    });
    if (any) log.flushSlot(slot.layout);
  }

  /** No page-table work, and the split cache stays. */
  private disable(step: RiscvFlowStep & { op: "disable" }): RiscvFlowOutcome[] {
    const { guests } = step;
    const part = (from: number, to: number): void => {
      if (guests !== undefined) this.pass(guests, from, to);
    };
    disableInTurn(this.slots, part, () => {
      this.counts.ioctl.ioctls++;
    });
    const ioctls = this.outcome(step.name, "ioctl", this.json("ioctl"), new FlushLog());
    if (guests === undefined) return [ioctls];
    return [ioctls, this.outcome(guests.name, "guest", this.guestJson())];
  }

  private unmapPart(step: RiscvFlowStep & { op: "unmap" }): void {
    const { startGfn } = this.slotNamed(step.slot, step.name).layout;
    const { firstPage, numPages } = step;
    if (firstPage < 0 || numPages < 1 || firstPage + numPages > this.slots[step.slot]!.pages)
      throw badInput(`${step.name}: [${firstPage}, ${numPages}]`, "beyond the slot", "pages of the slot");
    const start = startGfn + firstPage;
    if (unmapRange(this.gstage, this.counts.unmap.unmap, start, start + numPages, true))
      this.gstage.flushes.request("unmap", start, numPages);
  }

  /** Unmaps all, then frees the root and the caches: every other table page is lost. */
  private destroy(name: string): RiscvFlowOutcome {
    const { gstage, mmu } = this;
    const { geometry } = this.layout;
    unmapRange(gstage, this.counts.unmap.unmap, 0, geometry.endGfn, false);
    gstage.flushes.request("all", 0, 0, 0);
    const cachePagesFreed = mmu.caches.reduce((sum, { pages }) => sum + pages, gstage.cache.pages);
    const tablesLost = mmu.tablesLost + linkedTables(geometry, gstage.mem);
    const counts = withoutZeros({ ...this.json("unmap"), cachePagesFreed, tablesLost });
    return { phase: name, kind: "destroy", counts, flushes: gstage.flushes.copy() };
  }

  private partOf(step: RiscvFlowStep & { op: "clear_part" }): [FlowSlot, DirtyBitmap] {
    const slot = this.slotNamed(step.slot, step.name);
    const asked = new DirtyBitmap(slot.pages);
    for (const [bit, count] of step.runs) {
      const first = step.firstPage + bit;
      if (bit < 0 || count < 1 || bit + count > step.numPages || first + count > slot.pages) {
        throw badInput(`${step.name}: run [${bit}, ${count}]`, "beyond what is cleared", `${step.numPages} pages`);
      }
      asked.setRun(first, count);
    }
    return [slot, asked];
  }

  private slotNamed(index: number, step: string): FlowSlot {
    const slot = this.slots[index];
    if (slot === undefined) throw badInput(`${step}: slot ${index}`, "unknown", `below ${this.slots.length}`);
    return slot;
  }

  private guestJson(): Counts {
    return { ...this.json("guest"), split: this.walkJson().split! };
  }

  private ioctlJson(): Counts {
    return { ...this.json("ioctl"), ...this.walkJson() };
  }

  private json(kind: keyof typeof FLOW_COUNTERS): Counts {
    return flowCountsJson(kind, this.counts, this.layout.geometry);
  }

  /** What walks cost. Caches are in the state; tables are the splits; unflushed splits are of single ioctls. */
  private walkJson(): Counts {
    const { writeProtect, split } = walkCountsJson(this.gstage.counts, this.layout.geometry, 0);
    const { tablesAllocated: _, staleDrops: __, staleSplits: ___, ...rest } = split as Counts;
    return { writeProtect: writeProtect!, split: rest };
  }

  private outcome(
    phase: string,
    kind: RiscvFlowOutcome["kind"],
    counts: Counts,
    flushes: FlushLog = this.gstage.flushes.copy(),
  ): RiscvFlowOutcome {
    const { gstage, mmu } = this;
    const dirtyBits = this.slots.reduce((sum, slot) => sum + (slot.bitmap?.count() ?? 0), 0);
    const vcpuCache = mmu.caches.map(({ pages }) => pages);
    const state = stateOf(gstage, { dirtyBits, tablesLost: mmu.tablesLost, vcpuCache }, this.digest);
    return { phase, kind, counts: withoutZeros(counts), flushes, state };
  }
}
