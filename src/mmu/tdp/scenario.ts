import type { ScenarioBase } from "../contract.js";
import type { RootSpec } from "./build.js";

/**
 * A scenario of the TDP MMU in its full form, with the field names of the golden files' `input`: a
 * union by workload, each with the fields that it reads. Frames (gfns) are 4K; levels are 1 (4K) to
 * 5.
 */
export type TdpScenario = TdpZap | TdpSplit | TdpEnable | TdpClear;

export const TDP_WORKLOADS = ["zap", "split", "enable", "clear"] as const satisfies readonly TdpScenario["workload"][];
export type TdpWorkload = TdpScenario["workload"];

interface TdpBase extends Omit<ScenarioBase, "assumed"> {
  readonly mmu: "x86-tdp";
  /** Physical address bits of the host, 32 to 52: where the walk of a whole root ends. */
  readonly hostMaxphyaddr: number;
  /** A walk polls before each body, and must yield at every n-th poll; 0 is never. */
  readonly reschedEveryNPolls: number;
  /** The roots; all workloads but `zap` have one. */
  readonly roots: readonly RootSpec[];
}

interface TdpRange {
  /** The frames worked on. */
  readonly startGfn: number;
  readonly endGfnExclusive: number;
}

interface TdpLogging {
  /** Page-modification logging. */
  readonly pml: boolean;
  /** The `eager_page_split` module parameter. */
  readonly eager: boolean;
}

/** All roots are zapped. */
export interface TdpZap extends TdpBase {
  readonly workload: "zap";
}

/** Huge pages of a range are split eagerly. */
export interface TdpSplit extends TdpBase, TdpRange {
  readonly workload: "split";
  /** 1 is 4K, 2 is 2M. */
  readonly targetLevel: number;
}

/** Dirty logging is enabled, not initially-all-set. */
export interface TdpEnable extends TdpBase, TdpRange, TdpLogging {
  readonly workload: "enable";
}

/** The dirty log of a slot is cleared. */
export interface TdpClear extends TdpBase, TdpLogging {
  readonly workload: "clear";
  readonly slotBaseGfn: number;
  readonly npages: number;
  /** 64-page masks in hexadecimal, lowest page in bit 0: one for each word, or the same for all. */
  readonly masks: { readonly allWords: string } | readonly string[];
  /** Whether logging started with all bits set. */
  readonly manualProtectAndInitSet: boolean;
}

/**
 * A scenario as it may be written: what has a default may be left out, and a single root stands by
 * itself.
 */
export type WrittenTdpScenario =
  | Written<TdpZap>
  | (Written<TdpSplit> & { /** `targetLevel` + 1, as the golden files have it. */ readonly minLevel?: number })
  | Written<TdpEnable>
  | Written<TdpClear, "slotBaseGfn" | "npages" | "masks">;

type Written<S extends TdpScenario, Needed extends keyof S = never> = Pick<S, "mmu" | "workload" | Needed> &
  Partial<Omit<S, "roots" | "mmu" | "workload" | Needed>> &
  (
    | { readonly root: WrittenRoot; readonly roots?: never }
    | { readonly root?: never; readonly roots: readonly WrittenRoot[] }
  );

type WrittenRoot = Pick<RootSpec, "rootLevel" | "leaves"> & Partial<RootSpec>;
