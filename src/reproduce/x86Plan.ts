import { badInput } from "../errors.js";
import { nonEmpty } from "../lists.js";
import type { LeafRun } from "../mmu/tdp/build.js";
import type { TdpClear, TdpEnable, TdpScenario, TdpSplit } from "../mmu/tdp/scenario.js";
import { PAGES } from "../mmu/x86/pages.js";
import { freePlace, type LeafRange, type Prediction, type ReproductionPlan } from "./plan.js";

const PAGE_BYTES = 4096;
/** Guest code runs from below 4G, as the kernel's own pages beside it must. */
const LOW_END = 2 ** 32 - 2 ** 26;

/** What splits huge pages: all but a zap. */
type Splitting = TdpSplit | TdpEnable | TdpClear;

/**
 * What a program must do on an x86 host to have what the scenario describes: one memslot, its
 * leaves, and the enabling or clearing.
 *
 * @throws UserError for workloads that userspace cannot ask for
 */
export function x86Plan(scenario: TdpScenario, predictions: readonly Prediction[]): ReproductionPlan {
  if (scenario.workload === "zap") {
    throw badInput("workload zap", "zaps a root, which splits nothing", "enable, clear or split");
  }
  if (scenario.workload === "split" && scenario.targetLevel === 2) {
    throw badInput("targetLevel 2", "KVM splits for dirty logging to 4K alone", "targetLevel 1");
  }
  const check = scenario.workload === "split" || scenario.eager ? "split" : "dirty";
  if (check === "dirty" && scenario.workload !== "clear") {
    throw badInput("eager false", "enabling splits nothing then", "eager true, or workload clear");
  }
  const [root] = nonEmpty(scenario.roots);
  const { base, pages, clear } = slotOf(scenario, root.leaves);
  const inside = root.leaves.filter((run) => endOf(run) > base && run.gfn < base + pages);
  const slots = [{ base: base * PAGE_BYTES, bytes: pages * PAGE_BYTES }];
  const scratch = freePlace(slots, LOW_END);
  if (scratch === undefined)
    throw badInput("the memslot", "leaves no free 1M below 4G for guest code", "a higher base");
  return {
    arch: "x86",
    name: scenario.name ?? "",
    description: scenario.description ?? "",
    notes: notesOf(scenario, root.leaves.length - inside.length, clear),
    pageBytes: PAGE_BYTES,
    leafBytes: [1, 2, 3].map(leafBytesOf),
    mode: clear ? "clear" : "enable",
    check,
    chunkBytes: 0,
    ipaBits: scenario.hostMaxphyaddr,
    slots,
    runs: inside.map(rangeOf).sort((a, b) => a.start - b.start),
    ...cleared(scenario, base, pages),
    scratch,
    tables: 0,
    predictions,
  };
}

/**
 * The memslot. What is split alone in the model is split by enabling dirty logging where the range
 * is all of the guest, and else by clearing the pages of the range.
 */
function slotOf(scenario: Splitting, leaves: readonly LeafRun[]): { base: number; pages: number; clear: boolean } {
  if (scenario.workload === "clear") return { base: scenario.slotBaseGfn, pages: scenario.npages, clear: true };
  const start = scenario.startGfn;
  const end = scenario.endGfnExclusive;
  if (scenario.workload === "enable") return { base: start, pages: end - start, clear: false };
  const base = leaves.reduce((min, run) => Math.min(min, run.gfn), start);
  const last = leaves.reduce((max, run) => Math.max(max, endOf(run)), end);
  return { base, pages: last - base, clear: base !== start || last !== end };
}

function endOf(run: LeafRun): number {
  return run.gfn + run.count * PAGES[run.level]!;
}

function leafBytesOf(level: number): number {
  return PAGES[level]! * PAGE_BYTES;
}

function rangeOf(run: LeafRun): LeafRange {
  const leafBytes = leafBytesOf(run.level);
  return { start: run.gfn * PAGE_BYTES, bytes: run.count * leafBytes, leafBytes, readOnly: false };
}

function notesOf(scenario: Splitting, outside: number, clear: boolean): string[] {
  const notes: string[] = [];
  if (scenario.workload === "split") {
    notes.push(
      clear
        ? "KVM splits what is cleared in the dirty log: here the pages of the range."
        : "KVM splits when dirty logging is enabled: that is what is done here.",
    );
  }
  if (outside > 0) {
    const runs = outside === 1 ? "1 run of leaves lies" : `${outside} runs of leaves lie`;
    notes.push(`${runs} outside the memslot: left out.`);
  }
  if (nonEmpty(scenario.roots)[0].nonpresentPaths.length > 0)
    notes.push("Empty tables (nonpresentPaths) are left out.");
  return notes;
}

/** What each 64-page mask covers, from its first to its last set bit, and the bits themselves. */
function cleared(scenario: Splitting, base: number, pages: number): Pick<ReproductionPlan, "spans" | "cleared"> {
  if (scenario.workload !== "clear") {
    const start = scenario.startGfn;
    const end = scenario.endGfnExclusive;
    const whole = start === base && end === base + pages;
    return {
      spans: [{ start: start * PAGE_BYTES, end: end * PAGE_BYTES }],
      cleared: whole ? [] : [{ slot: 0, first: start - base, count: end - start }],
    };
  }
  const spans: { start: number; end: number }[] = [];
  const runs: { slot: number; first: number; count: number }[] = [];
  const masks = scenario.masks!;
  for (let word = 0; word * 64 < pages; word++) {
    const mask = BigInt("allWords" in masks ? masks.allWords : masks[word]!);
    const set = bitsOf(mask)
      .map((bit) => word * 64 + bit)
      .filter((page) => page < pages);
    const [first] = set;
    const last = set.at(-1);
    if (first === undefined || last === undefined) continue;
    for (const page of set) {
      const run = runs.at(-1);
      if (run !== undefined && run.first + run.count === page) run.count++;
      else runs.push({ slot: 0, first: page, count: 1 });
    }
    const start = (base + first) * PAGE_BYTES;
    const end = (base + last + 1) * PAGE_BYTES;
    const span = spans.at(-1);
    if (span?.end === start) span.end = end;
    else spans.push({ start, end });
  }
  return { spans, cleared: runs };
}

function bitsOf(mask: bigint): number[] {
  return Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => ((mask >> BigInt(bit)) & 1n) === 1n);
}
