/**
 * An error that a user can cause: wrong option, unreadable file, impossible scenario.
 *
 * The command line prints `message` on one line and ends with {@link exitCode}; nobody sees a
 * stack. The message names the input and says what was expected.
 */
export class UserError extends Error {
  override readonly name: string = "UserError";
  /** Process exit code: 2 for usage, configuration and unreadable input. */
  readonly exitCode: number = 2;
}

/**
 * Builds a {@link UserError} in the one form that all of them have:
 * `<input>: <what is wrong>; expected <what>`.
 */
export function badInput(input: string, problem: string, expected?: string): UserError {
  return new UserError(expected === undefined ? `${input}: ${problem}` : `${input}: ${problem}; expected ${expected}`);
}

/**
 * The candidate closest to `word` by edit distance, or undefined where none is near enough to be
 * meant.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const lower = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(lower.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(lower, candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, change));
    }
    previous = row;
  }
  return previous[b.length]!;
}

/** The error for a name that is not in a registry, with the nearest name that is. */
export function unknownName(what: string, name: string, known: readonly string[]): UserError {
  const near = didYouMean(name, known);
  const problem = near === undefined ? "unknown" : `unknown, did you mean "${near}"?`;
  return badInput(`${what} "${clip(name)}"`, problem, `one of ${known.join(", ")}`);
}

/**
 * Text from outside as it may reach a terminal: control characters and those that reorder or hide
 * what stands beside them (bidirectional and other invisible ones) are blanks.
 */
export function printable(text: string): string {
  return text.replace(/(?:\p{Cc}|\p{Cf}|\u2028|\u2029)+/gu, " ");
}

/**
 * Shortens text from outside so that one message stays one readable line, whatever the input was.
 */
export function clip(text: string, max = 60): string {
  const line = printable(text);
  return line.length > max ? `${line.slice(0, max - 3)}...` : line;
}
