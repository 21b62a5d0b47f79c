import { FAULT_KINDS, faultsIn, faultTime, mixOf } from "./contention.js";
import { type FaultRow, fitFaults, type Parameter } from "./contentionFit.js";
import type { FaultContention } from "./profile.js";
import type { TermCounts } from "./terms.js";

/** A measured phase, as far as faults are fitted to it: terms of one vCPU. */
export interface FaultingPhase {
  readonly label: string;
  readonly terms: TermCounts;
  /** vCPUs that fault at the same time. */
  readonly issuers: number;
  readonly medianNs: number;
}

/** A share of faults below this says nothing of their kind. */
const MIN_SHARE = 0.01;
/**
 * Serial parts are told only by vCPUs that wait: the busiest server must be in use for so much of
 * the time.
 */
const MIN_BUSY = 0.5;

/**
 * What faults take alone and what of it is serial, fitted to measured passes of guests with several
 * vCPU counts (the kernel's parallel faults, from 6.2).
 *
 * @param guestAccessNs what the guest's own access takes, which is priced apart
 * @returns null where the runs do not tell: with one vCPU count, too few rows, or vCPUs that hardly
 *   wait for each other
 */
export function faultsOf(
  phases: readonly FaultingPhase[],
  guestAccessNs: number,
  source: string,
): FaultContention | null {
  const faulting = phases.filter((phase) => phase.terms.faults > 0);
  const rows = faulting.flatMap(({ terms, issuers, medianNs }): FaultRow[] => {
    const mix = mixOf(terms);
    const nsPerFault = (medianNs - guestAccessNs * terms.guestAccesses) / faultsIn(mix);
    return nsPerFault > 0 ? [{ mix, lock: "parallel", vcpus: issuers, nsPerFault }] : [];
  });
  const parameters = parametersOf(rows);
  const counts = new Set(rows.map((row) => row.vcpus));
  if (counts.size < 2 || rows.length <= parameters.length) return null;
  const figures = fitFaults(rows, parameters);
  const waits = rows.some((row) => faultTime(row.mix, figures, row.lock, row.vcpus).utilisation >= MIN_BUSY);
  if (!waits) return null;
  return {
    ...figures,
    provenance: {
      kind: "derived",
      how: `least squares of the relative errors of ${rows.length} measured passes, by mean value analysis`,
      source,
    },
    fittedTo: faulting.map((phase) => phase.label),
  };
}

/**
 * What the rows can tell: kinds of faults that are a share of some, and broadcasts if blocks are
 * broken by several vCPUs.
 */
function parametersOf(rows: readonly FaultRow[]): readonly Parameter[] {
  const share = ({ mix }: FaultRow, kind: (typeof FAULT_KINDS)[number]) => mix[kind] / faultsIn(mix);
  const alone = FAULT_KINDS.filter((kind) => rows.some((row) => share(row, kind) > MIN_SHARE));
  const several = rows.filter((row) => row.vcpus > 1);
  const broadcast = several.some((row) => share(row, "broken") > MIN_SHARE);
  return [
    ...alone.map((kind) => `alone.${kind}` as const),
    "parallel.serial",
    ...(broadcast ? (["parallel.broadcast"] as const) : []),
  ];
}
