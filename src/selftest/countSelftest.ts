import { combine, TERM_IDS, type TermCounts, type TermId, termCounts } from "../cost/terms.js";
import { badInput } from "../errors.js";
import { backingNamed } from "../guest/backings.js";
import { formatAddress, formatSize, parseSize } from "../guest/sizes.js";
import type { PhaseName } from "../measure/phases.js";
import type { SelftestOptions } from "../measure/schema.js";
import { runFlow } from "../mmu/arm64/flow.js";
import type { FlowInput, FlowSlot, FlowStepInput } from "../mmu/arm64/flowInput.js";
import { countsOfStep, type FlowStep } from "../mmu/arm64/flowStep.js";
import type { SplitStrategy } from "../mmu/arm64/strategy.js";
import { testRegion } from "./placement.js";

/** The options of the real test that decide what it counts. */
export type TestedOptions = Pick<
  SelftestOptions,
  | "memoryPerVcpuBytes"
  | "vcpus"
  | "overlap"
  | "backing"
  | "memslots"
  | "iterations"
  | "manualProtect"
  | "eagerSplitChunkBytes"
> & {
  /** Only 0 makes a difference: nothing is written then. Default 100. */
  readonly writePercent?: number;
};

/** What the guest's processor has: from the line "Testing guest mode". */
export interface TestedMode {
  readonly paBits: number;
  readonly pageBytes: number;
}

/** What one printed phase counts, for one vCPU where vCPUs do it (they do it at the same time). */
export interface PhaseCounts {
  readonly phase: PhaseName;
  readonly iteration: number | null;
  readonly terms: TermCounts;
  readonly issuers: number;
}

/** Larger guests are not simulated: time and memory grow with them. */
const LARGEST = 64 * 2 ** 30;

/**
 * Simulates what the real dirty_log_perf_test does with these options, on Linux 7.3 with the 4K granule on the host.
 *
 * The real guest never gets its seed, and its first vCPU so writes every page in order, whatever `-w` says above 0 (Linux 7.3); so do the
 * vCPUs here. Runs of several vCPUs with `-w` 1 to 99, and those with `-a`, are the caller's to leave out.
 *
 * @throws UserError where the options make no guest, or one too large
 */
export function countSelftest(
  options: TestedOptions,
  mode: TestedMode,
  strategy: SplitStrategy,
): readonly PhaseCounts[] {
  const { vcpus, iterations, manualProtect } = options;
  const steps = runFlow(flowOf(options, mode), strategy, { digest: false });
  const phases: PhaseCounts[] = [];
  const add = (phase: PhaseName, iteration: number | null, name: string) => {
    const step = steps.find((one) => one.phase === name);
    if (step === undefined) throw new Error(`the flow has no step ${name}`);
    phases.push({ phase, iteration, ...termsOf(step, vcpus) });
  };
  add("populate", null, "populate");
  add("enable", null, "enable");
  for (let iteration = 1; iteration <= iterations; iteration++) {
    add("dirty", iteration, `dirty${iteration}`);
    add("get", iteration, `get${iteration}`);
    if (manualProtect) add("clear", iteration, `clear${iteration}`);
  }
  add("disable", null, "disable");
  return phases;
}

function termsOf(step: FlowStep, vcpus: number): Pick<PhaseCounts, "terms" | "issuers"> {
  const terms = termCounts(countsOfStep(step));
  if (step.kind !== "guest") return { terms, issuers: 1 };
  return { terms: combine([[terms, 1 / vcpus]]), issuers: vcpus };
}

/** The flow that the test drives. */
export function flowOf(options: TestedOptions, mode: TestedMode): FlowInput {
  const { memoryPerVcpuBytes, vcpus, memslots, manualProtect } = options;
  const memoryBytes = memoryPerVcpuBytes * vcpus;
  if (memoryBytes > LARGEST)
    throw badInput(`memory of ${formatSize(memoryBytes)}`, "too large to simulate", `at most ${formatSize(LARGEST)}`);
  const backing = backingNamed(options.backing);
  const map =
    backing === "4k" ? "4K" : backing === "thp" ? "2M" : formatSize(parseSize(backing.replace("hugetlb-", "")));
  const alignment = parseSize(map);
  if (memoryBytes % (mode.pageBytes * memslots) !== 0) {
    throw badInput(
      `memory of ${formatSize(memoryBytes)}`,
      `not cut evenly by ${memslots} memslots`,
      "whole pages in each",
    );
  }
  const { start } = testRegion({
    ipaBits: mode.paBits,
    memoryBytes,
    guestPageBytes: mode.pageBytes,
    backingPageBytes: alignment,
  });
  const slotBytes = memoryBytes / memslots;
  const slots = Array.from({ length: memslots }, (_, i): FlowSlot => {
    const size = formatSize(slotBytes);
    return {
      base: formatAddress(start + i * slotBytes),
      size,
      // Each slot's memory is mapped apart, aligned to the pages behind it.
      hva: formatAddress(HVA + i * HVA_STEP),
      backing: [{ map, size }],
    };
  });
  return {
    granule: "4K",
    ipaBits: mode.paBits,
    chunk: formatSize(options.eagerSplitChunkBytes ?? 0),
    manual: manualProtect ? 3 : 0,
    slots,
    vcpus,
    partitioned: !options.overlap,
    pagesPerVcpu: memoryPerVcpuBytes / mode.pageBytes,
    guestPage: formatSize(mode.pageBytes),
    rule: "lehmer",
    seed: 1,
    steps: stepsOf(options),
  };
}

const HVA = 0x400000000000;
const HVA_STEP = 0x1000000000;

function stepsOf({ iterations, manualProtect, writePercent }: TestedOptions): FlowStepInput[] {
  const pass = (name: string, iteration: number): FlowStepInput => ({
    op: "guest",
    name,
    iteration,
    // Populating writes every page, whatever is asked for.
    writePercent: iteration > 0 && writePercent === 0 ? 0 : 100,
    order: "sequential",
  });
  const steps: FlowStepInput[] = [pass("populate", 0), { op: "enable", name: "enable" }];
  for (let i = 1; i <= iterations; i++) {
    steps.push(pass(`dirty${i}`, i), { op: "get", name: `get${i}` });
    if (manualProtect) steps.push({ op: "clear", name: `clear${i}` });
  }
  steps.push({ op: "disable", name: "disable" });
  return steps;
}

/** Terms that an ioctl has which touches no page table. */
const WITHOUT_WORK: ReadonlySet<TermId> = new Set(["ioctls", "enables", "calls", "ranges"]);

/** Whether a phase does anything to page tables, or is the guest's own pass: what costs are fitted to. */
export function hasWork({ phase, terms }: PhaseCounts): boolean {
  // Populating allocates the host's memory, which is not modelled.
  if (phase === "populate" || phase === "disable" || phase === "set-mode") return false;
  if (phase === "dirty") return true;
  return TERM_IDS.some((id) => terms[id] > 0 && !WITHOUT_WORK.has(id));
}
