/**
 * A verdict as data: a code that MMUs define, with the figures that belong to it. Only a renderer
 * words it (src/report/findings.ts).
 */
export interface Finding {
  /** Kebab-case, stable: `unsplit-block`, `tlbi-wrong-ipa`, `lost-coverage`, `livelock`. */
  readonly code: string;
  /** How often it occurred. */
  readonly count: number;
  /**
   * Figures of the first occurrence and of the whole: addresses as hex strings with `0x`, sizes in
   * bytes.
   */
  readonly data: Readonly<Record<string, number | string | null>>;
}
