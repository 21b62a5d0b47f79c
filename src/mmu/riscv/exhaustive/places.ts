import { parseSize } from "../../../guest/sizes.js";
import { type PlacedSlot, placedSlots } from "../../exhaustive/places.js";
import { GSTAGE_MODES } from "../geometry.js";
import type { RiscvMemslot, RiscvScenario } from "../scenario.js";

/** A 2M block, and half of a word, in pages. */
const BLOCK = 512;
const HALF_WORD = 32;

const MODES = ["enable", "clear", "clear-boundary"] as const;

/**
 * Layouts at the places that a walker can tell apart: some, with modes of the G-stage and of the
 * dirty log by turns; or all with all modes. A clear is of all pages, or of those around the first
 * 2M boundary in the slot.
 */
export function placeScenarios(part: "some" | "all"): RiscvScenario[] {
  const whole = part === "all";
  return placedSlots(part).flatMap((slot, i) => {
    const modes = whole ? MODES : [MODES[i % MODES.length]!];
    const gstages = whole ? GSTAGE_MODES : [GSTAGE_MODES[Math.floor(i / MODES.length) % GSTAGE_MODES.length]!];
    return gstages.flatMap((gstage) =>
      modes.map(
        (mode): RiscvScenario => ({
          mmu: "riscv",
          gstage,
          memslots: [mode === "clear-boundary" ? aroundBoundary(slot) : slot],
          dirtyLog: { mode: mode === "enable" ? "enable" : "clear", eagerSplit: true, reschedEveryNPolls: 1 + (i % 5) },
        }),
      ),
    );
  });
}

/** The pages near the first 2M boundary alone are dirty; all where there is none. */
function aroundBoundary(slot: PlacedSlot): RiscvMemslot {
  const base = Number(slot.base) / 4096;
  const pages = slot.segments.reduce((sum, { size }) => sum + parseSize(size, "size"), 0) / 4096;
  const boundary = (Math.floor(base / BLOCK) + 1) * BLOCK - base;
  if (boundary >= pages) return slot;
  const first = Math.max(0, boundary - HALF_WORD);
  return { ...slot, dirty: { runs: [[first, Math.min(pages, boundary + HALF_WORD) - first]] } };
}
