import { badInput } from "../../errors.js";
import type { Counts } from "../counters.js";
import type { DirtyBitmap } from "../flow/dirtyBitmap.js";
import { LoggedFlow } from "../flow/loggedFlow.js";
import { wholeSlot } from "../flow/regions.js";
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
  /**
   * SHA-256 of the tree in every state: costs more than the simulation. Default true, as the golden
   * files have it.
   */
  readonly digest?: boolean;
}

/**
 * Runs a flow of dirty logging under one strategy and counts every step.
 *
 * Pure: equal arguments give equal results. One outcome a step, in order; a `disable` with guests
 * gives two.
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
export class Flow extends LoggedFlow<RiscvFlowInput, FlowLayout, FlowSlot, RiscvFlowOutcome> {
  readonly gstage: GStage;
  protected readonly mmu: GuestMmu;
  private readonly counts = newFlowCounts();
  protected readonly ioctl = this.counts.ioctl;
  private readonly log: DirtyLog;

  constructor(
    input: RiscvFlowInput,
    strategy: GStageStrategy,
    private readonly digest: boolean,
  ) {
    const layout = flowLayoutOf(input);
    const slots = layout.slots.map((slot) => new FlowSlot(slot));
    super(input, layout, slots);
    const { geometry } = layout;
    const setup = { geometry, clearing: input.manual === 3, reschedEvery: input.reschedEveryNPolls };
    this.gstage = new GStage(setup, strategy.rules);
    this.log = new DirtyLog(this.gstage);
    this.mmu = new GuestMmu(this.gstage, input.vcpus, this.counts.guest, slotFinder(slots), input.svvptc);
  }

  /** Runs one step. */
  override run(step: RiscvFlowStep): RiscvFlowOutcome[] {
    if (step.op !== "unmap" && step.op !== "destroy") return super.run(step);
    this.begin();
    if (step.op === "destroy") return [this.destroy(step.name)];
    this.unmapPart(step);
    return [this.outcome(step.name, "host", this.json("unmap"))];
  }

  protected begin(): void {
    resetFlowCounts(this.counts);
    this.gstage.resetCounts();
  }

  protected enableSlot({ layout }: FlowSlot): void {
    this.log.enable(layout, this.input.eagerSplit, wholeSlot);
  }

  protected takeDirty(slot: FlowSlot, asked: DirtyBitmap | null, clears: boolean): void {
    const { log, ioctl } = this;
    const split = clears && this.input.eagerSplit;
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

  protected override partOf(step: RiscvFlowStep & { op: "clear_part" }): [FlowSlot, DirtyBitmap] {
    const { pages } = this.slotNamed(step.slot, step.name);
    for (const [bit, count] of step.runs) {
      if (bit >= 0 && count >= 1 && bit + count <= step.numPages && step.firstPage + bit + count <= pages) continue;
      throw badInput(`${step.name}: run [${bit}, ${count}]`, "beyond what is cleared", `${step.numPages} pages`);
    }
    return super.partOf(step);
  }

  private slotNamed(index: number, step: string): FlowSlot {
    const slot = this.slots[index];
    if (slot === undefined) throw badInput(`${step}: slot ${index}`, "unknown", `below ${this.slots.length}`);
    return slot;
  }

  protected guestOutcome(phase: string): RiscvFlowOutcome {
    return this.outcome(phase, "guest", { ...this.json("guest"), split: this.walkJson().split! });
  }

  protected ioctlOutcome(phase: string): RiscvFlowOutcome {
    return this.outcome(phase, "ioctl", { ...this.json("ioctl"), ...this.walkJson() });
  }

  /**
   * No page-table work, and the split cache stays: what was split and flushed meanwhile is the
   * guests'.
   */
  protected override disableOutcome(phase: string): RiscvFlowOutcome {
    return this.outcome(phase, "ioctl", this.json("ioctl"), new FlushLog());
  }

  private json(kind: keyof typeof FLOW_COUNTERS): Counts {
    return flowCountsJson(kind, this.counts, this.layout.geometry);
  }

  /**
   * What walks cost. Caches are in the state; tables are the splits; unflushed splits are of single
   * ioctls.
   */
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
    const vcpuCache = mmu.caches.map(({ pages }) => pages);
    const state = stateOf(gstage, { dirtyBits: this.dirtyBits, tablesLost: mmu.tablesLost, vcpuCache }, this.digest);
    return { phase, kind, counts: withoutZeros(counts), flushes, state };
  }
}
