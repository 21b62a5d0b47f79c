import type { Counts } from "./counters.js";

/** What an MMU says of the tables that reports make of its counts. */

export interface ColumnSpec {
  /** Counter path, from `Mmu.counters`. */
  readonly path: string;
  readonly heading: string;
  /** True where the change against baseline is shown beside the figure. */
  readonly change?: boolean;
}

export interface DetailTable {
  readonly title: string;
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Counters of one question that several MMUs answer: eager splitting. */
export interface SharedSpec {
  /** The workload in which the question is asked. */
  readonly workload: string;
  /** Times that a walk or a lookup begins at the root; undefined where the walk never ends. */
  fromRoot?(counts: Counts): number | undefined;
  readonly inspected: readonly string[];
  readonly tables: readonly string[];
  readonly flushes: readonly string[];
  readonly lockDrops: readonly string[];
  /** A line that a reader of the table must know. */
  readonly note?: string;
}

export interface TotalsSpec {
  /** "whole ioctl: write-protect and split". */
  readonly title: string;
  readonly columns: readonly {
    readonly paths: readonly string[];
    readonly heading: string;
    readonly change?: boolean;
  }[];
  /** Part of `TimedRun` whose wall time belongs here. */
  readonly wallPart: string;
  /**
   * Heading of the column whose change the closing line sets against that of the main table's
   * column of the same heading.
   */
  readonly comparedHeading: string;
  /**
   * The part of the whole that no strategy changes: "the write-protect walk"; absent: there is
   * none.
   */
  readonly commonPart?: string;
}
