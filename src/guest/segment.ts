/** A stretch of guest memory as it is mapped before anything is done to it. */
export interface Segment {
  /**
   * The mapping size wanted, one that the granule has ("4K", "2M", "1G", and "512G" on riscv with
   * pages of 4K), or "hole". At each address the largest leaf not above it that is aligned, fits in
   * what is left of the segment, and that the tables allow.
   */
  readonly map: string;
  readonly size: string;
  /** Leaves are read-only from the start. */
  readonly writeProtected?: boolean | undefined;
}
