import { badInput, clip } from "../errors.js";
import { zip } from "../lists.js";
import { modelTime, type UnpricedCount, unpricedTogether } from "./modelTime.js";
import type { CostId, CostProfile, Role } from "./profile.js";
import { builtinProfile } from "./profiles.js";
import { type Backing, SPLIT_SERIES, type SplitRow, type SplitSeries } from "./published/split.js";
import { changeOf, fitChanges } from "./splitFit.js";
import { countedRows, OTHER_CHUNK, SERIES_CHUNK } from "./splitRows.js";
import {
  type ContentionValidation,
  contentionNames,
  isContentionName,
  validateContention,
} from "./validateContention.js";
import { type ShadowValidation, validateShadow } from "./validateShadow.js";
import { validateZap, type ZapValidation } from "./validateZap.js";

export interface SplitValidation {
  readonly series: SplitSeries;
  readonly profile: string;
  readonly rows: readonly SplitComparison[];
  readonly unpriced: readonly UnpricedCount[];
  /**
   * Whether modelled times rest on an assumed figure; `scaleOnly` where the change in percent does
   * not.
   */
  readonly assumptions: "none" | "scaleOnly" | "figures";
  /**
   * Whether counts of the slot were multiplied from equal regions (exactly) rather than simulated
   * whole.
   */
  readonly scaled: boolean;
}

export interface SplitComparison {
  readonly mode: SplitRow["mode"];
  readonly backing: Backing;
  readonly role: Role;
  /** Percent. */
  readonly publishedPercent: number;
  readonly stdevPoints: number | null;
  /** Percent, modelled. */
  readonly modelledPercent: number;
  /** Modelled less published, in points. */
  readonly errorPoints: number;
  /**
   * Whether the error is within one published standard deviation; null where none was published.
   */
  readonly inside: boolean | null;
}

/**
 * @param profile replaces the series' own profile: every row is then judged
 * @param chunk eager-split chunk, which the mails do not state
 */
export function validateSplitSeries(
  series: SplitSeries,
  profile?: CostProfile,
  chunk = SERIES_CHUNK,
  leaveOut?: string,
): SplitValidation {
  const counted = countedRows(series, chunk);
  const isLeft = (row: SplitRow) => namesSplitRow(leaveOut, series, row);
  const own = builtinProfile(series.profile);
  const varied = SPLIT_SETS[series.profile];
  const refitted =
    varied === undefined || !series.rows.some(isLeft)
      ? own
      : fitChanges(
          counted.filter(({ row }) => row.fitted && !isLeft(row)),
          own,
          varied,
        );
  const used = profile ?? refitted;
  const times = counted.flatMap(({ patched, base }) => [modelTime(patched, used), modelTime(base, used)]);
  return {
    series,
    profile: used.name,
    rows: counted.map((one) => {
      const { row } = one;
      const modelledPercent = changeOf(one, used);
      const errorPoints = modelledPercent - row.changePercent;
      return {
        mode: row.mode,
        backing: row.backing,
        role: row.fitted && !isLeft(row) && used.name === series.profile ? "fitted" : "judged",
        publishedPercent: row.changePercent,
        stdevPoints: row.stdevPoints,
        modelledPercent,
        errorPoints,
        inside: row.stdevPoints === null ? null : Math.abs(errorPoints) <= row.stdevPoints,
      };
    }),
    unpriced: unpricedTogether(times),
    assumptions: !times.some((time) => time.restsOnAssumptions)
      ? "none"
      : restsOnOneScale(used)
        ? "scaleOnly"
        : "figures",
    scaled: counted.some((one) => one.scaled),
  };
}

/**
 * What was fitted to each series, by its profile; the RFC's figures are differences of its rows.
 */
export const SPLIT_SETS: Readonly<Record<string, readonly CostId[]>> = {
  ampereone: ["writeProtectVisit", "nestedEntry", "tlbiBroadcast", "closingDsb"],
  thunderx2: ["writeProtectVisit", "nestedEntry"],
};

function namesSplitRow(name: string | undefined, series: SplitSeries, row: SplitRow): boolean {
  return name !== undefined && [series.id, `${series.id}/${row.mode} ${row.backing}`].includes(name);
}

/**
 * Whether every assumed figure is one scale or a derived multiple of it, so that no ratio of times
 * depends on it.
 */
function restsOnOneScale(profile: CostProfile): boolean {
  const entries = Object.entries(profile.costs);
  const assumed = entries.filter(([, figure]) => figure.provenance.kind === "assumed").map(([id]) => id);
  return (
    assumed.length === 1 && entries.every(([id, figure]) => id === assumed[0] || figure.provenance.scale === assumed[0])
  );
}

export interface Validation {
  /**
   * `otherChunkPoints`: by how much, at most, a change would differ had the series used
   * {@link OTHER_CHUNK}.
   */
  readonly split: readonly (SplitValidation & { readonly otherChunkPoints: number })[];
  readonly contention: ContentionValidation;
  readonly shadow: ShadowValidation;
  readonly zap: ZapValidation;
}

/**
 * Model beside publication, for every published measurement.
 *
 * @param profile replaces the arm64 series' own
 * @param leaveOut a post, series, table, column or row: fitted without it, which is then judged
 * @throws UserError for something to leave out that is not there
 */
export function validateAll(profile?: CostProfile, leaveOut?: string): Validation {
  if (leaveOut !== undefined) checkLeaveOut(leaveOut);
  return {
    split: SPLIT_SERIES.map((series) => {
      const one = validateSplitSeries(series, profile, SERIES_CHUNK, leaveOut);
      const other = validateSplitSeries(series, profile, OTHER_CHUNK, leaveOut);
      const effects = zip(one.rows, other.rows).map(([a, b]) => Math.abs(a.modelledPercent - b.modelledPercent));
      return { ...one, otherChunkPoints: Math.max(...effects) };
    }),
    contention: validateContention({
      ...(profile === undefined ? {} : { profile }),
      ...(leaveOut === undefined || !isContentionName(leaveOut) ? {} : { leaveOut }),
    }),
    shadow: validateShadow(),
    zap: validateZap(),
  };
}

function checkLeaveOut(name: string): void {
  const isSplit = SPLIT_SERIES.some((series) => series.rows.some((row) => namesSplitRow(name, series, row)));
  if (isSplit || isContentionName(name)) return;
  const known = [...SPLIT_SERIES.map((series) => series.id), ...contentionNames()];
  throw badInput(
    `--leave-out "${clip(name)}"`,
    "no such post, table, column or row",
    `${known.join(", ")}, or one row of them`,
  );
}
