import type { Finding } from "../finding.js";
import type { FindingWordTable } from "../findingWords.js";

/**
 * Words for what interleavings find on tables in stage-2 (arm64, IPAs) or the G-stage (riscv,
 * GPAs): what is lost, and what is left behind.
 */
export const movingWords: FindingWordTable = {
  "dirty-page-lost": {
    short: (f) => `dirty page lost at ${address(f)}`,
    long: (f) =>
      `dirty page lost: ${LOST[String(f.data.cause)] ?? "no log has it"}; first at ${place(f)}, level ${f.data.level}`,
  },
  "still-mapped": {
    short: (f) => `still mapped at ${address(f)}`,
    long: (f) => `memory that the host took away is still mapped, the first at ${place(f)}, level ${f.data.level}`,
  },
  "tables-not-linked": {
    short: (f) => `${f.data.used} table pages in use, ${f.data.linked} linked`,
    long: (f) => `table pages do not add up: ${f.data.used} are in use, ${f.data.linked} are linked`,
  },
  "walk-never-ends": { short: () => "the walk never ends", long: () => "the walk never ends" },
};

const LOST: Readonly<Record<string, string>> = {
  written: "a page that was written is not in the log that userspace gets next",
  "next-write": "a page that is not in the log is mapped writable, so that its next write goes unseen",
  "unsplit-block": "a block was left unsplit, and hardware logs pages alone, so that a write to it is in no log",
};

function address({ data }: Finding): string {
  return String(data.gpa ?? data.ipa);
}

function place(finding: Finding): string {
  return `${finding.data.gpa === undefined ? "IPA" : "GPA"} ${address(finding)}`;
}
