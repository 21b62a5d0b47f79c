import type { CostProfile } from "../profile.js";
import { derived } from "./provenance.js";

const MATLACK = "David Matlack, v1 cover letter, 2021-12-13";

export const x86Tdp: CostProfile = {
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
