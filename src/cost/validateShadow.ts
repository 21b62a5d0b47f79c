import { fitPositive } from "../stats/fitPositive.js";
import { type Summary, summaryOf } from "./contentionFit.js";
import type { Role } from "./profile.js";
import { SHADOW_POST, SHADOW_TABLES, type ShadowTable } from "./published/shadow.js";
import { boundTimes } from "./queue.js";

/**
 * The x86 shadow MMU's tables. Time per fault and vCPU grows with the number of vCPUs up to the
 * last row, which no queue with a constant hold does: a hold that grows with the logarithm of the
 * vCPUs *describes* it. Why it would is open (sockets, and reverse-map data that moves with the
 * lock, are guesses): nothing is explained, and nothing should be predicted from it.
 */
export interface ShadowValidation {
  readonly sets: readonly ShadowSet[];
  /** Tables and columns of which the model says nothing, with why. */
  readonly notModelled: readonly { readonly what: string; readonly why: string }[];
}

export interface ShadowSet {
  readonly name: string;
  /** The hold is c0 + g log2 N ns, the rest of a fault z ns. */
  readonly c0: number;
  readonly g: number;
  readonly zLazy: number;
  /** Null where no eager column is described. */
  readonly zEager: number | null;
  readonly columns: readonly ShadowColumnFit[];
  readonly error: Summary;
  /** Fitted up to 16 vCPUs, judged on more. */
  readonly beyond: Summary;
}

export interface ShadowColumnFit {
  readonly name: string;
  /** Derived from memory and the share written; not simulated. */
  readonly faultsPerVcpu: number;
  readonly rows: readonly {
    readonly vcpus: number;
    readonly publishedNs: number;
    readonly modelledNs: number;
    readonly errorPercent: number;
    readonly role: Role;
  }[];
  readonly error: Summary;
}

interface ShadowColumn {
  readonly name: string;
  readonly eager: boolean;
  readonly faults: number;
  readonly rows: readonly { readonly vcpus: number; readonly ns: number }[];
}

/** Up to so many vCPUs a set is fitted for `beyond`. */
const FEW = 16;

export function validateShadow(): ShadowValidation {
  const dirty = SHADOW_TABLES.filter((table) => table.timed === "dirty");
  const withoutEpt = dirty
    .filter((table) => !table.ept)
    .flatMap((table) => [columnOf(table, false), columnOf(table, true)]);
  const withEpt = dirty.filter((table) => table.ept).map((table) => columnOf(table, false));
  return {
    sets: [setOf("ept=N", withoutEpt), setOf("ept=Y, lazy", withEpt)],
    notModelled: [
      ...dirty
        .filter((table) => table.ept)
        .map((table) => ({
          what: `${table.id}, eager`,
          why: "4K write faults take no lock; 0.06 to 0.08 s are the guest's own accesses, which no profile prices",
        })),
      ...SHADOW_TABLES.filter((table) => table.timed !== "dirty").map((table) => ({
        what: table.id,
        why: "proportional to memory up to 32 vCPUs, then 64 take 2.7 times as long as 32: not explained",
      })),
    ],
  };
}

/**
 * Lazily every page faults whatever the share written, as breaking the 1G page unmaps them; eagerly
 * only written pages do: every second, every twentieth.
 */
function columnOf(table: ShadowTable, eager: boolean): ShadowColumn {
  const pages = SHADOW_POST.bytesPerVcpu / 4096;
  return {
    name: `${table.id}, ${eager ? "eager" : "lazy"}`,
    eager,
    faults: eager ? Math.floor((pages * table.writePercent) / 100) : pages,
    rows: table.rows.map(([vcpus, lazy, eagerS]) => ({ vcpus, ns: 1e9 * (eager ? eagerS : lazy) })),
  };
}

type Hold = Pick<ShadowSet, "c0" | "g" | "zLazy" | "zEager">;

function holdOf([c0, g, zLazy, zEager]: readonly number[]): Hold {
  return { c0: c0!, g: g!, zLazy: zLazy!, zEager: zEager ?? null };
}

function perFault({ c0, g, zLazy, zEager }: Hold, eager: boolean, vcpus: number): number {
  const think = eager ? zEager! : zLazy;
  return boundTimes({ servers: [c0 + g * Math.log2(vcpus)], think }, vcpus).cycle;
}

function fitHold(columns: readonly ShadowColumn[], maxVcpus: number): Hold {
  const eager = columns.some((column) => column.eager);
  const values = fitPositive(
    (at) =>
      columns.flatMap((column) =>
        column.rows
          .filter((row) => row.vcpus <= maxVcpus)
          .map((row) => Math.log(row.ns / column.faults / perFault(holdOf(at), column.eager, row.vcpus))),
      ),
    [100, 180, 1100, ...(eager ? [1100] : [])],
  );
  return holdOf(values);
}

function setOf(name: string, columns: readonly ShadowColumn[]): ShadowSet {
  const hold = fitHold(columns, Number.POSITIVE_INFINITY);
  const few = fitHold(columns, FEW);
  const errorWith = (at: Hold, column: ShadowColumn, row: { vcpus: number; ns: number }) =>
    100 * ((column.faults * perFault(at, column.eager, row.vcpus)) / row.ns - 1);
  const fits = columns.map((column): ShadowColumnFit => {
    const rows = column.rows.map((row) => {
      const errorPercent = errorWith(hold, column, row);
      const modelledNs = row.ns * (1 + errorPercent / 100);
      return { vcpus: row.vcpus, publishedNs: row.ns, modelledNs, errorPercent, role: "fitted" as const };
    });
    return {
      name: column.name,
      faultsPerVcpu: column.faults,
      rows,
      error: summaryOf(rows.map((row) => row.errorPercent)),
    };
  });
  const beyond = columns.flatMap((column) =>
    column.rows.filter((row) => row.vcpus > FEW).map((row) => errorWith(few, column, row)),
  );
  return {
    name,
    ...hold,
    columns: fits,
    error: summaryOf(fits.flatMap((column) => column.rows.map((row) => row.errorPercent))),
    beyond: summaryOf(beyond),
  };
}
