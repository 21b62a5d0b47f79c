import { badInput } from "../errors.js";
import { segmentsFor } from "../guest/backings.js";
import { type Granule, legalChunks, needsLpa2 } from "../guest/geometry.js";
import { formatAddress, formatSize, parseAddress, parseSize } from "../guest/sizes.js";
import type { FlowInput, FlowSlot, FlowStepInput, GuestRule } from "../mmu/arm64/flowInput.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { memoryRegion } from "./placement.js";

/** What dirty_log_perf_test is started with, checked and in bytes. */
export interface TestOptions {
  readonly granule: Granule;
  readonly ipaBits: number;
  /** A canonical name of `backings`. */
  readonly backing: string;
  /** -b: memory of each vCPU; the whole is `vcpus` times this, overlapping or not. */
  readonly bytesPerVcpu: number;
  readonly vcpus: number;
  /** -x */
  readonly memslots: number;
  /** -i */
  readonly iterations: number;
  /** -w */
  readonly writePercent: number;
  /** -a */
  readonly random: boolean;
  /** -o: every vCPU accesses all memory. */
  readonly overlap: boolean;
  /** 0 with -g. */
  readonly manual: FlowInput["manual"];
  /** -e: guests run while logging is disabled. */
  readonly whileDisabling: boolean;
  /** -r */
  readonly seed: number;
  /** -p */
  readonly offset?: number | undefined;
  /** Of the guest mode (-m); the granule where undefined. */
  readonly guestPageBytes?: number | undefined;
  readonly chunk: string;
  readonly bbm?: 2 | undefined;
  readonly rule: GuestRule;
  /** thp: share of the level-2 regions that are one block. Default 1. */
  readonly thpCoverage?: number | undefined;
}

/**
 * Host addresses of the slots: far apart, each aligned to every page size, as mappings of their own
 * are.
 */
const FIRST_HVA = 2 ** 46;
const HVA_STEP = 2 ** 36;

/**
 * The flow of a run of the test: where it places its memory, and what it does in which order.
 *
 * Source: Linux 7.3, tools/testing/selftests/kvm/dirty_log_perf_test.c, `run_test()`;
 * lib/memstress.c.
 *
 * @throws UserError for memory that does not fit or cannot be cut evenly
 */
export function flowOfTest(options: TestOptions): FlowInput {
  const { granule, vcpus } = options;
  const [pageBytes] = legalChunks(granule);
  const guestPageBytes = options.guestPageBytes ?? pageBytes;
  const unit = Math.max(pageBytes, guestPageBytes);
  const memoryBytes = options.bytesPerVcpu * vcpus;
  if (options.bytesPerVcpu === 0 || options.bytesPerVcpu % unit !== 0) {
    throw badInput(
      `-b ${formatSize(options.bytesPerVcpu)}`,
      "not a whole number of pages",
      `a multiple of ${formatSize(unit)}, at least one`,
    );
  }
  const slotBytes = memoryBytes / options.memslots;
  if (slotBytes % unit !== 0) {
    throw badInput(
      `${formatSize(memoryBytes)} in ${options.memslots} memslots`,
      "cannot be cut evenly into whole pages",
      `memory that is a multiple of ${formatSize(unit * options.memslots)}`,
    );
  }
  if (options.offset !== undefined && options.offset % unit !== 0) {
    throw badInput(`-p ${formatAddress(options.offset)}`, "not page-aligned", `a multiple of ${formatSize(unit)}`);
  }
  const backingPageBytes = backingPage(options.backing, granule);
  const region = memoryRegion({
    ipaBits: options.ipaBits,
    memoryBytes,
    guestPageBytes: unit,
    backingPageBytes,
    offset: options.offset,
  });
  const step = Math.max(HVA_STEP, 2 ** Math.ceil(Math.log2(slotBytes)));
  const slots = Array.from(
    { length: options.memslots },
    (_, i): FlowSlot => ({
      base: formatAddress(region.start + i * slotBytes),
      size: formatSize(slotBytes),
      hva: formatAddress(FIRST_HVA + i * step),
      backing: segmentsFor(options.backing, slotBytes, granule, options.thpCoverage ?? 1, options.seed + i).map(
        ({ map, size }) => ({ map, size }),
      ),
    }),
  );
  return {
    granule,
    ipaBits: options.ipaBits,
    ...(needsLpa2(granule, options.ipaBits) ? { lpa2: true } : {}),
    chunk: options.chunk,
    manual: options.manual,
    ...(options.bbm === undefined ? {} : { bbm: options.bbm }),
    slots,
    vcpus,
    partitioned: !options.overlap,
    pagesPerVcpu: options.bytesPerVcpu / guestPageBytes,
    ...(guestPageBytes === pageBytes ? {} : { guestPage: formatSize(guestPageBytes) }),
    rule: options.rule,
    seed: options.seed,
    steps: testSteps(options),
  };
}

/** The step after the test's own: the first accesses once logging is disabled. */
export const AFTER_DISABLE = "after_disable";

/** The steps of the test, and the first accesses after logging is disabled. */
export function testSteps(
  options: Pick<TestOptions, "iterations" | "writePercent" | "random" | "manual" | "whileDisabling">,
): FlowStepInput[] {
  const { iterations, writePercent } = options;
  const order = options.random ? "random" : "sequential";
  const steps: FlowStepInput[] = [
    // Populating writes every page in order, whatever the options say, so that all memory is
    // mapped.
    { op: "guest", name: "populate", iteration: 0, writePercent: 100, order: "sequential" },
    { op: "enable", name: "enable" },
  ];
  for (let iteration = 1; iteration <= iterations; iteration++) {
    steps.push({ op: "guest", name: `dirty${iteration}`, iteration, writePercent, order });
    steps.push({ op: "get", name: `get${iteration}` });
    if (options.manual !== 0) steps.push({ op: "clear", name: `clear${iteration}` });
  }
  const next = iterations + 1;
  if (!options.whileDisabling) {
    steps.push({ op: "disable", name: "disable" });
    steps.push({ op: "guest", name: AFTER_DISABLE, iteration: next, writePercent, order });
    return steps;
  }
  const guests = { op: "guest", name: "while_disabling", iteration: next, writePercent, order } as const;
  steps.push({ op: "disable", name: "disable", guests });
  steps.push({ op: "guest", name: AFTER_DISABLE, iteration: next + 1, writePercent, order });
  return steps;
}

/** What the test aligns its memory to: the backing's page size, which its name ends in. */
function backingPage(backing: string, granule: Granule): number {
  const [page, block] = legalChunks(granule);
  if (backing === "thp" || backing === "mixed") return block;
  return Math.max(page, parseSize(backing.replace("hugetlb-", "")));
}

/**
 * The flow of the test on the memory of a scenario: host addresses agree with guest addresses, so
 * that populating maps the leaves that the scenario says. Its mode and chunk are taken, unless
 * `manual` says otherwise.
 *
 * @throws UserError for holes and read-only leaves, which the test's guests would fault on, and
 *   memory that vCPUs cannot share evenly
 */
export function flowOfScenario(
  scenario: Arm64Scenario,
  options: Pick<
    TestOptions,
    "vcpus" | "iterations" | "writePercent" | "random" | "overlap" | "whileDisabling" | "seed" | "rule"
  > & { readonly manual?: TestOptions["manual"] },
): FlowInput {
  const { granule, ipaBits, dirtyLog } = scenario;
  const manual = options.manual ?? (dirtyLog.mode === "enable" ? 0 : 3);
  let memoryBytes = 0;
  const slots = scenario.memslots.map((slot, i): FlowSlot => {
    let bytes = 0;
    for (const [j, segment] of slot.segments.entries()) {
      const path = `memslots[${i}].segments[${j}]`;
      if (segment.map === "hole") throw badInput(path, "is a hole, but the test accesses every page", "mapped memory");
      if (segment.writeProtected === true) {
        throw badInput(path, "is write-protected from the start", "memory as guests populate it");
      }
      bytes += parseSize(segment.size, `${path}.size`);
    }
    memoryBytes += bytes;
    const base = parseAddress(slot.base, `memslots[${i}].base`);
    return {
      base: slot.base,
      size: formatSize(bytes),
      hva: formatAddress(FIRST_HVA + base),
      backing: slot.segments.map(({ map, size }) => ({ map, size })),
    };
  });
  const pages = memoryBytes / legalChunks(granule)[0];
  if (pages % options.vcpus !== 0) {
    throw badInput(`-v ${options.vcpus}`, `cannot share ${pages} pages evenly`, "a divisor of the pages");
  }
  return {
    granule,
    ipaBits,
    ...(scenario.lpa2 === undefined ? {} : { lpa2: scenario.lpa2 }),
    chunk: dirtyLog.chunk,
    manual,
    ...(dirtyLog.bbm === undefined ? {} : { bbm: dirtyLog.bbm }),
    slots,
    vcpus: options.vcpus,
    partitioned: !options.overlap,
    pagesPerVcpu: pages / options.vcpus,
    rule: options.rule,
    seed: options.seed,
    steps: testSteps({ ...options, manual }),
  };
}
