import { type Command, Option } from "commander";
import { UserError } from "../errors.js";
import { DIRTY_TRACKING, type DirtyTracking, MAX_ACTIONS } from "../mmu/interleave.js";
import type { HtmlFlags } from "./htmlOutput.js";
import { integer } from "./options.js";
import type { ScenarioOptions } from "./scenarioOptions.js";

/** What `verify --interleave` reads of its options. */
export interface InterleaveFlags extends ScenarioOptions, HtmlFlags {
  readonly strategy?: string[];
  readonly interleave?: boolean;
  readonly actions?: number;
  readonly dirtyTracking?: DirtyTracking;
  readonly save?: string;
  readonly exportJson?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function addInterleaveOptions(command: Command): void {
  command
    .option("--interleave", "on small guests, try every choice of actions of others wherever mmu_lock may be dropped")
    .option(
      "--actions <n>",
      "with --interleave: actions of others in one run, at most (default: 2)",
      integer(0, MAX_ACTIONS),
    )
    .addOption(
      new Option(
        "--dirty-tracking <how>",
        "with --interleave: a write is seen by its fault, or by hardware that logs pages (default: faults)",
      ).choices([...DIRTY_TRACKING]),
    );
}

/** @throws UserError for options of --interleave without it */
export function refuseWithoutInterleave(flags: InterleaveFlags): void {
  for (const [option, value] of [
    ["actions", flags.actions],
    ["dirty-tracking", flags.dirtyTracking],
  ] as const) {
    if (value === undefined) continue;
    throw new UserError(`--${option} without --interleave: only that search takes it; expected both or neither`);
  }
}
