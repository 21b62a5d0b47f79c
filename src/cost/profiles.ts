import { unknownName } from "../errors.js";
import type { CostProfile } from "./profile.js";
import { altra2022, ampereone, kunpeng920, modelRfc, thunderx2, upton2022 } from "./profiles/arm64.js";
import { x86Tdp } from "./profiles/x86.js";

/**
 * The built-in profiles. Each figure says whether it was published, derived (with the computation)
 * or assumed. What a source does not tell is left out, and `modelTime` names what it could not
 * price.
 */

const BUILTIN = {
  "model-rfc": modelRfc,
  ampereone,
  thunderx2,
  kunpeng920,
  "altra-2022": altra2022,
  "upton-2022": upton2022,
  "x86-tdp": x86Tdp,
} as const satisfies Readonly<Record<string, CostProfile>>;

/** The name of a built-in profile. */
export type ProfileId = keyof typeof BUILTIN;

/** The built-in profiles in the order of tables. */
export const PROFILES: readonly CostProfile[] = Object.values(BUILTIN);

/**
 * The profile used where none is asked for: the only arm64 one that prices the split, the TLBIs and
 * the faults.
 */
export const DEFAULT_PROFILE = "ampereone" satisfies ProfileId;

export function builtinProfile(id: ProfileId): CostProfile {
  return BUILTIN[id];
}

/** @throws UserError naming the nearest known profile */
export function profileNamed(name: string): CostProfile {
  if (Object.hasOwn(BUILTIN, name)) return BUILTIN[name as ProfileId];
  throw unknownName("cost profile", name, Object.keys(BUILTIN));
}
