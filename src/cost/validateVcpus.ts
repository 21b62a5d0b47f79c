import { guestPass } from "./guestPass.js";
import { modelTime, type UnpricedCount, unpricedTogether } from "./modelTime.js";
import type { CostProfile } from "./profile.js";
import { builtinProfile } from "./profiles.js";
import type { VcpuSeries } from "./published.js";
import { REGION } from "./uniformGuest.js";
import type { Role } from "./validate.js";

export interface VcpuValidation {
  readonly series: VcpuSeries;
  readonly profile: string;
  readonly rows: readonly VcpuComparison[];
  readonly unpriced: readonly UnpricedCount[];
  readonly restsOnAssumptions: boolean;
  /** Guest faults and broadcast TLBIs of each vCPU in the pass, simulated. */
  readonly counts: {
    readonly lazy: { readonly faults: number; readonly tlbis: number };
    readonly eager: { readonly faults: number; readonly tlbis: number };
  };
}

export interface VcpuComparison {
  readonly vcpus: number;
  readonly role: Role;
  readonly publishedLazyMs: number;
  readonly modelledLazyMs: number;
  readonly publishedEagerMs: number;
  readonly modelledEagerMs: number;
  /** Change of eager against lazy, percent. */
  readonly publishedPercent: number;
  readonly modelledPercent: number;
  readonly errorPoints: number;
}

/** Every vCPU does its pass at the same time: all of them issue broadcast TLBIs, and the pass takes as long as one vCPU's. */
export function validateVcpuSeries(series: VcpuSeries, profile?: CostProfile): VcpuValidation {
  const used = profile ?? builtinProfile(series.profile);
  const pass = {
    pageBytes: 4096,
    entries: 512,
    memoryBytes: REGION,
    strideBytes: series.strideBytes,
    writePercent: series.writePercent,
    // The pass after the first clear; iterations count from 1.
    iteration: 2,
    vcpu: 0,
    seed: 1,
  };
  const lazy = guestPass({ ...pass, leafBytes: 2 ** 21 });
  const eager = guestPass({ ...pass, leafBytes: 4096 });
  const change = (from: number, to: number) => 100 * (to / from - 1);
  const times = series.rows.map(([vcpus]) =>
    [lazy, eager].map((counts) => modelTime(counts, used, { issuers: vcpus })),
  );
  const rows = series.rows.map(([vcpus, publishedLazyMs, publishedEagerMs], i): VcpuComparison => {
    const [modelledLazyMs, modelledEagerMs] = times[i]!.map((time) => time.totalNs / 1e6) as [number, number];
    const publishedPercent = change(publishedLazyMs, publishedEagerMs);
    const modelledPercent = change(modelledLazyMs, modelledEagerMs);
    return {
      vcpus,
      role: series.fittedVcpus.includes(vcpus) && used.name === series.profile ? "fitted" : "judged",
      publishedLazyMs,
      modelledLazyMs,
      publishedEagerMs,
      modelledEagerMs,
      publishedPercent,
      modelledPercent,
      errorPoints: modelledPercent - publishedPercent,
    };
  });
  const countsFor = (i: 0 | 1) => ({
    faults: countOf(times[0]![i]!, "faults"),
    tlbis: countOf(times[0]![i]!, "tlbiBroadcast"),
  });
  return {
    series,
    profile: used.name,
    rows,
    unpriced: unpricedTogether(times.flat()),
    restsOnAssumptions: times.flat().some((time) => time.restsOnAssumptions),
    counts: { lazy: countsFor(0), eager: countsFor(1) },
  };
}

function countOf(time: ReturnType<typeof modelTime>, counter: string): number {
  const part = time.parts.find((one) => one.counter === counter);
  return part?.count ?? time.unpriced.find((one) => one.counter === counter)?.count ?? 0;
}
