import { zip } from "../lists.js";
import { buildTree, type RootSpec } from "../mmu/tdp/build.js";
import { type BuiltInId, builtIn } from "../mmu/tdp/strategies/index.js";
import { zapRoot } from "../mmu/tdp/zap.js";
import { modelTime } from "./modelTime.js";
import { builtinProfile } from "./profiles.js";
import { ZAP_SERIES } from "./published/split.js";

export interface ZapValidation {
  readonly passes: readonly {
    readonly root: number;
    readonly zapLevel: number;
    readonly publishedBefore: number;
    readonly simulatedBefore: number;
    readonly publishedAfter: number;
    readonly simulatedAfter: number;
    readonly publishedEntries: number;
    readonly simulatedEntries: number;
  }[];
  /** Whether every count of loops and entries is as published. */
  readonly exact: boolean;
  readonly profile: string;
  readonly publishedSavedNs: number;
  readonly modelledSavedNs: number;
}

/**
 * The hello-world guest of the mail: a low page, the reset vector, and one non-present entry; then
 * the same root empty.
 */
const HELLO: RootSpec = {
  rootLevel: 4,
  leaves: [
    { gfn: 0, level: 1, count: 1 },
    { gfn: 0xfffff, level: 1, count: 1 },
  ],
  nonpresentPaths: [{ gfn: 0xfee00, level: 1 }],
};
const EMPTY: RootSpec = { rootLevel: 4, leaves: [], nonpresentPaths: [] };
const MAXPHYADDR = 48;

export function validateZap(profile = builtinProfile(ZAP_SERIES.profile)): ZapValidation {
  const zap = (variant: BuiltInId) =>
    [HELLO, EMPTY].flatMap((root, i) => zapRoot(buildTree(root), builtIn[variant].variant, MAXPHYADDR, i));
  const simulated = zip(zap("baseline"), zap(ZAP_SERIES.strategy));
  const passes = zip(simulated, ZAP_SERIES.passes).map(([[before, after], published]) => ({
    root: before.root,
    zapLevel: before.zapLevel,
    publishedBefore: published.before,
    simulatedBefore: before.loops ?? Number.NaN,
    publishedAfter: published.after,
    simulatedAfter: after.loops ?? Number.NaN,
    publishedEntries: published.entries,
    simulatedEntries: before.zapped,
  }));
  const saved = passes.reduce((sum, pass) => sum + pass.simulatedBefore - pass.simulatedAfter, 0);
  return {
    passes,
    exact: passes.every(
      (pass) =>
        pass.publishedBefore === pass.simulatedBefore &&
        pass.publishedAfter === pass.simulatedAfter &&
        pass.publishedEntries === pass.simulatedEntries,
    ),
    profile: profile.name,
    publishedSavedNs: ZAP_SERIES.savedMicroseconds * 1000,
    modelledSavedNs: modelTime({ loops: saved }, profile).totalNs,
  };
}
