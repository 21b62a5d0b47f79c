import { described, type Strategy, type StrategyAbout } from "../strategy.js";
import type { FastSteps, IterVariant, TableView } from "./variant.js";

/** A variant of the TDP iterator, as a strategy. */
export interface TdpStrategy extends Strategy {
  readonly mmu: "x86-tdp";
  readonly variant: IterVariant;
}

/**
 * What an author of a strategy for the TDP MMU gives; every part of the variant is optional, and
 * then as in baseline.
 */
export interface TdpStrategyDefinition extends StrategyAbout {
  readonly mmu: "x86-tdp";
  /**
   * Asked when a table is entered at `index`: the entry to land on, not before `index`; 512: the
   * table is not entered.
   */
  readonly enter?: (table: TableView, index: number) => number;
  /**
   * Asked when entry `index` is done with: the entry to land on next, after `index`; 512: the table
   * is left.
   */
  readonly next?: (table: TableView, index: number) => number;
  /** Whether the table that entry `index` points to is to be entered (default: yes). */
  readonly descend?: (table: TableView, index: number) => boolean;
  /**
   * Which entries run the loop body, and so poll: every one (default), or only those that are
   * present.
   */
  readonly body?: "every" | "present";
  /**
   * Non-present entries that the loop body steps over, 0 to 511 (default 0). With any, the strategy
   * is for zapping only.
   */
  readonly aside?: number;
  /**
   * When the body sets the mark to the entry it stands on: after it stepped aside (default), or
   * always.
   */
  readonly asideMark?: "moved" | "always";
}

/**
 * Fills in the defaults of a definition. Checks nothing: built-in definitions are checked by the
 * compiler.
 */
export function strategyFrom(
  definition: TdpStrategyDefinition & { readonly fast?: FastSteps },
  source = "builtin",
): TdpStrategy {
  const { enter, next, descend, fast } = definition;
  return {
    ...described("x86-tdp", definition, source),
    variant: {
      enter: enter ?? ((_table, index) => index),
      next: next ?? ((_table, index) => index + 1),
      descend,
      body: definition.body ?? "every",
      aside: definition.aside ?? 0,
      asideMark: definition.asideMark ?? "moved",
      fast,
    },
  };
}
