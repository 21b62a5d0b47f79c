import type { FaultFigures, FaultKind } from "./contention.js";
import { type CountedColumn, MACHINE_SETS, type Parameter, type Summary, summaryOf } from "./contentionFit.js";
import type { Role } from "./profile.js";
import type { ProfileId } from "./profiles.js";

/**
 * How a column's error is got. `machine`: one set of figures for all columns of the machine.
 * `twoRows`: the column alone, its fault and its serial part from N = 1 and N = 32. `firstRow`: the
 * machine's serial parts as fitted to its other columns, the fault from N = 1 of the column. In the
 * last two all other rows are judged.
 */
export const PROTOCOLS = ["machine", "twoRows", "firstRow"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export interface ColumnValidation {
  readonly column: CountedColumn;
  readonly profile: string;
  readonly rows: readonly RowValidation[];
  /**
   * Of all rows with the machine's figures, whether they were fitted or not; null where its profile
   * knows nothing of the lock.
   */
  readonly machine: Summary | null;
  /** Null, as the next, where something is left out: it does not depend on it. */
  readonly twoRows: Summary | null;
  /** Null where the other columns of the machine do not tell its serial parts. */
  readonly firstRow: Summary | null;
  /**
   * Kinds of faults whose time on the idle machine is not known: that of the nearest kind is taken.
   */
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

/** Lazy against eager at the largest number of vCPUs of a table. */
export interface Ratio {
  readonly table: string;
  readonly vcpus: number;
  readonly published: number;
  readonly modelled: number;
  readonly errorPercent: number;
}

export function machineFits(
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
export function repeatsOf(columns: readonly CountedColumn[]): readonly Repeat[] {
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

export function ratiosOf(columns: readonly ColumnValidation[]): readonly Ratio[] {
  return columns.flatMap((lazy) => {
    if (lazy.column.column.eager) return [];
    const eager = columns.find(
      (one) =>
        one.column.table === lazy.column.table &&
        one.column.column.eager &&
        one.column.column.lock === lazy.column.column.lock,
    );
    const [a, b] = [lazy.rows.at(-1), eager?.rows.at(-1)];
    if (a === undefined || b === undefined || a.modelledNs === null || b.modelledNs === null || a.vcpus !== b.vcpus)
      return [];
    const published = a.publishedNs / b.publishedNs;
    const modelled = a.modelledNs / b.modelledNs;
    const table = lazy.column.table.id;
    return [{ table, vcpus: a.vcpus, published, modelled, errorPercent: 100 * (modelled / published - 1) }];
  });
}

/** Mean of the columns' means, and the largest error of any row. */
export function overall(columns: readonly ColumnValidation[], protocol: Protocol): Summary | null {
  const summaries = columns.flatMap((one) => one[protocol] ?? []);
  if (summaries.length === 0) return null;
  return {
    mean: summaries.reduce((sum, one) => sum + one.mean, 0) / summaries.length,
    largest: Math.max(...summaries.map((one) => one.largest)),
  };
}
