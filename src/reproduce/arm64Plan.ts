import { badInput } from "../errors.js";
import { PAGE_LEVEL, spanBytes } from "../guest/geometry.js";
import { HOLE, type Layout, layoutOf, type SegmentLayout } from "../mmu/arm64/layout.js";
import { leafLevelAt } from "../mmu/arm64/populate.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { dirtySpans } from "../mmu/dirtyRuns.js";
import { freePlace, type LeafRange, type Prediction, type ReproductionPlan } from "./plan.js";

/**
 * What a program must do on an arm64 host to have what the scenario describes.
 *
 * @throws UserError for a scenario that splits nothing, or that leaves no room for guest code
 */
export function arm64Plan(scenario: Arm64Scenario, predictions: readonly Prediction[]): ReproductionPlan {
  const layout = layoutOf(scenario);
  const { geometry } = layout;
  const { pageBytes } = geometry;
  if (layout.chunkPages === 0) throw badInput("chunk 0", "eager splitting is off: nothing would be split", "a chunk");
  const slots = layout.slots.map(({ startGfn, endGfn }) => ({
    base: startGfn * pageBytes,
    bytes: (endGfn - startGfn) * pageBytes,
  }));
  const scratch = freePlace(slots, geometry.endGfn * pageBytes);
  if (scratch === undefined) throw badInput("memslots", "leave no free 1M for guest code", "more IPA bits");
  const runs = layout.slots
    .flatMap(({ segments }) => segments.flatMap((segment) => runsOf(layout, segment)))
    .sort((a, b) => a.start - b.start);
  const clear = layout.mode === "clear";
  return {
    arch: "arm64",
    name: scenario.name ?? "",
    description: scenario.description ?? "",
    notes:
      layout.bbm === undefined ? [] : ["bbm 2 is a proposal: the kernel that runs decides how it replaces a block."],
    pageBytes,
    leafBytes: [3, 2, 1].map((level) => spanBytes(geometry, level)),
    mode: layout.mode,
    check: "split",
    chunkBytes: layout.chunkPages * pageBytes,
    ipaBits: geometry.ipaBits,
    slots,
    runs,
    spans: spansOf(layout),
    cleared: clear
      ? layout.slots.flatMap((slot, index) =>
          (slot.dirty ?? [[0, slot.endGfn - slot.startGfn] as const]).map(([first, count]) => ({
            slot: index,
            first,
            count,
          })),
        )
      : [],
    scratch,
    tables: tablesOf(layout, runs, scratch),
    predictions,
  };
}

function runsOf({ geometry }: Layout, segment: SegmentLayout): LeafRange[] {
  if (segment.level === HOLE) return [];
  const { pageBytes, spanPages } = geometry;
  const runs: LeafRange[] = [];
  for (let gfn = segment.startGfn; gfn < segment.endGfn; ) {
    const level = leafLevelAt(geometry, segment, gfn);
    const span = spanPages[level]!;
    const end = endOfRun(segment, gfn, level, span);
    runs.push({
      start: gfn * pageBytes,
      bytes: (end - gfn) * pageBytes,
      leafBytes: span * pageBytes,
      readOnly: segment.writeProtected,
    });
    gfn = end;
  }
  return runs;

  /** Leaves of one size go on until a larger one fits, or until what is left is too short. */
  function endOfRun(within: SegmentLayout, from: number, level: number, span: number): number {
    let end = from + Math.floor((within.endGfn - from) / span) * span;
    for (const larger of geometry.blockLevels) {
      if (larger < within.level || larger >= level) continue;
      const next = Math.ceil(from / spanPages[larger]!) * spanPages[larger]!;
      if (next + spanPages[larger]! <= within.endGfn) end = Math.min(end, next);
    }
    return end;
  }
}

function spansOf(layout: Layout): { start: number; end: number }[] {
  const { pageBytes } = layout.geometry;
  return layout.slots
    .flatMap((slot) =>
      layout.mode === "enable" || slot.dirty === null
        ? [[slot.startGfn, slot.endGfn] as const]
        : dirtySpans(slot, slot.dirty),
    )
    .map(([start, end]) => ({ start: start * pageBytes, end: end * pageBytes }))
    .sort((a, b) => a.start - b.start);
}

/**
 * Tables below the root that the leaves need; those on the way to the guest code are there before.
 */
function tablesOf({ geometry }: Layout, runs: readonly LeafRange[], scratch: number): number {
  const { startLevel, spanPages, pageBytes } = geometry;
  const last = new Array<number>(PAGE_LEVEL + 1).fill(-1);
  let tables = 0;
  for (const run of runs) {
    for (const [level, pages] of spanPages.entries()) {
      if (level <= startLevel || pages * pageBytes < run.leafBytes) continue;
      const reach = spanBytes(geometry, level - 1);
      const from = Math.max(Math.floor(run.start / reach), last[level]! + 1);
      const to = Math.floor((run.start + run.bytes - 1) / reach);
      const shared = Math.floor(scratch / reach);
      tables += Math.max(0, to - from + 1) - (shared >= from && shared <= to ? 1 : 0);
      last[level] = Math.max(last[level]!, to);
    }
  }
  return tables;
}
