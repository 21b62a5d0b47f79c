import { badInput } from "../errors.js";
import { backingNamed } from "../guest/backings.js";
import { formatSize } from "../guest/sizes.js";
import type { SelftestOptions } from "../measure/schema.js";
import { runFlow } from "../mmu/arm64/flow.js";
import type { FlowInput } from "../mmu/arm64/flowInput.js";
import { countsOfStep, type FlowStep } from "../mmu/arm64/flowStep.js";
import type { SplitStrategy } from "../mmu/arm64/strategy.js";
import type { PhaseName } from "../selftest/phases.js";
import { AFTER_DISABLE, flowOfTest } from "../selftest/selftest.js";
import { combine, TERM_IDS, type TermCounts, type TermId, termCounts } from "./terms.js";

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
 * Simulates what the real dirty_log_perf_test does with these options, on Linux 7.3 with the 4K
 * granule on the host.
 *
 * The real guest never gets its seed, and its first vCPU so writes every page in order, whatever
 * `-w` says above 0 (Linux 7.3); so do the vCPUs here. Runs of several vCPUs with `-w` 1 to 99, and
 * those with `-a`, are the caller's to leave out.
 *
 * @throws UserError where the options make no guest, or one too large
 */
export function countSelftest(
  options: TestedOptions,
  mode: TestedMode,
  strategy: SplitStrategy,
): readonly PhaseCounts[] {
  const { vcpus, iterations, manualProtect } = options;
  const flow = flowOf(options, mode);
  // The first accesses afterwards are no phase that the test prints.
  const printed = flow.steps.filter(({ name }) => name !== AFTER_DISABLE);
  const steps = runFlow({ ...flow, steps: printed }, strategy, { digest: false });
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

/** The flow that the test drives. @throws UserError as {@link countSelftest} */
export function flowOf(options: TestedOptions, mode: TestedMode): FlowInput {
  const { memoryPerVcpuBytes, vcpus, memslots, manualProtect, iterations, overlap, writePercent } = options;
  const memoryBytes = memoryPerVcpuBytes * vcpus;
  if (memoryBytes > LARGEST)
    throw badInput(`memory of ${formatSize(memoryBytes)}`, "too large to simulate", `at most ${formatSize(LARGEST)}`);
  return flowOfTest({
    granule: "4K",
    ipaBits: mode.paBits,
    guestPageBytes: mode.pageBytes,
    backing: backingNamed(options.backing),
    bytesPerVcpu: memoryPerVcpuBytes,
    vcpus,
    memslots,
    iterations,
    writePercent: writePercent === 0 ? 0 : 100,
    random: false,
    overlap,
    manual: manualProtect ? 3 : 0,
    whileDisabling: false,
    chunk: formatSize(options.eagerSplitChunkBytes ?? 0),
    rule: "lehmer",
    seed: 1,
  });
}

/** Terms that an ioctl has which touches no page table. */
const WITHOUT_WORK: ReadonlySet<TermId> = new Set(["ioctls", "enables", "calls", "ranges"]);

/**
 * Whether a phase does anything to page tables, or is the guest's own pass: what costs are fitted
 * to.
 */
export function hasWork({ phase, terms }: PhaseCounts): boolean {
  // Populating allocates the host's memory, which is not modelled.
  if (phase === "populate" || phase === "disable" || phase === "set-mode") return false;
  if (phase === "dirty") return true;
  return TERM_IDS.some((id) => terms[id] > 0 && !WITHOUT_WORK.has(id));
}
