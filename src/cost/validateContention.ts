import { type FaultFigures, type FaultKind, faultTime, knowsLock } from "./contention.js";
import {
  type ColumnValidation,
  type MachineFit,
  machineFits,
  overall,
  type Protocol,
  type Ratio,
  type Repeat,
  type RowValidation,
  ratiosOf,
  repeatsOf,
} from "./contentionErrors.js";
import {
  type ColumnRow,
  type CountedColumn,
  columnId,
  countedColumns,
  errorPercent,
  fitFigures,
  MACHINE_SETS,
  type Parameter,
  type Summary,
  summaryOf,
} from "./contentionFit.js";
import type { CostProfile } from "./profile.js";
import { builtinProfile, type ProfileId } from "./profiles.js";
import { CONTENTION_TABLES } from "./published/contention.js";
import type { ContentionTable } from "./published/contentionTable.js";

/** Every published column over vCPUs beside the model. */
export interface ContentionValidation {
  readonly columns: readonly ColumnValidation[];
  readonly machines: readonly MachineFit[];
  /** Two posts of one test on one machine: how well the published figures repeat themselves. */
  readonly repeats: readonly Repeat[];
  readonly ratios: readonly Ratio[];
  /**
   * Means over the columns of their mean errors, and the largest of any row, percent; null where no
   * column has it.
   */
  readonly overall: Readonly<Record<Protocol, Summary | null>>;
  /** What was left out of the fits, and how far the model is from it then. */
  readonly leftOut: (LeftOut & { readonly error: Summary | null }) | null;
}

/** Left out of a fit by its name; null is nothing. */
export interface LeftOut {
  readonly name: string;
  readonly rows: number;
}

export interface ContentionRequest {
  /** Replaces every table's own profile: every row is then judged. */
  readonly profile?: CostProfile;
  /**
   * A table, "table/column", "table/column/vCPUs" or a post: refitted without it, which is then
   * judged.
   */
  readonly leaveOut?: string;
  readonly tables?: readonly ContentionTable[];
}

/**
 * Every published column beside the model. Where something is left out, machines are fitted again
 * without it.
 */
export function validateContention(request: ContentionRequest = {}): ContentionValidation {
  const columns = countedColumns(request.tables ?? CONTENTION_TABLES);
  const leaves = (column: CountedColumn, row: Pick<ColumnRow, "vcpus">) =>
    namesRow(request.leaveOut, column, row.vcpus);
  const fittedRow = (column: CountedColumn, row: ColumnRow) =>
    fittedTo(column).includes(column.id) && !leaves(column, row);

  const figuresByProfile = new Map<ProfileId, FaultFigures | undefined>();
  const { profile } = request;
  const figuresOf = ({ table }: CountedColumn): FaultFigures | undefined => {
    if (profile !== undefined) return profile.contention;
    const name = table.profile;
    if (!figuresByProfile.has(name)) {
      const figures =
        request.leaveOut === undefined ? builtinProfile(name).contention : refit(name, columns, fittedRow);
      figuresByProfile.set(name, figures);
    }
    return figuresByProfile.get(name);
  };

  const validated = columns.map((column): ColumnValidation => {
    const figures = figuresOf(column);
    const known = figures !== undefined && knowsLock(figures, column.column.lock) ? figures : undefined;
    const rows = column.rows.map((row): RowValidation => {
      const error = known === undefined ? null : errorPercent(known, column, row);
      return {
        vcpus: row.vcpus,
        publishedNs: row.publishedNs,
        modelledNs: error === null ? null : row.publishedNs * (1 + error / 100),
        errorPercent: error,
        role: request.profile === undefined && fittedRow(column, row) ? "fitted" : "judged",
      };
    });
    return {
      column,
      profile: request.profile?.name ?? column.table.profile,
      rows,
      machine: known === undefined ? null : summaryOf(rows.map((row) => row.errorPercent!)),
      twoRows: request.leaveOut === undefined ? twoRows(column) : null,
      firstRow: request.profile === undefined && request.leaveOut === undefined ? firstRow(column, columns) : null,
      assumed:
        known === undefined ? [] : faultTime(column.mix, known, column.column.lock, column.rows[0]!.vcpus).assumed,
    };
  });
  const leftErrors = validated.flatMap(({ column, rows }) =>
    rows.filter((row) => leaves(column, row)).map((row) => row.errorPercent),
  );
  return {
    columns: validated,
    machines: request.profile === undefined ? machineFits(validated, figuresByProfile) : [],
    repeats: repeatsOf(columns),
    ratios: ratiosOf(validated),
    overall: {
      machine: overall(validated, "machine"),
      twoRows: overall(validated, "twoRows"),
      firstRow: overall(validated, "firstRow"),
    },
    leftOut:
      request.leaveOut === undefined
        ? null
        : {
            name: request.leaveOut,
            rows: leftErrors.length,
            error: leftErrors.includes(null) ? null : summaryOf(leftErrors as number[]),
          },
  };
}

function fittedTo({ table }: CountedColumn): readonly string[] {
  return builtinProfile(table.profile).contention?.fittedTo ?? [];
}

function namesRow(
  name: string | undefined,
  { table, id }: Pick<CountedColumn, "table" | "id">,
  vcpus: number,
): boolean {
  return name !== undefined && [table.post, table.id, id, `${id}/${vcpus}`].includes(name);
}

function columnIds(): readonly Pick<CountedColumn, "table" | "column" | "id">[] {
  return CONTENTION_TABLES.flatMap((table) =>
    table.columns.map((column) => ({ table, column, id: columnId(table, column) })),
  );
}

/** Whether a post, table, column or row has this name. */
export function isContentionName(name: string): boolean {
  return columnIds().some((one) => one.column.rows.some(([vcpus]) => namesRow(name, one, vcpus)));
}

/** Names that {@link isContentionName} knows, rows aside. */
export function contentionNames(): readonly string[] {
  return [...new Set(columnIds().flatMap((one) => [one.table.post, one.table.id, one.id]))];
}

function refit(
  profile: ProfileId,
  columns: readonly CountedColumn[],
  isFitted: (column: CountedColumn, row: ColumnRow) => boolean,
): FaultFigures | undefined {
  const parts = columns
    .filter((column) => column.table.profile === profile)
    .map((column) => ({ column, rows: column.rows.filter((row) => isFitted(column, row)) }))
    .filter((part) => part.rows.length > 0);
  const parameters = (MACHINE_SETS[profile]?.parameters ?? []).filter((one) => parts.some((p) => tells(p.column, one)));
  return parts.length === 0 ? undefined : fitFigures(parts, parameters);
}

/**
 * Whether a column depends on a figure enough to say anything of it: a share of a fault in a
 * hundred does not.
 */
function tells({ mix, column }: CountedColumn, parameter: Parameter): boolean {
  const faults = mix.relax + mix.map + mix.broken;
  const share = { relax: mix.relax / faults, map: mix.map / faults, broken: mix.broken / faults };
  const [group, name] = parameter.split(".") as [string, string];
  if (group === "alone") return share[name as FaultKind] > 0.01;
  if (group !== column.lock) return false;
  return name !== "broadcast" || share.broken > 0.01;
}

/**
 * The figures of a fault, which are taken for those of any kind where no others are known, and of
 * the serial part under the column's lock.
 */
function ownParameters({ column }: CountedColumn): readonly [alone: Parameter, serial: Parameter] {
  return ["alone.map", column.lock === "parallel" ? "parallel.serial" : `${column.lock}.hold`];
}

const SECOND_ROW = 32;

/** Fitted to two rows of the column itself, N = 1 and N = 32 (or the last), the others judged. */
function twoRows(column: CountedColumn): Summary {
  const last = column.rows.some((row) => row.vcpus === SECOND_ROW) ? SECOND_ROW : column.rows.at(-1)!.vcpus;
  const chosen = column.rows.filter((row) => row.vcpus === 1 || row.vcpus === last);
  const figures = fitFigures([{ column, rows: chosen }], ownParameters(column));
  return summaryOf(column.rows.filter((row) => !chosen.includes(row)).map((row) => errorPercent(figures, column, row)));
}

/**
 * The serial parts from the machine's other columns, what a fault takes alone from the first row of
 * this one.
 */
function firstRow(column: CountedColumn, columns: readonly CountedColumn[]): Summary | null {
  const figures = withoutColumn(column, columns);
  const first = column.rows.find((row) => row.vcpus === 1);
  if (figures === undefined || first === undefined) return null;
  const own = fitFigures([{ column, rows: [first] }], [ownParameters(column)[0]], { ...figures, alone: {} });
  return summaryOf(column.rows.filter((row) => row !== first).map((row) => errorPercent(own, column, row)));
}

/**
 * A machine's figures as its other columns tell them; undefined where they do not tell what this
 * one depends on.
 */
function withoutColumn(column: CountedColumn, columns: readonly CountedColumn[]): FaultFigures | undefined {
  const { profile } = column.table;
  const own = builtinProfile(profile).contention;
  if (!fittedTo(column).includes(column.id))
    return own !== undefined && knowsLock(own, column.column.lock) ? own : undefined;
  const fitted = (one: CountedColumn) => one.column !== column.column && fittedTo(one).includes(one.id);
  const serial = (MACHINE_SETS[profile]?.parameters ?? []).filter(
    (one) => !one.startsWith("alone.") && tells(column, one),
  );
  const others = columns.filter((one) => one.table.profile === profile && fitted(one));
  return serial.every((one) => others.some((other) => tells(other, one))) ? refit(profile, columns, fitted) : undefined;
}
