import { uniformScenario } from "../cost/uniformGuest.js";
import { HOLE, type Layout, layoutOf } from "../mmu/arm64/layout.js";
import { leafLevelAt } from "../mmu/arm64/populate.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { type AdvisedGuest, bytesOf, resolved, WHOLE_SCENARIO } from "./guest.js";

/** Leaves of one size, in a row. */
export interface LeafRun {
  readonly leafBytes: number;
  readonly bytes: number;
}

/** The leaves that the guest's memory begins with, in address order; holes left out. */
export function leafRunsOf(guest: AdvisedGuest, wholeBytes = WHOLE_SCENARIO): LeafRun[] {
  const runs = orderedRunsOf(guest);
  // The accesses of a large guest are drawn for a part of each kind of leaf: where it stands says
  // nothing.
  return bytesOf(guest) > wholeBytes ? bySize(runs) : runs;
}

function bySize(runs: readonly LeafRun[]): LeafRun[] {
  const bytes = new Map<number, number>();
  for (const run of runs) bytes.set(run.leafBytes, (bytes.get(run.leafBytes) ?? 0) + run.bytes);
  return [...bytes].map(([leafBytes, sum]) => ({ leafBytes, bytes: sum }));
}

function orderedRunsOf(guest: AdvisedGuest): LeafRun[] {
  if (guest.kind === "uniform") {
    const scenario = uniformScenario({ ...guest, mode: "enable", chunk: "0" });
    return runsOfLayout(layoutOf(scenario));
  }
  const known = RUNS.get(guest.scenario) ?? runsOfLayout(resolved(guest.scenario).layout);
  RUNS.set(guest.scenario, known);
  return known;
}

const RUNS = new WeakMap<Arm64Scenario, LeafRun[]>();

function runsOfLayout(layout: Layout): LeafRun[] {
  const { geometry } = layout;
  const runs: { leafBytes: number; bytes: number }[] = [];
  const add = (leafPages: number, pages: number) => {
    const leafBytes = leafPages * geometry.pageBytes;
    const last = runs.at(-1);
    if (last?.leafBytes === leafBytes) last.bytes += pages * geometry.pageBytes;
    else runs.push({ leafBytes, bytes: pages * geometry.pageBytes });
  };
  for (const slot of layout.slots) {
    for (const segment of slot.segments) {
      if (segment.level === HOLE) continue;
      for (let gfn = segment.startGfn; gfn < segment.endGfn; ) {
        const span = geometry.spanPages[leafLevelAt(geometry, segment, gfn)]!;
        // To where a larger leaf may begin, or the segment ends.
        const larger =
          segment.level === 3 ? Number.POSITIVE_INFINITY : nextLarger(geometry.spanPages, segment.level, span, gfn);
        const end = Math.min(segment.endGfn, larger);
        const count = Math.max(1, Math.floor((end - gfn) / span));
        add(span, count * span);
        gfn += count * span;
      }
    }
  }
  return runs;
}

/** The next frame where a leaf above `span` could begin, at levels that the segment wants. */
function nextLarger(spans: readonly number[], level: number, span: number, gfn: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const larger of spans.slice(level, 3)) {
    if (larger > span) next = Math.min(next, (Math.floor(gfn / larger) + 1) * larger);
  }
  return next;
}
