import { COSTS, type CostProfile, type FaultContention } from "./profile.js";
import { PROFILES } from "./profiles.js";

/** One line of `list profiles`; {@link figures} are for `--long`. */
export interface ProfileListing {
  readonly name: string;
  readonly summary: string;
  readonly mmu: string;
  readonly figures: readonly ProfileFigure[];
  /** What guest faults cost where many vCPUs fault at the same time; null where it is not known. */
  readonly contention: FaultContention | null;
  readonly notes: readonly string[];
}

export interface ProfileFigure {
  readonly cost: string;
  readonly label: string;
  readonly value: number;
  readonly perFurtherIssuer: number | null;
  /** "ns per visit". */
  readonly unit: string;
  readonly kind: "published" | "derived" | "assumed";
  readonly how: string;
  readonly source: string;
  /** The cost whose assumed scale it rests on. */
  readonly scale: string | null;
  readonly includes: readonly string[];
}

/** The built-in profiles with every figure and its provenance. */
export function listProfiles(): readonly ProfileListing[] {
  return PROFILES.map(describeProfile);
}

export function describeProfile(profile: CostProfile): ProfileListing {
  return {
    name: profile.name,
    summary: profile.title,
    mmu: profile.mmu,
    figures: COSTS.flatMap((info) => {
      const figure = profile.costs[info.id];
      if (figure === undefined) return [];
      return [
        {
          cost: info.id,
          label: info.label,
          value: figure.ns,
          perFurtherIssuer: figure.nsPerFurtherIssuer ?? null,
          unit: info.unit,
          kind: figure.provenance.kind,
          how: figure.provenance.how,
          source: figure.provenance.source,
          scale: figure.provenance.scale ?? null,
          includes: figure.includes ?? [],
        },
      ];
    }),
    contention: profile.contention ?? null,
    notes: profile.notes ?? [],
  };
}
