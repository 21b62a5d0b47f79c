import { unknownName } from "../errors.js";
import type { CostProfile, Provenance } from "./profile.js";

/**
 * The built-in profiles. Each figure says whether it was published, derived (with the computation) or assumed. What a source does
 * not tell is left out, and `modelTime` names what it could not price.
 */

const RFC = "Leonardo Bras, RFC cover letter, 2026-05-15";
const V1 = "Leonardo Bras, v1 cover letter, 2026-06-10";
const V2 = "Leonardo Bras, v2 cover letter, 2026-06-18";
const KOLLER = "Ricardo Koller, cover letter, 2023-01-13";
const MATLACK = "David Matlack, v1 cover letter, 2021-12-13";

function derived(how: string, source: string): Provenance {
  return { kind: "derived", how, source };
}

function assumed(how: string, source = "s2split"): Provenance {
  return { kind: "assumed", how, source };
}

/** What the RFC's timing of kvm_mmu_split_huge_pages() alone tells, by difference between its rows. */
const modelRfc: CostProfile = {
  kind: "s2split-cost-profile",
  schemaVersion: 1,
  name: "model-rfc",
  title: "the software model on which the RFC was timed; split alone, no write-protection",
  mmu: "arm64",
  costs: {
    splitVisit: {
      ns: 657,
      provenance: derived("172 ms saved / 261632 visits saved (4K row)", RFC),
      includes: ["inspect", "walk"],
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
    "A software model says nothing about hardware (Marc Zyngier, 2026-05-16): use it to reproduce the RFC, not to predict.",
    "The RFC timed the split alone: there is no figure for write-protection.",
  ],
};

/** v1 and v2 give ratios only; one visit is assumed to take 15 ns, and no percentage depends on that. */
function ratioProfile(
  name: string,
  title: string,
  source: string,
  writeProtect: number,
  splitPage: number,
): CostProfile {
  const visit = 15;
  return {
    kind: "s2split-cost-profile",
    schemaVersion: 1,
    name,
    title,
    mmu: "arm64",
    costs: {
      writeProtectVisit: {
        ns: visit * writeProtect,
        provenance: {
          ...derived(`${writeProtect} x splitVisit, fitted to the 4K row of enable`, source),
          scale: "splitVisit",
        },
        includes: ["writeProtectStore"],
      },
      splitVisit: {
        ns: visit,
        provenance: assumed("the scale; the source gives ratios only"),
        includes: ["inspect", "walk"],
      },
      nestedEntry: {
        ns: visit * splitPage,
        provenance: {
          ...derived(
            `${splitPage} x splitVisit for each page split, everything included; fitted to the thp row of enable`,
            source,
          ),
          scale: "splitVisit",
        },
        includes: ["nestedStore", "splitStore", "tableAlloc", "tableZero", "tlbiBroadcast", "lockDrop"],
      },
    },
    notes: [
      "Two ratios, fitted to two rows of enable. Times rest on an assumed scale; percentages do not.",
      "Nothing for a range, an ioctl or a fault: clear is modelled without its overhead per 64-page word.",
    ],
  };
}

const ampereone = ratioProfile("ampereone", "AmpereOne, ratios from v1; the scale is assumed", V1, 1.82, 7.4);
const thunderx2 = ratioProfile("thunderx2", "ThunderX2, ratios from v2; the scale is assumed", V2, 1.27, 3.06);

const kunpeng920: CostProfile = {
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

const altraLike: CostProfile = {
  kind: "s2split-cost-profile",
  schemaVersion: 1,
  name: "altra-like",
  title: "a server with many cores; broadcast TLBIs that contend",
  mmu: "arm64",
  costs: {
    writeProtectVisit: { ns: 15, provenance: assumed("as the split visit"), includes: ["writeProtectStore"] },
    splitVisit: {
      ns: 15,
      provenance: assumed("a guess of a warm visit on a server core"),
      includes: ["inspect", "walk"],
    },
    nestedEntry: { ns: 15, provenance: assumed("as the split visit"), includes: ["nestedStore"] },
    freeVisit: { ns: 15, provenance: assumed("as the split visit"), includes: [] },
    tableAlloc: {
      ns: 400,
      provenance: assumed("from zeroing a page on x86; allocate and zero together"),
      includes: ["tableZero"],
    },
    tlbiBroadcast: {
      ns: 1900,
      nsPerFurtherIssuer: 1900,
      provenance: derived(
        "(2.63 - 1.66) ms / 512 blocks with 1 vCPU; 1 to 2 us for each concurrent issuer",
        `${KOLLER}; Jing Zhang`,
      ),
      includes: ["splitStore"],
    },
    fault: {
      ns: 1500,
      provenance: derived("1.5 to 1.8 us per write-protect fault", `${KOLLER}; Jing Zhang`),
      includes: ["exit", "mapVisit", "relaxVisit", "faultStore", "tlbiLocal", "cacheMaintenance"],
    },
  },
  notes: [
    "Made from several machines: for orders of magnitude. Calibrate a profile for yours.",
    "Nothing for mmu_lock drops, ranges (64-page words), ioctls, flushes or the guest's own accesses.",
  ],
};

const x86Tdp: CostProfile = {
  kind: "s2split-cost-profile",
  schemaVersion: 1,
  name: "x86-tdp",
  title: "x86 TDP MMU",
  mmu: "x86-tdp",
  costs: {
    loop: {
      ns: 13,
      provenance: { kind: "published", how: "115 us / 8913 loops saved", source: "Bernhard Kauer, 2024-10-23" },
    },
    tableSplit: {
      ns: 31400,
      provenance: derived(
        "(1.5469 - 0.00168) s / (96 x 513 tables), enabling with against without eager splitting",
        MATLACK,
      ),
      includes: ["lockDrop", "tableAlloc", "tableZero", "flush"],
    },
    fault: {
      ns: 1100,
      provenance: derived("from the first dirty pass; the division is not recorded", MATLACK),
      includes: ["exit"],
    },
    range: {
      ns: 122,
      provenance: derived(
        "(1.4225 - 1.3745) s / (96 x 4096 words), third clear with against without eager splitting",
        MATLACK,
      ),
    },
  },
  notes: ["The loop is from another machine than the rest."],
};

const BUILTIN = {
  "model-rfc": modelRfc,
  ampereone,
  thunderx2,
  kunpeng920,
  "altra-like": altraLike,
  "x86-tdp": x86Tdp,
} as const satisfies Readonly<Record<string, CostProfile>>;

/** The name of a built-in profile. */
export type ProfileId = keyof typeof BUILTIN;

/** The built-in profiles in the order of tables. */
export const PROFILES: readonly CostProfile[] = Object.values(BUILTIN);

/** The profile used where none is asked for: the only arm64 one that prices the split, the TLBIs and the faults. */
export const DEFAULT_PROFILE = "altra-like" satisfies ProfileId;

export function builtinProfile(id: ProfileId): CostProfile {
  return BUILTIN[id];
}

/** @throws UserError naming the nearest known profile */
export function profileNamed(name: string): CostProfile {
  if (Object.hasOwn(BUILTIN, name)) return BUILTIN[name as ProfileId];
  throw unknownName("cost profile", name, Object.keys(BUILTIN));
}
