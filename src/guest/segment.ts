/** A stretch of guest memory as it is mapped before anything is done to it. */
export interface Segment {
  /**
   * The mapping size wanted, one that the granule has, or "hole". At each IPA the largest block not above it that is aligned, fits in
   * what is left of the segment, and that the start level allows.
   */
  readonly map: string;
  readonly size: string;
  /** Leaves are read-only from the start. */
  readonly writeProtected?: boolean | undefined;
}
