const NOBODY = 65534;

/**
 * Does work as a user whom permissions concern: for root there are none. Devices are written to as
 * that user only, for a program that takes one for a file would replace it, for everybody, where
 * root lets it.
 */
export async function asUser<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid!(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid!(0);
  }
}
