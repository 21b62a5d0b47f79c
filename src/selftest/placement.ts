import { badInput } from "../errors.js";
import { formatAddress, formatSize } from "../guest/sizes.js";

/**
 * Where dirty_log_perf_test puts its memory: one guest page below the top of the guest's physical
 * address space, aligned down to the backing's page size, so that pages of 4K start one page off a
 * 2M boundary.
 *
 * Source: Linux 7.3, tools/testing/selftests/kvm/lib/memstress.c, `memstress_create_vm()`.
 *
 * @param offset the base asked for with `-p`, aligned down the same way; undefined for the test's
 *   own choice
 * @returns first address and end (exclusive), in bytes
 * @throws UserError where the memory does not fit
 */
export function memoryRegion(guest: {
  readonly ipaBits: number;
  readonly memoryBytes: number;
  readonly guestPageBytes: number;
  readonly backingPageBytes: number;
  readonly offset?: number | undefined;
}): { readonly start: number; readonly end: number } {
  const { ipaBits, memoryBytes, guestPageBytes, backingPageBytes } = guest;
  const top = 2 ** ipaBits;
  const wanted = guest.offset ?? top - guestPageBytes - memoryBytes;
  const start = Math.floor(wanted / backingPageBytes) * backingPageBytes;
  if (start < 0 || start + memoryBytes > top) {
    throw badInput(
      `memory of ${formatSize(memoryBytes)}${guest.offset === undefined ? "" : ` at ${formatAddress(guest.offset)}`}`,
      `does not fit a ${ipaBits}-bit IPA space`,
      "less memory, or more IPA bits",
    );
  }
  return { start, end: start + memoryBytes };
}
