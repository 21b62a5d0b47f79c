import type { GuestFlow } from "../mmu/flow/guestFlow.js";
import { flowOfTest, type TestOptions } from "./selftest.js";

/** What the test is started with, on MMUs whose pages are 4K. */
export type GuestFlowOptions = Omit<
  TestOptions,
  "granule" | "ipaBits" | "chunk" | "bbm" | "guestPageBytes" | "offset"
> & {
  /** Guest physical base of the memory: the test's own depends on the guest mode. */
  readonly offset: number;
};

/** As wide as any guest of the test: where the memory ends is for the MMU to judge. */
const ADDRESS_BITS = 48;

/**
 * The test as any MMU can run it: memory, vCPUs and steps.
 *
 * @throws UserError for memory that cannot be cut evenly
 */
export function guestFlowOf(options: GuestFlowOptions): GuestFlow {
  const { manual, slots, vcpus, partitioned, pagesPerVcpu, rule, seed, steps } = flowOfTest({
    ...options,
    granule: "4K",
    ipaBits: ADDRESS_BITS,
    chunk: "0",
  });
  const hugetlb = options.backing.startsWith("hugetlb");
  return {
    manual,
    slots: slots.map((slot) => ({ ...slot, backing: slot.backing.map((part) => ({ ...part, hugetlb })) })),
    vcpus,
    partitioned,
    pagesPerVcpu,
    rule,
    seed,
    steps: steps.flatMap((step) => (step.op === "access" || step.op === "clear_part" ? [] : [step])),
  };
}
