import { type FaultFigures, type FaultKind, faultTime, knowsLock } from "./contention.js";
import {
  type ColumnRow,
  type CountedColumn,
  columnId,
  countedColumns,
  errorPercent,
  fitFigures,
  type Parameter,
  type Summary,
  summaryOf,
} from "./contentionFit.js";
import type { CostProfile, Role } from "./profile.js";
import { builtinProfile, type ProfileId } from "./profiles.js";
import { CONTENTION_TABLES, type ContentionTable } from "./published/contention.js";

/** Every published column over vCPUs beside the model. */
export interface ContentionValidation {
  readonly columns: readonly ColumnValidation[];
  readonly machines: readonly MachineFit[];
  /** Two posts of one test on one machine: how well the published figures repeat themselves. */
  readonly repeats: readonly Repeat[];
  readonly ratios: readonly Ratio[];
  /** Means over the columns of their mean errors, and the largest of any row, percent; null where no column has it. */
  readonly overall: Readonly<Record<Protocol, Summary | null>>;
  /** What was left out of the fits, and how far the model is from it then. */
  readonly leftOut: (LeftOut & { readonly error: Summary | null }) | null;
}

/** Left out of a fit by its name; null is nothing. */
export interface LeftOut {
  readonly name: string;
  readonly rows: number;
}

/**
 * How a column's error is got. `machine`: one set of figures for all columns of the machine. `twoRows`: the column alone, its fault and its serial
 * part from N = 1 and N = 32. `firstRow`: the machine's serial parts as fitted to its other columns, the fault from N = 1 of the column. In
 * the last two all other rows are judged.
 */
export const PROTOCOLS = ["machine", "twoRows", "firstRow"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export interface ColumnValidation {
  readonly column: CountedColumn;
  readonly profile: string;
  readonly rows: readonly RowValidation[];
  /** Of all rows with the machine's figures, whether they were fitted or not; null where its profile knows nothing of the lock. */
  readonly machine: Summary | null;
  /** Null, as the next, where something is left out: it does not depend on it. */
  readonly twoRows: Summary | null;
  /** Null where the other columns of the machine do not tell its serial parts. */
  readonly firstRow: Summary | null;
  /** Kinds of faults whose time on the idle machine is not known: that of the nearest kind is taken. */
  readonly assumed: readonly FaultKind[];
}

export interface RowValidation {
  readonly vcpus: number;
  readonly publishedNs: number;
  /** Null where the profile knows nothing of the lock. */
  readonly modelledNs: number | null;
  readonly errorPercent: number | null;
  readonly role: Role;
}

/** A machine's figures and what they were fitted to. */
export interface MachineFit {
  readonly profile: string;
  readonly figures: FaultFigures;
  readonly fitted: Summary & { readonly rows: number };
  readonly judged: (Summary & { readonly rows: number }) | null;
  /** Figures that no row which is left tells: they are taken as 0. */
  readonly untold: readonly Parameter[];
}

export interface Repeat {
  readonly a: string;
  readonly b: string;
  /** Mean and largest difference of equal rows, percent of the later post. */
  readonly difference: Summary;
}

/** Lazy against eager at the most vCPUs of a table. */
export interface Ratio {
  readonly table: string;
  readonly vcpus: number;
  readonly published: number;
  readonly modelled: number;
  readonly errorPercent: number;
}

/** What each machine's set varies, and which columns it is fitted to. */
export const MACHINE_SETS: Readonly<Partial<Record<ProfileId, { readonly parameters: readonly Parameter[] }>>> = {
  ampereone: { parameters: ["alone.relax", "alone.map", "alone.broken", "parallel.serial", "parallel.broadcast"] },
  "upton-2022": {
    parameters: ["alone.map", "parallel.serial", "parallel.remote", "rwlock.hold", "rwlock.handOver"],
  },
  "altra-2022": { parameters: ["alone.map", "spinlock.hold", "spinlock.handOver"] },
};

export interface ContentionRequest {
  /** Replaces every table's own profile: every row is then judged. */
  readonly profile?: CostProfile;
  /** A table, "table/column", "table/column/vCPUs" or a post: refitted without it, which is then judged. */
  readonly leaveOut?: string;
  readonly tables?: readonly ContentionTable[];
}

/** Every published column beside the model. Where something is left out, machines are fitted again without it. */
export function validateContention(request: ContentionRequest = {}): ContentionValidation {
  const columns = countedColumns(request.tables ?? CONTENTION_TABLES);
  const leaves = (column: CountedColumn, row: ColumnRow) => namesRow(request.leaveOut, column, row.vcpus);
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
    rows.filter((_, i) => leaves(column, column.rows[i]!)).map((row) => row.errorPercent),
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

/** Whether a column depends on a figure enough to say anything of it: a share of a fault in a hundred does not. */
function tells({ mix, column }: CountedColumn, parameter: Parameter): boolean {
  const faults = mix.relax + mix.map + mix.broken;
  const share = { relax: mix.relax / faults, map: mix.map / faults, broken: mix.broken / faults };
  const [group, name] = parameter.split(".") as [string, string];
  if (group === "alone") return share[name as FaultKind] > 0.01;
  if (group !== column.lock) return false;
  return name !== "broadcast" || share.broken > 0.01;
}

/** The figures of a fault that is mostly of one kind, and of the serial part under the column's lock. */
function ownParameters({ mix, column }: CountedColumn): readonly [alone: Parameter, serial: Parameter] {
  const kind = mix.relax > 0 ? "relax" : mix.map > 0 ? "map" : "broken";
  return [`alone.${kind}`, column.lock === "parallel" ? "parallel.serial" : `${column.lock}.hold`];
}

const SECOND_ROW = 32;

/** Fitted to two rows of the column itself, N = 1 and N = 32 (or the last), the others judged. */
function twoRows(column: CountedColumn): Summary {
  const last = column.rows.some((row) => row.vcpus === SECOND_ROW) ? SECOND_ROW : column.rows.at(-1)!.vcpus;
  const chosen = column.rows.filter((row) => row.vcpus === 1 || row.vcpus === last);
  const figures = fitFigures([{ column, rows: chosen }], ownParameters(column));
  return summaryOf(column.rows.filter((row) => !chosen.includes(row)).map((row) => errorPercent(figures, column, row)));
}

/** The serial parts from the machine's other columns, what a fault takes alone from the first row of this one. */
function firstRow(column: CountedColumn, columns: readonly CountedColumn[]): Summary | null {
  const figures = withoutColumn(column, columns);
  const first = column.rows.find((row) => row.vcpus === 1);
  if (figures === undefined || first === undefined) return null;
  const own = fitFigures([{ column, rows: [first] }], [ownParameters(column)[0]], { ...figures, alone: {} });
  return summaryOf(column.rows.filter((row) => row !== first).map((row) => errorPercent(own, column, row)));
}

/** A machine's figures as its other columns tell them; undefined where they do not tell what this one depends on. */
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

function machineFits(
  columns: readonly ColumnValidation[],
  figures: ReadonlyMap<ProfileId, FaultFigures | undefined>,
): readonly MachineFit[] {
  return [...figures].flatMap(([profile, own]) => {
    if (own === undefined) return [];
    const rows = columns.filter((one) => one.profile === profile && one.machine !== null).flatMap((one) => one.rows);
    const summary = (role: Role) => {
      const errors = rows.filter((row) => row.role === role).map((row) => row.errorPercent!);
      return { ...summaryOf(errors), rows: errors.length };
    };
    const judged = summary("judged");
    const untold = (MACHINE_SETS[profile]?.parameters ?? []).filter((one) => {
      const [group, name] = one.split(".") as [keyof FaultFigures, string];
      return (own[group] as Readonly<Record<string, number>> | undefined)?.[name] === undefined;
    });
    return [{ profile, figures: own, fitted: summary("fitted"), judged: judged.rows === 0 ? null : judged, untold }];
  });
}

/** Columns of different posts that did the same on the same machine under the same lock. */
function repeatsOf(columns: readonly CountedColumn[]): readonly Repeat[] {
  return columns.flatMap((a, i) =>
    columns.slice(i + 1).flatMap((b) => {
      const same =
        a.table.post !== b.table.post &&
        a.table.profile === b.table.profile &&
        a.table.command === b.table.command &&
        a.column.name === b.column.name;
      if (!same) return [];
      const differences = a.rows.flatMap((row) => {
        const other = b.rows.find((one) => one.vcpus === row.vcpus);
        return other === undefined ? [] : [100 * (other.publishedNs / row.publishedNs - 1)];
      });
      return [{ a: a.id, b: b.id, difference: summaryOf(differences) }];
    }),
  );
}

function ratiosOf(columns: readonly ColumnValidation[]): readonly Ratio[] {
  return columns.flatMap((lazy) => {
    if (lazy.column.column.eager) return [];
    const eager = columns.find(
      (one) =>
        one.column.table === lazy.column.table &&
        one.column.column.eager &&
        one.column.column.lock === lazy.column.column.lock,
    );
    const [a, b] = [lazy.rows.at(-1)!, eager?.rows.at(-1)];
    if (b === undefined || a.modelledNs === null || b.modelledNs === null || a.vcpus !== b.vcpus) return [];
    const published = a.publishedNs / b.publishedNs;
    const modelled = a.modelledNs / b.modelledNs;
    const table = lazy.column.table.id;
    return [{ table, vcpus: a.vcpus, published, modelled, errorPercent: 100 * (modelled / published - 1) }];
  });
}

function overall(columns: readonly ColumnValidation[], protocol: Protocol): Summary | null {
  const summaries = columns.flatMap((one) => one[protocol] ?? []);
  if (summaries.length === 0) return null;
  return {
    mean: summaries.reduce((sum, one) => sum + one.mean, 0) / summaries.length,
    largest: Math.max(...summaries.map((one) => one.largest)),
  };
}
