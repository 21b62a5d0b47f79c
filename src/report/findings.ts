import type { Finding } from "../mmu/finding.js";
import { counted, type FindingWords, type FindingWordTable, figures } from "../mmu/findingWords.js";
import { mmus } from "../mmu/registry.js";

/** What verify itself finds, of any MMU. */
const common: FindingWordTable = {
  "outcome-differs": {
    short: (f) => `ends unlike ${f.data.baseline}: ${f.data.counter}`,
    long: (f) =>
      `${counted(f.count, "figure")} of the finished state ${f.count === 1 ? "differs" : "differ"} from what ` +
      `${f.data.baseline} leaves: first ` +
      `${f.data.counter}, ${f.data.value} instead of ${f.data.expected}`,
  },
};

/**
 * A finding for a table's cell: "511 blocks unsplit, first at 0x40200000". A code without words is
 * shown as its own name and figures, so that nothing is ever hidden.
 *
 * @param words the words of the MMU that found it; left out: of the first registered MMU that has
 *   the code
 */
export function shortFinding(finding: Finding, words?: FindingWordTable): string {
  return wordsOf(finding.code, words)?.short(finding) ?? named(finding);
}

/** A finding as a sentence without its full stop. @param words as for {@link shortFinding} */
export function longFinding(finding: Finding, words?: FindingWordTable): string {
  return wordsOf(finding.code, words)?.long(finding) ?? named(finding);
}

/**
 * The verdict on a run in one cell: "right", or what is wrong, the first finding in full and how
 * many more there are.
 */
export function verdict(findings: readonly Finding[], words?: FindingWordTable): string {
  const [first, ...more] = findings;
  if (first === undefined) return "right";
  return more.length === 0 ? shortFinding(first, words) : `${shortFinding(first, words)} (+${more.length} more)`;
}

/** Whether a code has words of its own. */
export function hasWords(code: string): boolean {
  return wordsOf(code) !== undefined;
}

function wordsOf(code: string, words?: FindingWordTable): FindingWords | undefined {
  const tables = words === undefined ? mmus.map(({ findingWords }) => findingWords) : [words];
  return [...tables, common].find((table) => Object.hasOwn(table, code))?.[code];
}

/** A code that has no words: its name, how often, and all its figures. */
function named(finding: Finding): string {
  return `${finding.code.replaceAll("-", " ")}: ${finding.count}${figures(finding)}`;
}
