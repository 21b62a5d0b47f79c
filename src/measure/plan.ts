import { badInput, clip } from "../errors.js";
import { formatSize, parseSize } from "../guest/sizes.js";
import { rotated } from "../lists.js";
import type { MeasuredCase, MeasureNote } from "./schema.js";
import {
  CHUNK_ENVIRONMENT,
  formatCommand,
  isSelftestProgram,
  kindOfOption,
  optionsOf,
  withOption,
} from "./selftestCommand.js";

/** One command to run again and again. */
export interface PlannedCase extends MeasuredCase {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /**
   * The eager-split chunk that the runs are given from outside; null where the test is left to
   * itself.
   */
  readonly chunkBytes: number | null;
}

/** One run to come. */
export interface PlannedRun {
  readonly case: PlannedCase;
  /** From 1, apart for warm-up and measured runs. */
  readonly round: number;
  readonly warmup: boolean;
}

export interface MeasurePlan {
  readonly program: string;
  readonly cases: readonly PlannedCase[];
  readonly order: readonly PlannedRun[];
  readonly warmup: number;
  readonly runs: number;
}

export interface PlanOptions {
  /**
   * "s=anonymous,anonymous_thp"; several are multiplied. A name in capitals is an environment
   * variable.
   */
  readonly vary?: readonly string[];
  /** "K=V" */
  readonly env?: readonly string[];
  /** "0", "2M": eager-split chunks, set from outside the test; several vary. */
  readonly eagerSplitChunk?: readonly string[];
  readonly warmup: number;
  readonly runs: number;
}

const MAX_CASES = 1000;
/** How a chunk is named among what varies; no environment variable has such a name. */
const CHUNK_VARIABLE = "eager-split-chunk";

/**
 * Plans a measurement: every combination of what varies, run in rounds, so that a drift of the
 * machine meets all cases alike. Each round begins with another case, so that none always follows
 * the same one.
 *
 * @param command program and arguments
 * @throws UserError for an option that the test does not have, a malformed variation, too many
 *   cases
 */
export function planMeasurement(command: readonly string[], options: PlanOptions): MeasurePlan {
  const [program, ...args] = command;
  if (program === undefined || program.trim() === "")
    throw badInput("measure", "no command", "-- ./dirty_log_perf_test OPTIONS");
  const env = Object.fromEntries((options.env ?? []).map(assignment));
  let cases: { variables: Record<string, string>; args: string[]; env: Record<string, string> }[] = [
    { variables: {}, args, env },
  ];
  const names = new Set<string>();
  for (const text of options.vary ?? []) {
    const { name, values } = variation(text);
    if (names.has(name)) throw badInput(`--vary ${name}`, "given twice", "each option once, with all its values");
    names.add(name);
    cases = cases.flatMap((one) =>
      values.map((value) => ({
        variables: { ...one.variables, [name]: value },
        args: name.length === 1 ? withOption(one.args, name, value) : one.args,
        env: name.length === 1 ? one.env : { ...one.env, [name]: value },
      })),
    );
    if (cases.length > MAX_CASES) throw badInput("--vary", `${cases.length} cases or more`, `at most ${MAX_CASES}`);
  }
  const chunks = chunksOf(options.eagerSplitChunk);
  const planned = cases.flatMap((one) => chunks.map((chunk) => plannedCase(program, one, chunk)));
  if (planned.length > MAX_CASES) throw badInput("measure", `${planned.length} cases`, `at most ${MAX_CASES}`);
  const order = [true, false].flatMap((warmup) =>
    Array.from({ length: warmup ? options.warmup : options.runs }, (_, round) =>
      rotated(planned, round).map((one): PlannedRun => ({ case: one, round: round + 1, warmup })),
    ).flat(),
  );
  return { program, cases: planned, order, warmup: options.warmup, runs: options.runs };
}

/** What is to be said of a plan before its runs. */
export function planWarnings({ cases }: MeasurePlan): MeasureNote[] {
  return cases.some(({ env }) => Object.hasOwn(env, CHUNK_ENVIRONMENT))
    ? [{ code: "chunk-from-environment", data: {} }]
    : [];
}

/**
 * A case. What chunk it has is recorded once a run has proved it: the command alone, environment
 * included, is no proof.
 */
function plannedCase(
  program: string,
  one: Pick<PlannedCase, "variables" | "args" | "env">,
  chunkBytes: number | null,
): PlannedCase {
  const whole = { env: one.env, program, args: one.args };
  const size = chunkBytes === null ? undefined : formatSize(chunkBytes);
  const prefix = size === undefined ? "" : `${CHUNK_VARIABLE}=${size} `;
  return {
    ...one,
    program,
    variables: size === undefined ? one.variables : { ...one.variables, [CHUNK_VARIABLE]: size },
    chunkBytes,
    id: `${prefix}${formatCommand({ ...whole, program: isSelftestProgram(program) ? "dirty_log_perf_test" : program })}`,
    command: `${prefix}${formatCommand(whole)}`,
    options: { ...optionsOf(whole), eagerSplitChunkBytes: null },
  };
}

function chunksOf(texts: readonly string[] | undefined): readonly (number | null)[] {
  if (texts === undefined) return [null];
  const chunks = texts.map((text) => parseSize(text, "--eager-split-chunk"));
  if (new Set(chunks).size !== chunks.length) {
    throw badInput(`--eager-split-chunk ${clip(texts.join(","))}`, "the same size twice", "sizes that differ");
  }
  return chunks;
}

function variation(text: string): { name: string; values: string[] } {
  const form = /^([A-Za-z]|[A-Z_][A-Z0-9_]+)=(.+)$/.exec(text);
  if (form === null)
    throw badInput(
      `--vary "${clip(text)}"`,
      "not a variation",
      "OPTION=VALUE,VALUE or ENVIRONMENT_VARIABLE=VALUE,VALUE",
    );
  const name = form[1]!;
  const values = form[2]!.split(",").map((value) => value.trim());
  if (values.includes("") || new Set(values).size !== values.length) {
    throw badInput(`--vary "${clip(text)}"`, "an empty value, or one twice", "values that differ, parted by commas");
  }
  if (name.length > 1) return { name, values };
  const kind = kindOfOption(name);
  if (kind === undefined)
    throw badInput(`--vary ${name}`, "no option of dirty_log_perf_test", "one such as b, s, v, w or x");
  if (kind === "flag" && values.some((value) => value !== "on" && value !== "off")) {
    throw badInput(`--vary "${clip(text)}"`, `-${name} takes no value`, `${name}=on,off`);
  }
  return { name, values };
}

function assignment(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw badInput(`--env "${clip(text)}"`, "not an assignment", "NAME=VALUE");
  return [text.slice(0, at), text.slice(at + 1)];
}
