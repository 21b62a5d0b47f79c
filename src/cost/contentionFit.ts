import { zip } from "../lists.js";
import { fitPositive } from "../stats/fitPositive.js";
import { type FaultFigures, type FaultLock, type FaultMix, faultsIn, faultTime, mixOf } from "./contention.js";
import { guestPass } from "./guestPass.js";
import type { ProfileId } from "./profiles.js";
import type { ContentionColumn, ContentionTable } from "./published/contentionTable.js";
import { termCounts } from "./terms.js";

/** A column of a published table with what the simulation counts for each of its vCPUs. */
export interface CountedColumn {
  readonly table: ContentionTable;
  readonly column: ContentionColumn;
  /** "koller-2023-sparse/lazy". */
  readonly id: string;
  readonly mix: FaultMix;
  /** vCPUs and published nanoseconds of each fault of a vCPU. */
  readonly rows: readonly ColumnRow[];
}

export interface ColumnRow {
  readonly vcpus: number;
  /** The published time, ns. */
  readonly publishedNs: number;
  /** Of each fault, ns. */
  readonly nsPerFault: number;
}

const NS = { ms: 1e6, s: 1e9 } as const;

/**
 * Columns with their counts: the pass in which all memory is logged, simulated for one vCPU, as all
 * do the same to memory of their own. A column that another repeats to the digit is left out.
 */
export function countedColumns(tables: readonly ContentionTable[]): readonly CountedColumn[] {
  return tables.flatMap((table) =>
    table.columns
      .filter((column) => column.repeats === undefined)
      .map((column): CountedColumn => {
        const mix = mixOfColumn(table, column);
        const faults = faultsIn(mix);
        const rows = column.rows.map(([vcpus, time]) => {
          const publishedNs = time * NS[table.unit];
          return { vcpus, publishedNs, nsPerFault: publishedNs / faults };
        });
        return { table, column, id: columnId(table, column), mix, rows };
      }),
  );
}

export function columnId(table: ContentionTable, column: ContentionColumn): string {
  return `${table.id}/${column.name}`;
}

/** Faults of each vCPU, simulated. */
export function mixOfColumn(table: ContentionTable, column: ContentionColumn): FaultMix {
  const { memoryBytes, blockBytes, strideBytes, writeEvery } = table.workload;
  const pass = guestPass({
    leafBytes: column.eager ? 4096 : blockBytes,
    pageBytes: 4096,
    entries: 512,
    memoryBytes,
    strideBytes,
    writePercent: 100,
    writeEvery,
    // The pass after the first clear; iterations count from 1. With a fixed rule of writing nothing
    // depends on it.
    iteration: 2,
    vcpu: 0,
    seed: 1,
  });
  return mixOf(termCounts(pass));
}

/** A figure of a machine that a fit may vary. */
export type Parameter =
  | `alone.${"relax" | "map" | "broken"}`
  | `parallel.${"serial" | "broadcast" | "remote"}`
  | `${"rwlock" | "spinlock"}.${"hold" | "handOver"}`;

/** What each machine's set varies, and which columns it is fitted to. */
export const MACHINE_SETS: Readonly<Partial<Record<ProfileId, { readonly parameters: readonly Parameter[] }>>> = {
  ampereone: { parameters: ["alone.relax", "alone.map", "alone.broken", "parallel.serial", "parallel.broadcast"] },
  "upton-2022": {
    parameters: ["alone.map", "parallel.serial", "parallel.remote", "rwlock.hold", "rwlock.handOver"],
  },
  "altra-2022": { parameters: ["alone.map", "spinlock.hold", "spinlock.handOver"] },
};

/** Where a fit begins, ns: orders of magnitude of a server core. */
const START: Readonly<Record<Parameter, number>> = {
  "alone.relax": 3000,
  "alone.map": 2000,
  "alone.broken": 5000,
  "parallel.serial": 200,
  "parallel.broadcast": 1000,
  "parallel.remote": 200,
  "rwlock.hold": 600,
  "rwlock.handOver": 100,
  "spinlock.hold": 1000,
  "spinlock.handOver": 100,
};

/** A machine's figures from a fit's parameters, over what is known already. */
export function figuresWith(
  known: FaultFigures,
  parameters: readonly Parameter[],
  values: readonly number[],
): FaultFigures {
  const figures: Record<string, Record<string, number>> = {
    alone: { ...known.alone },
    ...(known.parallel === undefined ? {} : { parallel: { ...known.parallel } }),
    ...(known.rwlock === undefined ? {} : { rwlock: { ...known.rwlock } }),
    ...(known.spinlock === undefined ? {} : { spinlock: { ...known.spinlock } }),
  };
  for (const [parameter, value] of zip(parameters, values)) {
    const [group, name] = parameter.split(".") as [string, string];
    figures[group] = { ...figures[group], [name]: value };
  }
  return figures as unknown as FaultFigures;
}

/** Rows that a fit uses of one column. */
export interface FitPart {
  readonly column: CountedColumn;
  readonly rows: readonly ColumnRow[];
}

/** A measured phase of vCPUs that fault. */
export interface FaultRow {
  readonly mix: FaultMix;
  readonly lock: FaultLock;
  readonly vcpus: number;
  readonly nsPerFault: number;
}

/** A machine's figures, fitted to rows of its tables: least squares of relative errors. */
export function fitFigures(
  parts: readonly FitPart[],
  parameters: readonly Parameter[],
  known: FaultFigures = { alone: {} },
): FaultFigures {
  const rows = parts.flatMap(({ column, rows: chosen }) =>
    chosen.map(({ vcpus, nsPerFault }) => ({ mix: column.mix, lock: column.column.lock, vcpus, nsPerFault })),
  );
  return fitFaults(rows, parameters, known);
}

export function fitFaults(
  rows: readonly FaultRow[],
  parameters: readonly Parameter[],
  known: FaultFigures = { alone: {} },
): FaultFigures {
  const values = fitPositive(
    (at) => {
      const figures = figuresWith(known, parameters, at);
      return rows.map(({ mix, lock, vcpus, nsPerFault }) =>
        Math.log(nsPerFault / faultTime(mix, figures, lock, vcpus).nsPerFault),
      );
    },
    parameters.map((parameter) => START[parameter]),
    parameters.length > 2 ? undefined : 1,
  );
  return figuresWith(known, parameters, values);
}

/** Modelled against published, percent of published. */
export function errorPercent(figures: FaultFigures, column: CountedColumn, row: ColumnRow): number {
  const modelled = faultTime(column.mix, figures, column.column.lock, row.vcpus).nsPerFault;
  return 100 * (modelled / row.nsPerFault - 1);
}

/** Mean and largest absolute value of errors, in percent. */
export interface Summary {
  readonly mean: number;
  readonly largest: number;
}

export function summaryOf(errors: readonly number[]): Summary {
  const sizes = errors.map(Math.abs);
  if (sizes.length === 0) return { mean: Number.NaN, largest: Number.NaN };
  return { mean: sizes.reduce((a, b) => a + b, 0) / sizes.length, largest: Math.max(...sizes) };
}
