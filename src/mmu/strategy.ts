/** What every scenario has. */
export interface ScenarioBase {
  readonly mmu?: string | undefined;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  /** What was assumed where the scenario's source says nothing; printed with its figures. */
  readonly assumed?: readonly string[] | undefined;
}

/**
 * What is known of a strategy outside its MMU. An MMU's own strategies extend this with what steers
 * its walks.
 */
export interface Strategy {
  readonly id: string;
  /** The MMU it belongs to. */
  readonly mmu: string;
  /** One line: how it steers the walk. */
  readonly summary: string;
  /** Who proposed it and when: "Will Deacon, 2026-05-18"; "s2split" for this project's own. */
  readonly origin: string;
  /**
   * Faults that are known and reproduced, one sentence each; empty for a strategy that claims to be
   * right.
   */
  readonly knownFaults: readonly string[];
  /** "builtin", or the path of the user's module. */
  readonly source: string;
}

/** What every author of a strategy gives, beside what steers the walks of an MMU. */
export interface StrategyAbout {
  /** Its name in tables and options: letters, digits, dots and dashes. */
  readonly id: string;
  /** One line: how it steers the walk. */
  readonly summary?: string;
  /** Who proposed it and when. */
  readonly origin?: string;
  /** Faults that are known, one sentence each. */
  readonly knownFaults?: readonly string[];
}

/** The same with its defaults, for a strategy of an MMU. */
export function described<const M extends string>(
  mmu: M,
  { id, summary = "", origin = "", knownFaults = [] }: StrategyAbout,
  source: string,
): Strategy & { readonly mmu: M } {
  return { id, mmu, summary, origin, knownFaults, source };
}
