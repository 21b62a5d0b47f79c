import { FAULT_LOCKS, type FaultLock, lockOfKernel } from "../cost/contention.js";
import { badInput, clip } from "../errors.js";

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };

/**
 * A duration such as `5ms` in nanoseconds.
 *
 * @throws UserError for anything but a number with ns, us, ms or s
 */
export function parseDuration(text: string, input: string): number {
  const match = /^(\d{1,12}(?:\.\d{1,9})?)\s?(ns|us|ms|s)$/i.exec(text.trim());
  const ns = match === null ? Number.NaN : Number(match[1]) * UNITS[match[2]!.toLowerCase()]!;
  if (!(ns > 0))
    throw badInput(`${input} "${clip(text)}"`, "not a duration", "a number above 0 with ns, us, ms or s, such as 5ms");
  return ns;
}

/**
 * The lock of a stage-2 fault by its name, or that of a kernel version such as `6.1`.
 *
 * @throws UserError for anything else
 */
export function parseFaultLock(text: string, input: string): FaultLock {
  const named = FAULT_LOCKS.find((lock) => lock === text.trim().toLowerCase());
  if (named !== undefined) return named;
  const version = /^v?(\d{1,3})\.(\d{1,3})(?:[.-]\S*)?$/.exec(text.trim());
  if (version === null)
    throw badInput(`${input} "${clip(text)}"`, "unknown", `${FAULT_LOCKS.join(", ")}, or a kernel version such as 6.1`);
  return lockOfKernel(Number(version[1]), Number(version[2]));
}
