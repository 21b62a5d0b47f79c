import { slotFinder } from "../flow/slots.js";
import { GuestMmu } from "./faults.js";
import { newFlowCounts } from "./flowCounters.js";
import { FlowSlot } from "./flowSlot.js";
import { SPAN } from "./geometry.js";
import { GStage } from "./gstage.js";
import type { FlowSlotLayout } from "./hostMemory.js";
import type { Layout, SlotLayout } from "./layout.js";
import { linkedTables } from "./scan.js";

/** What came of a guest after logging was turned off, up to the end of its VM. */
export interface Aftermath {
  /** As under `after` in a run's counts. */
  readonly counts: {
    readonly writes: number;
    readonly faults: number;
    /** Writes that never come through. */
    readonly stuck: number;
    /** Table pages that nobody frees, the VM's end included. */
    readonly tablesLost: number;
  };
  /** -1: none is stuck. */
  readonly firstStuckGfn: number;
}

/** Far from the guest's own addresses, and congruent to them modulo every leaf's span. */
const HOST_OFFSET = SPAN[4]!;

/**
 * Turns logging off on a finished tree, which has no page-table work, lets the guest write, and
 * ends the VM.
 */
export function afterDisable(gstage: GStage, layout: Layout, after: NonNullable<Layout["after"]>): Aftermath {
  const fork = new GStage(gstage.setup, gstage.rules, gstage.mem);
  const { guest } = newFlowCounts();
  const slots = layout.slots.map((slot) => new FlowSlot(hostOf(slot, after.thp)));
  const mmu = new GuestMmu(fork, 1, guest, slotFinder(slots), false);
  for (const [first, count] of after.writes) for (let i = 0; i < count; i++) mmu.access(0, first + i, true);
  const { read, write, protect, stuck } = guest.faults;
  const faults = [read, write, protect].reduce((sum, levels) => sum + levels.reduce((a, b) => a + b, 0), 0);
  const tablesLost = mmu.tablesLost + linkedTables(layout.geometry, gstage.mem);
  return { counts: { writes: guest.writes, faults, stuck, tablesLost }, firstStuckGfn: mmu.firstStuckGfn };
}

/** Host memory that maps what the scenario says. */
function hostOf({ startGfn, endGfn, segments }: SlotLayout, thp: boolean): FlowSlotLayout {
  const host = segments.map((segment) => ({
    startFrame: segment.startGfn + HOST_OFFSET,
    endFrame: segment.endGfn + HOST_OFFSET,
    level: Math.max(0, Math.min(2, segment.level)),
    hugetlb: segment.level >= 2 || !thp,
  }));
  return { startGfn, endGfn, hostFrame: startGfn + HOST_OFFSET, host };
}
