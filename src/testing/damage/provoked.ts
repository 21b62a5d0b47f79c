import type { Finding } from "../../mmu/finding.js";

/** A finding that is brought about on purpose. */
export interface Provoked {
  /** Does damage, and says what is found then: this code, and maybe others. */
  readonly provoke: () => readonly Finding[];
  /** The first finding of the code in short words, with its figures. */
  readonly says: string;
}
