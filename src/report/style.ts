import { Chalk, type ChalkInstance } from "chalk";

/** Whether and how output may be styled. */
export interface Style {
  readonly chalk: ChalkInstance;
  /** Columns that a line may have; Infinity where there is no terminal. */
  readonly columns: number;
}

/**
 * The style for a stream. `NO_COLOR` (set, not empty), `TERM=dumb` and no terminal all mean no colour, unless `--color always` or
 * `FORCE_COLOR` ask for it. (chalk alone ignores NO_COLOR on a terminal.)
 */
export function styleFor(stream: NodeJS.WriteStream, when: "auto" | "always" | "never", env = process.env): Style {
  const columns = stream.isTTY ? stream.columns || 80 : Number(env.COLUMNS) || Number.POSITIVE_INFINITY;
  return { chalk: new Chalk({ level: coloured(stream, when, env) ? 1 : 0 }), columns };
}

function coloured(stream: NodeJS.WriteStream, when: "auto" | "always" | "never", env: NodeJS.ProcessEnv): boolean {
  if (when !== "auto") return when === "always";
  if ((env.NO_COLOR ?? "") !== "") return false;
  if ((env.FORCE_COLOR ?? "") !== "") return env.FORCE_COLOR !== "0";
  return stream.isTTY === true && env.TERM !== "dumb";
}
