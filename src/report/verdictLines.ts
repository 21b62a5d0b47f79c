import type { Style } from "./style.js";

/** What a search says of a strategy: null where it had nothing to look at. */
export interface SearchedStrategy {
  readonly strategy: string;
  readonly isRight: boolean | null;
  readonly words: string;
}

/** A line a strategy: right or WRONG, its name, and of how many. */
export function verdictLines(searched: readonly SearchedStrategy[], style: Style): string[] {
  const width = Math.max(...searched.map(({ strategy }) => strategy.length));
  return searched.map(
    ({ strategy, isRight, words }) => `  ${verdictMark(isRight, style)}  ${strategy.padEnd(width)}  ${words}`,
  );
}

/** One of three words of five columns. */
export function verdictMark(isRight: boolean | null, { chalk }: Style): string {
  if (isRight === null) return "    -";
  return isRight ? chalk.green("right") : chalk.red("WRONG");
}
