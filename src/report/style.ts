import { Chalk, type ChalkInstance } from "chalk";
import type { Environment, TextOutput } from "../files/streams.js";
import { columnsOf } from "./displayWidth.js";

/** What `--color` takes. */
export type ColorChoice = "auto" | "always" | "never";

/** Whether and how output may be styled. */
export interface Style {
  readonly chalk: ChalkInstance;
  /** Columns that a line may have: those of the terminal. */
  readonly columns: number;
}

/** Standard output and the environment that says how it may be styled: `process` is one. */
interface StyledStream {
  readonly stdout: TextOutput;
  readonly env: Environment;
}

/**
 * The style for standard output. `NO_COLOR` (set, not empty), `TERM=dumb` and no terminal all mean
 * no colour, unless `--color always` or `FORCE_COLOR` ask for it. (chalk alone ignores NO_COLOR on
 * a terminal.)
 */
export function styleFor({ stdout, env }: StyledStream, when: ColorChoice): Style {
  return { chalk: new Chalk({ level: coloured(stdout, when, env) ? 1 : 0 }), columns: columnsOf(stdout, env) };
}

function coloured(stream: TextOutput, when: ColorChoice, env: Environment): boolean {
  if (when !== "auto") return when === "always";
  if ((env.NO_COLOR ?? "") !== "") return false;
  if ((env.FORCE_COLOR ?? "") !== "") return env.FORCE_COLOR !== "0";
  return stream.isTTY === true && env.TERM !== "dumb";
}
