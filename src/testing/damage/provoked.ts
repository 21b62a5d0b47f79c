import type { Finding } from "../../mmu/finding.js";

/** A finding that is brought about on purpose. */
export interface Provoked {
  /** Does damage, and says what is found then: this code, and maybe others. */
  readonly provoke: () => readonly Finding[];
  /** The first finding of the code in short words, with its figures. */
  readonly says: string;
}

/**
 * What is provoked of an MMU, by code, and how where there are several ways:
 * `stray-mapping, by a block ...`.
 */
export type Damages = Readonly<Record<string, Provoked>>;

/** What the file of an MMU in this folder exports. */
export interface DamagesOfMmu {
  /** The id of the MMU. */
  readonly mmu: string;
  readonly damages: Damages;
}
