/** What the leaves of guest memory were and became, for a picture of it. Exact for each bin. */
export interface MemoryMap {
  readonly slots: readonly MemoryMapSlot[];
}

export interface MemoryMapSlot {
  /** First guest physical address, hexadecimal with `0x`. */
  readonly baseHex: string;
  readonly bytes: number;
  /** Bytes of each bin; the last of a slot may be shorter. */
  readonly binBytes: number;
  /** Arrays of equal length, an element a bin, ascending by address. */
  readonly bins: {
    /**
     * Level of the leaves that map most of the bin before the work; -1: most of it is mapped by
     * nothing.
     */
    readonly before: readonly number[];
    /** The same, after the work. */
    readonly after: readonly number[];
    /** Whether a block that was to be split is left in the bin. */
    readonly unsplit: readonly boolean[];
    /** Entries that the split walks inspected whose span begins in the bin. */
    readonly inspected: readonly number[];
  };
}
