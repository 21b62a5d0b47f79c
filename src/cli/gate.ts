import { appendFile } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import { compareResults, exitCodeOf } from "../compare/compare.js";
import { type CompareOptions, type Comparison, DEFAULT_COMPARE_OPTIONS } from "../compare/types.js";
import { annotations } from "../report/github.js";
import { summaryMarkdown } from "../report/summaryMarkdown.js";
import type { NamedResult } from "../results/read.js";
import { mmusOf } from "./exportOptions.js";
import type { Io } from "./io.js";

/** Options that say what counts as a regression; shared by `compare` and `bench --baseline`. */
export interface GateFlags {
  readonly maxIncrease: number;
  readonly wallThreshold?: number;
  readonly alpha: number;
  readonly allowMissing?: boolean;
  readonly anyEnvironment?: boolean;
}

export function addGateOptions(command: Command): Command {
  return command
    .option("--max-increase <percent>", "tolerated increase of an exact counter", percentage, 0)
    .option(
      "--wall-threshold <percent>",
      "rise of a median wall time that is a regression if confirmed (default: off)",
      percentage,
    )
    .option(
      "--alpha <p>",
      "chance of a false alarm over all wall times together",
      probability,
      DEFAULT_COMPARE_OPTIONS.alpha,
    )
    .option("--allow-missing", "runs that the new result no longer has are no regression")
    .option("--any-environment", "compare wall times of different machines all the same");
}

export function compareOptionsOf(flags: GateFlags, seed: number): CompareOptions {
  return {
    maxIncrease: flags.maxIncrease,
    wallThreshold: flags.wallThreshold ?? null,
    alpha: flags.alpha,
    seed,
    allowMissing: flags.allowMissing === true,
    anyEnvironment: flags.anyEnvironment === true,
  };
}

/** Compares with the counters that the MMUs declare. @throws UserError as {@link compareResults} */
export async function compareNamed(
  base: readonly NamedResult[],
  next: readonly NamedResult[],
  options: CompareOptions,
  { registry }: Pick<Io, "registry">,
): Promise<Comparison> {
  const mmus = await mmusOf(
    [...base, ...next].map(({ result }) => result),
    registry,
  );
  const counters = new Map([...mmus].map(([id, mmu]) => [id, mmu.counters]));
  return compareResults(base, next, counters, options);
}

/**
 * In GitHub Actions: an annotation for each regression, and the summary of the step. Annotations go
 * to stderr where stdout is JSON; the runner reads both.
 */
export async function tellGithub(comparison: Comparison, stdoutIsTaken: boolean, io: Io): Promise<void> {
  const { env } = io;
  if (!env.GITHUB_ACTIONS) return;
  if (exitCodeOf(comparison) !== 0) {
    const stream = stdoutIsTaken ? io.stderr : io.stdout;
    for (const line of annotations(comparison)) stream.write(`${line}\n`);
  }
  const path = env.GITHUB_STEP_SUMMARY;
  if (!path) return;
  try {
    await appendFile(path, summaryMarkdown(comparison));
  } catch (error) {
    // The verdict must not depend on whether a summary could be written.
    io.stderr.write(`s2split: GITHUB_STEP_SUMMARY cannot be written (${(error as NodeJS.ErrnoException).code})\n`);
  }
}

/** "5%" or "5" is 0.05. */
function percentage(text: string): number {
  const match = /^(\d+(?:\.\d+)?|\.\d+)%?$/.exec(text.trim());
  const value = match === null ? Number.NaN : Number(match[1]);
  if (!(value >= 0 && value <= 1e6)) throw new InvalidArgumentError("Expected a percentage, such as 5%.");
  return value / 100;
}

function probability(text: string): number {
  const value = /^(?:\d*\.)?\d+(?:e-?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(value >= 1e-9 && value < 1)) throw new InvalidArgumentError("Expected a probability between 0 and 1.");
  return value;
}
