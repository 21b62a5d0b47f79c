import type { CostProfile, Provenance } from "../profile.js";
import { assumed, derived } from "./provenance.js";

const RFC = "Leonardo Bras, RFC cover letter, 2026-05-15";
const V1 = "Leonardo Bras, v1 cover letter, 2026-06-10";
const V2 = "Leonardo Bras, v2 cover letter, 2026-06-18";
const KOLLER = "Ricardo Koller, cover letter, 2023-01-13";
const ZHANG = "Jing Zhang, v2 cover letter, 2022-01-18";
const UPTON = "Oliver Upton, v5 cover letter, 2022-11-07";
const KERNEL_C = "the kernel's own C, run in userspace on an Intel Xeon";
/** Assumed: see its provenance. */
const THUNDERX2_VISIT = 3;

/**
 * What the RFC's timing of kvm_mmu_split_huge_pages() alone tells, by difference between its rows.
 */
export const modelRfc: CostProfile = {
  kind: "s2split-cost-profile",
  schemaVersion: 1,
  name: "model-rfc",
  title: "the software model on which the RFC was timed; split alone, no write-protection",
  mmu: "arm64",
  costs: {
    splitVisit: {
      ns: 657,
      provenance: derived("172 ms saved / 261632 visits saved (4K row)", RFC),
      includes: ["inspect", "walk", "closingDsb"],
    },
    splitVisitNewTable: {
      ns: 578,
      provenance: derived("153 and 150 ms saved / 262144 visits saved (thp and hugetlb-1g rows), mean", RFC),
    },
    nestedEntry: {
      ns: 2200,
      provenance: derived("what is left of the hugetlb-1g row, 576.4 ms / 262144 pages", RFC),
      includes: ["nestedStore", "tableAlloc", "tableZero"],
    },
    tlbiBroadcast: {
      ns: 83000,
      provenance: derived("(618.95 - 576.39) ms / 511 blocks broken more (thp against hugetlb-1g row)", RFC),
      includes: ["splitStore"],
    },
    // Of the split alone, which is all that was timed: an ioctl that splits nothing has none of it.
    splitFixed: {
      ns: 4_400_000,
      provenance: derived("what is left of the 4K row: 172 / 0.9733 - 172.2 ms", RFC),
      includes: ["lockDrop", "range"],
    },
  },
  notes: [
    "A software model says nothing about hardware (Marc Zyngier, 2026-05-16): use it to reproduce the RFC, not " +
      "to predict.",
    "The RFC timed the split alone: there is no figure for write-protection.",
  ],
};

/**
 * v1 and v2 give ratios to a split visit only.
 *
 * A walk of a 64-page word: the kernel's own C in userspace, clearing 1 GiB of 4K pages, takes 0.18
 * and 0.17 ms less (chunk 2M, 1G) for 3584 words less: 48 ns a word, of two walks from the root, a
 * look at the cache and a bit, at 2.6 ns a split visit. No barrier is in it.
 */
const WALK = 9.3;
const WALK_HOW = `${WALK} x splitVisit: 48 ns a word less / 2.6 ns a visit / 2 walks`;

/**
 * A broken block costs so many split visits more than the pages that it becomes: what tells the thp
 * rows of v1, with 512 blocks a GiB, from the hugetlb-1g rows, with one. On the same machine a
 * guest fault that breaks a block takes 5.23 us and one that maps a page 2.59: the difference gives
 * the visit its nanoseconds.
 */
const AMPEREONE_BREAK = 1270;
const AMPEREONE_VISIT = 2.1;

/** What v1 tells as a multiple of a split visit. */
function v1(ratio: number, what: string): { ns: number; provenance: Provenance } {
  return {
    ns: AMPEREONE_VISIT * ratio,
    provenance: { ...derived(`${ratio} x splitVisit: ${what}`, V1), scale: "splitVisit" },
  };
}

export const ampereone: CostProfile = {
  kind: "s2split-cost-profile",
  schemaVersion: 1,
  name: "ampereone",
  title: "AmpereOne: walks from v1, guest faults from Koller's tables",
  mmu: "arm64",
  costs: {
    writeProtectVisit: {
      ...v1(1.81, "fitted to its six rows"),
      includes: ["writeProtectStore"],
    },
    splitVisit: {
      ns: AMPEREONE_VISIT,
      provenance: derived(
        `(5230 - 2590) ns more of a fault that breaks a block / ${AMPEREONE_BREAK} visits that a broken block ` +
          "costs in v1",
        `${KOLLER}; ${V1}`,
      ),
      interval: [1.3, 4.3],
    },
    nestedEntry: {
      ...v1(6.21, "each page of a split block, fitted to its six rows"),
      includes: ["nestedStore", "tableAlloc", "tableZero"],
    },
    tlbiBroadcast: {
      ...v1(AMPEREONE_BREAK, "each broken block, fitted to its six rows"),
      includes: ["splitStore", "lockDrop"],
    },
    walk: {
      ns: AMPEREONE_VISIT * WALK,
      provenance: {
        ...derived(WALK_HOW, KERNEL_C),
        scale: "splitVisit",
      },
      includes: ["inspect"],
    },
    closingDsb: {
      ...v1(59.4, "a 64-page word beyond its walks: the closing DSB, with the bitmap's atomic; fitted to its six rows"),
      includes: ["range"],
    },
    flush: {
      ns: 1240,
      provenance: derived("as the broadcast invalidations of a fault that breaks a block", KOLLER),
    },
  },
  contention: {
    alone: { relax: 3073, map: 2591, broken: 5228 },
    parallel: { serial: 178.8, broadcast: 1238 },
    provenance: derived("least squares of the relative errors of 36 rows, by mean value analysis", KOLLER),
    fittedTo: [
      "koller-2023-sparse/lazy",
      "koller-2023-sparse/eager",
      "koller-2023-read-mostly/lazy",
      "koller-2023-read-mostly/eager",
    ],
  },
  notes: [
    "Two posts three years and several kernels apart; the nanoseconds of a walk are known to a factor of two.",
    "Nothing for an ioctl outside the page tables, nor for the guest's own accesses.",
  ],
};

export const thunderx2: CostProfile = {
  kind: "s2split-cost-profile",
  schemaVersion: 1,
  name: "thunderx2",
  title: "ThunderX2, ratios from v2; the scale is assumed",
  mmu: "arm64",
  costs: {
    writeProtectVisit: {
      ns: THUNDERX2_VISIT * 1.27,
      provenance: { ...derived("1.27 x splitVisit, fitted to the 4K row of enable", V2), scale: "splitVisit" },
      includes: ["writeProtectStore"],
    },
    splitVisit: {
      ns: THUNDERX2_VISIT,
      provenance: assumed("the scale; the source gives ratios only. The kernel's own C takes 2.6 ns on an Intel Xeon"),
    },
    nestedEntry: {
      ns: THUNDERX2_VISIT * 3.06,
      provenance: {
        ...derived("3.06 x splitVisit for each page split, everything included; fitted to the thp row of enable", V2),
        scale: "splitVisit",
      },
      includes: ["nestedStore", "splitStore", "tableAlloc", "tableZero", "tlbiBroadcast", "lockDrop"],
    },
    walk: {
      ns: THUNDERX2_VISIT * WALK,
      provenance: {
        ...derived(WALK_HOW, KERNEL_C),
        scale: "splitVisit",
      },
      includes: ["inspect", "range", "closingDsb"],
    },
  },
  notes: [
    "Two ratios, fitted to two rows of enable, and a walk that was measured elsewhere. Times rest on an assumed " +
      "scale; percentages do not.",
    "Nothing for an ioctl or a fault.",
  ],
};

export const altra2022: CostProfile = {
  kind: "s2split-cost-profile",
  schemaVersion: 1,
  name: "altra-2022",
  title: "Ampere Altra with Linux 5.16: guest faults under a spinlock, lock debugging on",
  mmu: "arm64",
  costs: {},
  contention: {
    alone: { map: 1766 },
    spinlock: { hold: 1047, handOver: 184 },
    provenance: derived("least squares of the relative errors of 7 rows, by the bound", ZHANG),
    fittedTo: ["zhang-2022-exclusive/spinlock"],
  },
  notes: [
    "LOCK_STAT was on: a fault holds the lock for twice as long as on the machine of upton-2022. Do not carry it " +
      "to production kernels.",
    "The test set up no vGIC: each exit does more work than it would today.",
  ],
};

export const upton2022: CostProfile = {
  kind: "s2split-cost-profile",
  schemaVersion: 1,
  name: "upton-2022",
  title: "an arm64 server of 48 CPUs or more, not named: guest faults before and after parallel fault handling",
  mmu: "arm64",
  costs: {},
  contention: {
    alone: { map: 863 },
    parallel: { serial: 125.9, remote: 387 },
    rwlock: { hold: 463, handOver: 134 },
    provenance: derived(
      "least squares of the relative errors of 14 rows: the bound for the write lock, mean value analysis for " +
        "the read lock",
      UPTON,
    ),
    fittedTo: ["upton-2022-11-dirty/write lock", "upton-2022-11-dirty/read lock"],
  },
  notes: [
    "Faults that map a page, in THP that is split lazily; a fault that breaks a block or relaxes is taken to be alike.",
  ],
};

export const kunpeng920: CostProfile = {
  kind: "s2split-cost-profile",
  schemaVersion: 1,
  name: "kunpeng920",
  title: "Kunpeng 920: write-protection and guest exits only",
  mmu: "arm64",
  costs: {
    writeProtectVisit: {
      ns: 19,
      provenance: derived(
        "650 ms / 33554432 pages (128G of 4K pages, before initially-all-set)",
        "Keqian Zhu, 2020-04-13",
      ),
      includes: ["writeProtectStore", "inspect", "walk"],
    },
    exit: {
      ns: 408,
      provenance: {
        kind: "published",
        how: "kvm-unit-tests hypercall; a fault costs more",
        source: "exit latencies as published",
      },
    },
  },
  notes: ["No figure for the split: it prices lazy enabling, and of a fault the exit alone."],
};
