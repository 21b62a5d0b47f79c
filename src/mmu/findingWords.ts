import { formatSize } from "../guest/sizes.js";
import type { Finding } from "./finding.js";

/**
 * The words for one finding code: `short` fits a table's cell, `long` is a sentence for verify,
 * without its full stop.
 */
export interface FindingWords {
  short(finding: Finding): string;
  long(finding: Finding): string;
}

/** An MMU's words by code: functions of the finding's figures, called only for what is shown. */
export type FindingWordTable = Readonly<Record<string, FindingWords>>;

/** "1 block", "2 blocks". */
export function counted(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}

export function are(count: number): string {
  return count === 1 ? "is" : "are";
}

export function was(count: number): string {
  return count === 1 ? "was" : "were";
}

export function size(bytes: number | string | null | undefined): string {
  return typeof bytes === "number" ? formatSize(bytes) : "memory";
}

/**
 * All figures of a finding, for codes and places without words of their own: " (level 2, gpa
 * 0x200000)".
 */
export function figures({ data }: Finding): string {
  const all = Object.entries(data).filter(([, value]) => value !== null);
  return all.length === 0 ? "" : ` (${all.map(([name, value]) => `${name} ${value}`).join(", ")})`;
}
