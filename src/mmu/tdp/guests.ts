import { badInput } from "../../errors.js";
import { backingNamed, DEFAULT_BACKINGS, segmentsFor } from "../../guest/backings.js";
import { formatSize, parseAddress, parseSize } from "../../guest/sizes.js";
import { pagesAt } from "../x86/pages.js";
import type { TdpOptions } from "./about.js";
import type { LeafRun, RootSpec } from "./build.js";
import { parseTdpScenario } from "./parse.js";
import { TDP_WORKLOADS, type TdpScenario, type TdpWorkload } from "./scenario.js";

const PAGE_BYTES = 4096;
/** Level of the leaves of a segment, by its `map`. */
export const LEVEL_OF: Readonly<Record<string, number>> = { "4K": 1, "2M": 2, "1G": 3 };

/** What a default guest of the TDP MMU is made from: what the command line's options say. */
export interface TdpGuestOptions {
  readonly workload: TdpWorkload;
  /**
   * 4k, thp, hugetlb-2m, hugetlb-1g, mixed, or the test's own names. Without one `zap` has the
   * hello VM, the others 4k.
   */
  readonly backing?: string;
  /** Guest memory in bytes, a multiple of 4K; default 1 GiB. */
  readonly memoryBytes?: number;
  /** First frame; default 0. */
  readonly baseGfn?: number;
  /** With thp: the share of the 2M regions that are one leaf, and which. Defaults 1 and 1. */
  readonly thpCoverage?: number;
  readonly seed?: number;
  /** `split`: default 4k. */
  readonly target?: "4k" | "2m";
  /** `enable` and `clear`: default true. */
  readonly pml?: boolean;
  readonly eager?: boolean;
  /** Default 0: never. */
  readonly reschedEvery?: number;
  /** Default 48. */
  readonly maxphyaddr?: number;
  /** 4 (default) or 5. */
  readonly rootLevel?: 4 | 5;
}

/**
 * The hello VM of "KVM: x86: Fast forward the iterator when zapping the TDP MMU" (Bernhard Kauer,
 * 2024-10-23): a page at 0, the reset vector at 0xfffff, an MMIO entry at 0xfee00; then the root
 * that is made after them, still empty.
 */
export function helloRoots(rootLevel: 4 | 5 = 4): RootSpec[] {
  const leaves = [
    { gfn: 0, level: 1, count: 1 },
    { gfn: 0xfffff, level: 1, count: 1 },
  ];
  return [
    { rootLevel, leaves, nonpresentPaths: [{ gfn: 0xfee00, level: 1 }] },
    { rootLevel, leaves: [], nonpresentPaths: [] },
  ];
}

/**
 * The guests that options of the command line ask for: each backing, or the hello VM where a zap
 * has neither backing nor memory.
 *
 * @param single whether to take one backing where none is named: 1G pages, of which there is most
 *   to tell
 * @throws UserError naming what does not fit
 */
export function tdpGuests(options: TdpOptions, single: boolean): TdpScenario[] {
  const workload = TDP_WORKLOADS.find((id) => id === options.workload) ?? "split";
  const memoryBytes = options.memory === undefined ? undefined : parseSize(options.memory, "--memory");
  const base = options.base === undefined ? 0 : parseAddress(options.base, "--base");
  if (base % PAGE_BYTES !== 0) throw badInput(`--base ${options.base}`, "not page-aligned", "a multiple of 4K");
  const hello = workload === "zap" && options.backing === undefined && memoryBytes === undefined;
  const named = options.backing ?? (single ? ["hugetlb-1g"] : DEFAULT_BACKINGS);
  const backings = hello ? [undefined] : [...new Set(named)];
  return backings.map((backing) =>
    defaultTdpScenario({
      workload,
      ...(backing === undefined ? {} : { backing }),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(base === 0 ? {} : { baseGfn: base / PAGE_BYTES }),
      ...(options.thpCoverage === undefined ? {} : { thpCoverage: options.thpCoverage }),
      seed: options.seed,
      ...(options.target === undefined ? {} : { target: options.target }),
      ...(options.pml === undefined ? {} : { pml: options.pml === "on" }),
      ...(options.eager === undefined ? {} : { eager: options.eager === "on" }),
      ...(options.reschedEvery === undefined ? {} : { reschedEvery: options.reschedEvery }),
      ...(options.maxphyaddr === undefined ? {} : { maxphyaddr: options.maxphyaddr }),
      ...(options.rootLevel === undefined ? {} : { rootLevel: options.rootLevel === "4" ? 4 : 5 }),
    }),
  );
}

/** The scenario that options ask for. @throws UserError naming what does not fit */
export function defaultTdpScenario(options: TdpGuestOptions): TdpScenario {
  const { workload, maxphyaddr = 48, rootLevel = 4, reschedEvery = 0 } = options;
  const hello = workload === "zap" && options.backing === undefined && options.memoryBytes === undefined;
  const backing = backingNamed(options.backing ?? "4k");
  const bytes = options.memoryBytes ?? 2 ** 30;
  const baseGfn = options.baseGfn ?? 0;
  const variables = [
    ...(reschedEvery === 0 ? [] : [`resched${reschedEvery}`]),
    ...(maxphyaddr === 48 ? [] : [`maxphyaddr${maxphyaddr}`]),
    ...(rootLevel === 4 ? [] : [`root${rootLevel}`]),
    ...(baseGfn === 0 ? [] : [`gfn0x${baseGfn.toString(16)}`]),
  ];
  const scenario = {
    mmu: "x86-tdp",
    name: [hello ? "hello" : `${backing}-${formatSize(bytes)}`, ...variables].join("-"),
    workload,
    hostMaxphyaddr: maxphyaddr,
    reschedEveryNPolls: reschedEvery,
    roots: hello ? helloRoots(rootLevel) : [backedRoot(backing, bytes, rootLevel, options)],
    ...(workload === "split" ? { targetLevel: options.target === "2m" ? 2 : 1 } : {}),
    ...(workload === "enable" || workload === "clear"
      ? { pml: options.pml ?? true, eager: options.eager ?? true }
      : {}),
    ...(workload === "clear"
      ? {
          slotBaseGfn: baseGfn,
          npages: bytes / PAGE_BYTES,
          masks: allBits(bytes / PAGE_BYTES),
          manualProtectAndInitSet: true,
        }
      : {}),
  };
  return parseTdpScenario(scenario, `guest ${scenario.name}`);
}

/** A root that maps so much memory with a backing, from `baseGfn` on. */
function backedRoot(backing: string, bytes: number, rootLevel: number, options: TdpGuestOptions): RootSpec {
  if (!Number.isSafeInteger(bytes) || bytes <= 0 || bytes % PAGE_BYTES !== 0) {
    throw badInput(
      `memory ${formatSize(bytes)}`,
      "not a whole number of pages",
      `a multiple of ${formatSize(PAGE_BYTES)}`,
    );
  }
  const leaves: LeafRun[] = [];
  let gfn = options.baseGfn ?? 0;
  for (const segment of segmentsFor(backing, bytes, "4K", options.thpCoverage ?? 1, options.seed ?? 1)) {
    const end = gfn + parseSize(segment.size) / PAGE_BYTES;
    if (segment.map !== "hole") fill(leaves, gfn, end, LEVEL_OF[segment.map]!);
    gfn = end;
  }
  return { rootLevel, leaves, nonpresentPaths: [] };
}

/** Maps [gfn, end) with the largest leaves that are not above `level`, aligned, and fit. */
export function fill(leaves: LeafRun[], gfn: number, end: number, level: number): void {
  let at = gfn;
  while (at < end) {
    let best = level;
    while (at % pagesAt(best) !== 0 || at + pagesAt(best) > end) best--;
    // As many of this size as there are before a larger one fits, or before the end.
    const larger = best < level ? Math.ceil((at + 1) / pagesAt(best + 1)) * pagesAt(best + 1) : end;
    const count = Math.floor((Math.min(larger, end) - at) / pagesAt(best));
    leaves.push({ gfn: at, level: best, count });
    at += count * pagesAt(best);
  }
}

/** Masks of a clear that have every bit of a slot. */
export function allBits(npages: number): { allWords: string } | string[] {
  const all = "0xffffffffffffffff";
  const rest = npages % 64;
  if (rest === 0) return { allWords: all };
  const words = new Array<string>(Math.floor(npages / 64)).fill(all);
  return [...words, `0x${((1n << BigInt(rest)) - 1n).toString(16)}`];
}
