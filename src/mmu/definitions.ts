import type { StrategyDefinition } from "./arm64/strategy.js";
import type { GStageStrategyDefinition } from "./riscv/strategy.js";
import type { TableView } from "./tdp/variant.js";

/** What a user's module gives for the TDP MMU; every part of the variant is optional, and then as in baseline. */
export interface TdpStrategyDefinition {
  /** Its name in tables and options: letters, digits, dots and dashes. */
  readonly id: string;
  readonly mmu: "x86-tdp";
  /** One line: how it steers the walk. */
  readonly summary?: string;
  /** Who proposed it and when. */
  readonly origin?: string;
  /** Faults that are known, one sentence each. */
  readonly knownFaults?: readonly string[];
  /** Asked when a table is entered at `index`: the entry to land on, not before `index`; 512: the table is not entered. */
  readonly enter?: (table: TableView, index: number) => number;
  /** Asked when entry `index` is done with: the entry to land on next, after `index`; 512: the table is left. */
  readonly next?: (table: TableView, index: number) => number;
  /** Whether the table that entry `index` points to is to be entered (default: yes). */
  readonly descend?: (table: TableView, index: number) => boolean;
  /** Which entries run the loop body, and so poll: every one (default), or only those that are present. */
  readonly body?: "every" | "present";
  /** Non-present entries that the loop body steps over, 0 to 511 (default 0). With any, the strategy is for zapping only. */
  readonly aside?: number;
  /** When the body sets the mark to the entry it stands on: after it stepped aside (default), or always. */
  readonly asideMark?: "moved" | "always";
}

/** What a user's module gives for the shadow MMU: how many descriptors the cache of a split takes. */
export interface ShadowStrategyDefinition {
  /** Its name in tables and options: letters, digits, dots and dashes. */
  readonly id: string;
  readonly mmu: "x86-shadow";
  readonly summary?: string;
  readonly origin?: string;
  /** Reverse-map descriptors that the cache holds when it is full, 513 to 1,000,000. */
  readonly descriptorCapacity: number;
}

/** A strategy of one's own for any MMU; `mmu` says for which. */
export type AnyStrategyDefinition =
  | StrategyDefinition
  | TdpStrategyDefinition
  | ShadowStrategyDefinition
  | GStageStrategyDefinition;
