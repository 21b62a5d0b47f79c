import { REAL_TABLES, type TableGeometry } from "../x86/pages.js";
import { PER_DESCRIPTOR } from "./rmap.js";
import { DEFAULT_CAPACITY, MIN_DESCRIPTORS } from "./splitCaches.js";

/** How large the shadow MMU's tables, reverse maps and split caches are. */
export interface ShadowGeometry extends Pick<TableGeometry, "entries" | "pages"> {
  /** SPTEs that a descriptor of a reverse map holds. */
  readonly perDescriptor: number;
  /**
   * Descriptors that one split can need: one for each entry of the new table, one for the list of
   * its parents.
   */
  readonly minDescriptors: number;
  /** What the caches of page headers and of pages hold. */
  readonly cacheCapacity: number;
}

/** The geometry of x86. */
export const REAL_SHADOW: ShadowGeometry = {
  ...REAL_TABLES,
  perDescriptor: PER_DESCRIPTOR,
  minDescriptors: MIN_DESCRIPTORS,
  cacheCapacity: DEFAULT_CAPACITY,
};
