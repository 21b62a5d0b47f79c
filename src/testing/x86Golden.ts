import { readdirSync, readFileSync } from "node:fs";
import type { RootSpec } from "../mmu/tdp/build.js";

/**
 * Reads the x86 golden files: figures got by running the kernel's own code. Only tests use this.
 */

export interface ZapGolden {
  readonly name: string;
  readonly input: { readonly hostMaxphyaddr: number; readonly roots: readonly RootSpec[] };
  readonly structure: readonly unknown[];
  readonly expected: Readonly<Record<string, unknown>>;
  readonly totals: Readonly<Record<string, unknown>>;
}

export interface ZapYieldGolden {
  readonly name: string;
  readonly input: { readonly hostMaxphyaddr: number; readonly root: RootSpec };
  readonly expected: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface SplitGolden {
  readonly name: string;
  readonly input: {
    readonly root: RootSpec;
    readonly startGfn: number;
    readonly endGfnExclusive: number;
    readonly targetLevel: number;
    readonly minLevel: number;
    readonly reschedEveryNPolls: number;
    readonly hostMaxphyaddr: number;
  };
  readonly expected: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly leavesBefore: unknown;
  readonly leavesAfter: unknown;
  readonly tablesAfterByLevel: unknown;
  readonly loopsIfAllocationDidNotRestart: number | null;
  readonly enableDirtyLogSequenceBaseline?: Readonly<Record<string, unknown>>;
}

export interface ClearGolden {
  readonly name: string;
  readonly input: {
    readonly root: RootSpec;
    readonly slotBaseGfn: number;
    readonly npages: number;
    readonly masks: { readonly allWords: string } | readonly string[];
    readonly manualProtectAndInitSet: boolean;
    readonly hostMaxphyaddr: number;
  };
  readonly expected: Readonly<Record<string, unknown>>;
}

export interface ShadowGolden {
  readonly name: string;
  readonly input: {
    readonly slot: { readonly baseGfn: number; readonly npages: number };
    readonly targetLevel: number;
    readonly mappings: readonly {
      readonly gfn: number;
      readonly count: number;
      readonly level: number;
      readonly role: number;
      readonly copies: number;
      readonly stride?: number;
    }[];
    readonly reschedEveryNPolls?: number;
    readonly availableMmuPages?: number | null;
  };
  readonly constants: Readonly<Record<string, unknown>>;
  readonly expected: Readonly<Record<string, unknown>>;
}

/** All files of a golden folder whose name matches, parsed. */
export function goldenFiles<T>(folder: string, name = /\.json$/): T[] {
  const url = new URL(`./golden/${folder}/`, import.meta.url);
  const files = readdirSync(url).filter((file) => name.test(file));
  return files.sort().map((file) => JSON.parse(readFileSync(new URL(file, url), "utf8")) as T);
}
