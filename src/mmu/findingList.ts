import type { Finding } from "./finding.js";

/**
 * Gathers findings: one for each code, with the figures of its first occurrence and how often it
 * occurred.
 */
export class FindingList {
  private readonly byCode = new Map<
    string,
    { code: string; count: number; data: Record<string, number | string | null> }
  >();

  /** @param summed a figure that is added up over all occurrences */
  add(code: string, data: Finding["data"], summed?: string): void {
    const found = this.byCode.get(code);
    if (found === undefined) {
      this.byCode.set(code, { code, count: 1, data: { ...data } });
      return;
    }
    found.count++;
    if (summed !== undefined) found.data[summed] = Number(found.data[summed]) + Number(data[summed]);
  }

  all(): Finding[] {
    return [...this.byCode.values()];
  }
}
