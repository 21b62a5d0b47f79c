import { formatSize } from "../guest/sizes.js";
import type { Finding } from "../mmu/finding.js";

/** The words for one finding code: `short` fits a table's cell, `long` is a sentence for verify, without its full stop. */
export interface Words {
  short(finding: Finding): string;
  long(finding: Finding): string;
}

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

/** All figures of a finding, for codes and places without words of their own: " (level 2, gpa 0x200000)". */
export function figures({ data }: Finding): string {
  const all = Object.entries(data).filter(([, value]) => value !== null);
  return all.length === 0 ? "" : ` (${all.map(([name, value]) => `${name} ${value}`).join(", ")})`;
}

/** Where a finding is, in the words of its MMU: "GPA 0x40000000", or "IPA ..." on arm64. */
export function place({ data }: Finding): string {
  return data.gpa === undefined ? `IPA ${data.ipa}` : `GPA ${data.gpa}`;
}
