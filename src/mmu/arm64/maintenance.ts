import { count, type Tally, untold } from "../counters.js";

/**
 * Barriers and TLB maintenance instructions, counted as KVM issues them; cache maintenance of what
 * faults map. On an Ampere1A (erratum AC04_CPU_23) each `hcrWrites` brings a DSB NSH and an ISB
 * more, which are not counted.
 */
const SHARED = {
  dsbIshst: count("barriers/dsbIshst", "DSB ISHST", "barriers", "cost", "DSB ISHST: stores, all CPUs of the guest."),
  dsbIsh: count("barriers/dsbIsh", "DSB ISH", "barriers", "cost", "DSB ISH: loads, stores and TLBIs, all CPUs."),
  isb: count("barriers/isb", "ISB", "barriers", "cost", "Instruction synchronisation barriers."),
  hcrWrites: count("barriers/hcrWrites", "HCR_EL2 writes", "writes", "cost", "Switches to the guest and back (VHE)."),
  hypercalls: count("barriers/hypercalls", "hypercalls", "calls", "cost", "Invalidations that trap to EL2 (nVHE)."),
  ipas2e1is: count("tlbiInstructions/ipas2e1is", "TLBI IPAS2E1IS", "TLBIs", "cost", "By IPA, stage 2, broadcast."),
  vmalle1is: count(
    "tlbiInstructions/vmalle1is",
    "TLBI VMALLE1IS",
    "TLBIs",
    "cost",
    "All of stage 1 of the guest, broadcast: after each invalidation by IPA or range.",
  ),
  vmalls12e1is: count(
    "tlbiInstructions/vmalls12e1is",
    "TLBI VMALLS12E1IS",
    "TLBIs",
    "cost",
    "All of the guest, both stages, broadcast: a flush without FEAT_TLBIRANGE.",
  ),
  ripas2e1is: count(
    "tlbiInstructions/ripas2e1is",
    "TLBI RIPAS2E1IS",
    "TLBIs",
    "cost",
    "A range of IPAs, stage 2, broadcast (FEAT_TLBIRANGE).",
  ),
};

/** What only faults need: this CPU's own TLB, and the caches. */
const FAULTS = {
  dsbNshst: count("barriers/dsbNshst", "DSB NSHST", "barriers", "cost", "DSB NSHST: stores, this CPU."),
  dsbNsh: count("barriers/dsbNsh", "DSB NSH", "barriers", "cost", "DSB NSH: loads, stores and TLBIs, this CPU."),
  dsbSy: count("barriers/dsbSy", "DSB SY", "barriers", "cost", "DSB SY: after the data cache was cleaned."),
  ipas2e1: count("tlbiInstructions/ipas2e1", "TLBI IPAS2E1", "TLBIs", "cost", "By IPA, stage 2, this CPU."),
  vmalle1: count("tlbiInstructions/vmalle1", "TLBI VMALLE1", "TLBIs", "cost", "All of stage 1 of the guest, this CPU."),
  dcCivac: count("cacheMaintenance/dcCivac", "DC CIVAC", "lines", "cost", "Lines of the data cache cleaned to memory."),
  icIvau: count("cacheMaintenance/icIvau", "IC IVAU", "lines", "cost", "Lines of the instruction cache invalidated."),
  icIalluis: count(
    "cacheMaintenance/icIalluis",
    "IC IALLUIS",
    "instructions",
    "cost",
    "Invalidations of whole instruction caches, broadcast: for more than 32 KiB.",
  ),
};

/** All of them, for guest steps of flows. */
export const FAULT_MAINTENANCE = { ...SHARED, ...FAULTS };

/**
 * The same fields for ioctls, which do no local and no cache maintenance; those stay 0, and are not
 * told.
 */
export const IOCTL_MAINTENANCE = {
  ...SHARED,
  ...(Object.fromEntries(Object.entries(FAULTS).map(([name, one]) => [name, untold(one)])) as typeof FAULTS),
};

export type MaintenanceCounts = Tally<typeof FAULT_MAINTENANCE>;

/** What a host's processor has, as far as instructions depend on it. */
export interface CpuFeatures {
  /**
   * The hypervisor runs at EL1, and each invalidation traps to EL2 (ThunderX2 and AmpereOne boot
   * with VHE).
   */
  readonly nvhe: boolean;
  /** FEAT_TLBIRANGE: Armv8.4; AmpereOne has it, ThunderX2 has not. */
  readonly tlbiRange: boolean;
  /** FEAT_S2FWB: Armv8.4. The data cache need not be cleaned. */
  readonly fwb: boolean;
  /** CTR_EL0.DIC: the instruction cache need not be invalidated. */
  readonly dic: boolean;
}

/**
 * VHE and FEAT_TLBIRANGE. The golden flows have cache maintenance at each map: neither FWB nor DIC.
 */
export const DEFAULT_CPU: CpuFeatures = { nvhe: false, tlbiRange: true, fwb: false, dic: false };

/** Granule pages that one range invalidation covers at most (kernel: MAX_TLBI_RANGE_PAGES). */
export const RANGE_PAGES = 2 ** 21;
/** Granule pages that one range invalidation counts in, by its scale from 3 to 0. */
const RANGE_UNITS = [2 ** 16, 2 ** 11, 2 ** 6, 2];
const CACHE_LINE_BYTES = 64;
/** Beyond so many bytes all instruction caches are invalidated (kernel: MAX_DVM_OPS lines). */
const IC_BY_LINE_BYTES = 32 * 1024;

/**
 * Issues invalidations and barriers, and counts them.
 *
 * Source: Linux 7.3, arch/arm64/kvm/hyp/vhe/tlb.c, hyp/nvhe/tlb.c,
 * arch/arm64/include/asm/tlbflush.h, arch/arm64/kvm/mmu.c.
 */
export class Maintenance {
  constructor(
    private readonly counts: MaintenanceCounts,
    private readonly cpu: CpuFeatures,
    /** Page bytes, where LPA2 has ranges begin at multiples of 64K; else null. */
    private readonly lpa2PageBytes: number | null,
  ) {}

  /** One entry, on all CPUs. Kernel: `__kvm_tlb_flush_vmid_ipa()`. */
  byIpa(): void {
    this.counts.ipas2e1is++;
    this.counts.vmalle1is++;
    this.broadcast(2);
  }

  /** One entry, on this CPU alone. Kernel: `__kvm_tlb_flush_vmid_ipa_nsh()`. */
  byIpaLocal(): void {
    const { counts } = this;
    counts.ipas2e1++;
    counts.vmalle1++;
    if (!this.cpu.nvhe) counts.dsbNshst++;
    counts.dsbNsh += this.cpu.nvhe ? 3 : 2;
    this.switches();
  }

  /**
   * A piece of guest memory: ranges of at most 2^21 pages, or all of the guest. Returns the ranges;
   * 0 for the latter. Kernel: `kvm_tlb_flush_vmid_range()`.
   */
  flush(startGfn: number, pages: number): number {
    if (!this.cpu.tlbiRange) {
      this.counts.vmalls12e1is++;
      this.broadcast(1);
      return 0;
    }
    let ranges = 0;
    for (let done = 0; done < pages; done += RANGE_PAGES) {
      this.range(startGfn + done, Math.min(RANGE_PAGES, pages - done));
      ranges++;
    }
    return ranges;
  }

  /** Stores must be seen by the walkers of all CPUs. */
  storesDone(): void {
    this.counts.dsbIshst++;
  }

  /**
   * Memory is about to be mapped: a guest may read it past the caches (kernel:
   * `dcache_clean_inval_poc()`).
   */
  cleanData(bytes: number): void {
    if (this.cpu.fwb) return;
    this.counts.dcCivac += bytes / CACHE_LINE_BYTES;
    this.counts.dsbSy++;
  }

  /** Memory is about to become executable (kernel: `__invalidate_icache_guest_page()`). */
  invalidateInstructions(bytes: number): void {
    const { counts } = this;
    const byLine = bytes <= IC_BY_LINE_BYTES;
    if (byLine) counts.isb++;
    if (this.cpu.dic) return;
    if (byLine) counts.icIvau += bytes / CACHE_LINE_BYTES;
    else counts.icIalluis++;
    counts.dsbIsh++;
  }

  /**
   * Kernel: `__flush_tlb_range_op()`: by scale, from the largest, at most 32 units each; an odd
   * last page alone.
   */
  private range(startGfn: number, pages: number): void {
    const { counts } = this;
    let left = pages;
    if (this.lpa2PageBytes !== null) {
      const align = (64 * 1024) / this.lpa2PageBytes;
      const single = Math.min(left, (align - (startGfn % align)) % align);
      counts.ipas2e1is += single;
      left -= single;
    }
    for (const unit of RANGE_UNITS) {
      const units = Math.min(32, Math.floor(left / unit));
      if (units === 0) continue;
      counts.ripas2e1is++;
      left -= units * unit;
    }
    counts.ipas2e1is += left;
    counts.vmalle1is++;
    this.broadcast(2);
  }

  /**
   * What surrounds a broadcast: VHE's first barrier need only order stores, nVHE's is a full one.
   */
  private broadcast(fullBarriers: number): void {
    if (!this.cpu.nvhe) this.counts.dsbIshst++;
    this.counts.dsbIsh += this.cpu.nvhe ? fullBarriers + 1 : fullBarriers;
    this.switches();
  }

  private switches(): void {
    const { counts } = this;
    if (this.cpu.nvhe) {
      counts.isb += 3;
      counts.hypercalls++;
    } else {
      counts.isb += 4;
      counts.hcrWrites += 2;
    }
  }
}
