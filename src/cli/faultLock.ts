import type { FaultLock } from "../cost/contention.js";
import type { CostProfile } from "../cost/profile.js";
import { badInput, UserError } from "../errors.js";

export const FAULT_LOCK_HELP =
  "lock of a stage-2 fault: parallel (6.2 and later), rwlock (5.18 to 6.1), spinlock, or a kernel version " +
  "(default: parallel)";

/**
 * The lock that `--fault-lock` asks for where time is modelled only with a profile.
 *
 * @throws UserError for a name that is none, no profile, or one without figures for the lock
 */
export async function faultLock(asked: string | undefined, profile: CostProfile | null): Promise<FaultLock> {
  if (asked === undefined) return "parallel";
  const [{ parseFaultLock }, { knowsLock }] = await Promise.all([
    import("../advise/options.js"),
    import("../cost/contention.js"),
  ]);
  const lock = parseFaultLock(asked, "--fault-lock");
  if (profile === null)
    throw new UserError("--fault-lock without --profile: only modelled times depend on it; expected both or neither");
  if (profile.contention === undefined || !knowsLock(profile.contention, lock))
    throw badInput(`--fault-lock ${asked}`, `profile ${profile.name} has no figures for ${lock}`, "one that has");
  return lock;
}
