import { badInput } from "../../errors.js";
import { Fields, nameOf } from "../../files/fields.js";
import { firstWhere, neighbours } from "../sorted.js";
import { pagesAt } from "../x86/pages.js";
import { type LeafRun, type NonpresentPath, type RootSpec, tablesOf } from "./build.js";
import { TDP_WORKLOADS, type TdpClear, type TdpEnable, type TdpScenario, type TdpWorkload } from "./scenario.js";

/**
 * Bounds that keep a hostile file from costing more than its reading; a guest of 128 GiB in 4K
 * pages is within.
 */
const MAX_ROOTS = 16;
const MAX_RUNS = 4_000_000;
const MAX_PATHS = 200_000;
export const MAX_TABLES = 70_000;

const COMMON = ["mmu", "name", "description", "workload", "hostMaxphyaddr", "reschedEveryNPolls"];
const OWN: Readonly<Record<TdpWorkload, readonly string[]>> = {
  zap: ["root", "roots"],
  split: ["root", "roots", "startGfn", "endGfnExclusive", "targetLevel", "minLevel"],
  enable: ["root", "roots", "startGfn", "endGfnExclusive", "pml", "eager"],
  clear: ["root", "roots", "slotBaseGfn", "npages", "masks", "manualProtectAndInitSet", "pml", "eager"],
};

/**
 * Checks a scenario of the TDP MMU.
 *
 * @throws UserError naming the field and what was expected
 */
export function parseTdpScenario(value: unknown, input: string): TdpScenario {
  const path = input === "" ? "scenario" : input;
  const workload = Fields.of(value, path, [...COMMON, ...Object.values(OWN).flat()]).oneOf("workload", TDP_WORKLOADS);
  const fields = Fields.of(value, path, [...COMMON, ...OWN[workload]]);
  fields.oneOf("mmu", ["x86-tdp"]);
  const scenario = scenarioOf(fields, workload);
  const [root] = scenario.roots as [RootSpec];
  if (scenario.workload === "clear") {
    refuseAcross(root.leaves, scenario.slotBaseGfn, scenario.slotBaseGfn + scenario.npages, path);
  }
  if (scenario.workload === "enable") refuseAcross(root.leaves, scenario.startGfn, scenario.endGfnExclusive, path);
  const split = scenario.workload === "split" || (scenario.workload !== "zap" && scenario.eager);
  const tables = scenario.roots.reduce((sum, one) => sum + tablesOf(one) + (split ? tablesWhenSplit(one) : 0), 0);
  if (tables > MAX_TABLES) throw badInput(path, `needs ${tables} page tables`, `a guest of at most ${MAX_TABLES}`);
  return scenario;
}

/** The fields that all workloads have, and those of the workload. */
function scenarioOf(fields: Fields, workload: TdpWorkload): TdpScenario {
  const name = fields.optionalString("name", 200);
  const description = fields.optionalString("description");
  const hostMaxphyaddr = fields.has("hostMaxphyaddr") ? fields.integer("hostMaxphyaddr", 32, 52) : 48;
  const named = {
    mmu: "x86-tdp",
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
  } as const;
  const roots = rootsOf(fields, workload, hostMaxphyaddr);
  const [root] = roots as [RootSpec];
  const common = {
    hostMaxphyaddr,
    reschedEveryNPolls: fields.has("reschedEveryNPolls") ? fields.integer("reschedEveryNPolls", 0, 1_000_000_000) : 0,
    roots,
  };
  switch (workload) {
    case "zap":
      return { ...named, workload, ...common };
    case "split":
      return {
        ...named,
        workload,
        ...common,
        ...rangeOf(fields, root, hostMaxphyaddr),
        targetLevel: targetOf(fields),
      };
    case "enable":
      return { ...named, workload, ...common, ...rangeOf(fields, root, hostMaxphyaddr), ...loggingOf(fields) };
    case "clear":
      return { ...named, workload, ...common, ...loggingOf(fields), ...slotOf(fields, root, hostMaxphyaddr) };
  }
}

function loggingOf(fields: Fields): Pick<TdpEnable, "pml" | "eager"> {
  return { pml: flag(fields, "pml"), eager: flag(fields, "eager") };
}

/**
 * Refuses huge pages across an edge of the slot: KVM maps none there, since it has nothing to say
 * of memory outside the slot (Linux 7.3, arch/x86/kvm/x86.c, `kvm_alloc_memslot_metadata()`: such
 * large pages are disallowed).
 */
function refuseAcross(leaves: readonly LeafRun[], start: number, end: number, path: string): void {
  for (const run of leaves) {
    const pages = pagesAt(run.level);
    const edge = [start, end].find((gfn) => run.gfn < gfn && gfn < endOfRun(run) && (gfn - run.gfn) % pages !== 0);
    if (edge === undefined) continue;
    const first = run.gfn + Math.floor((edge - run.gfn) / pages) * pages;
    throw badInput(
      path,
      `the ${pages}-page leaf at gfn ${first} sticks out of the slot, gfns ${start} to ${end - 1}`,
      "no huge page across an edge of the slot: KVM maps none there",
    );
  }
}

function flag(fields: Fields, name: string): boolean {
  return fields.has(name) ? fields.boolean(name) : true;
}

function targetOf(fields: Fields): number {
  const targetLevel = fields.has("targetLevel") ? fields.integer("targetLevel", 1, 2) : 1;
  if (fields.has("minLevel")) fields.integer("minLevel", targetLevel + 1, targetLevel + 1);
  return targetLevel;
}

function rootsOf(fields: Fields, workload: TdpWorkload, maxphyaddr: number): RootSpec[] {
  if (fields.has("root") === fields.has("roots")) {
    throw badInput(fields.at("root"), fields.has("root") ? "stands beside roots" : "missing", "either root or roots");
  }
  if (fields.has("root")) return [rootOf(fields.raw("root"), fields.at("root"), maxphyaddr)];
  const roots = fields.array("roots", 1, workload === "zap" ? MAX_ROOTS : 1);
  return roots.map((root, i) => rootOf(root, `${fields.at("roots")}[${i}]`, maxphyaddr));
}

function rootOf(value: unknown, path: string, maxphyaddr: number): RootSpec {
  const fields = Fields.of(value, path, ["rootLevel", "leaves", "nonpresentPaths"]);
  const rootLevel = fields.integer("rootLevel", 4, 5);
  const end = endOf(rootLevel, maxphyaddr);
  const leaves = fields.array("leaves", 0, MAX_RUNS).map((leaf, i) => leafOf(leaf, `${path}.leaves[${i}]`, end));
  const raw = fields.has("nonpresentPaths") ? fields.array("nonpresentPaths", 0, MAX_PATHS) : [];
  const nonpresentPaths = raw.map((entry, i): NonpresentPath => {
    const at = Fields.of(entry, `${path}.nonpresentPaths[${i}]`, ["gfn", "level"]);
    return { gfn: at.integer("gfn", 0, end - 1), level: at.integer("level", 1, rootLevel - 1) };
  });
  refuseOverlaps(leaves, path);
  refuseMappedPaths(leaves, nonpresentPaths, rootLevel, path);
  return { rootLevel, leaves, nonpresentPaths };
}

/** Frames that both the root and the host's physical addresses reach: no gfn is at or beyond. */
function endOf(rootLevel: number, maxphyaddr: number): number {
  return Math.min(2 ** (maxphyaddr - 12), pagesAt(rootLevel) * 512);
}

function leafOf(value: unknown, path: string, end: number): LeafRun {
  const fields = Fields.of(value, path, ["gfn", "level", "count"]);
  const level = fields.integer("level", 1, 3);
  const gfn = fields.integer("gfn", 0, end - 1);
  const count = fields.integer("count", 1, end);
  const pages = pagesAt(level);
  if (gfn % pages !== 0) throw badInput(fields.at("gfn"), `is ${gfn}`, `a multiple of ${pages} at level ${level}`);
  if (gfn + count * pages > end) {
    throw badInput(
      path,
      `ends at gfn ${gfn + count * pages}`,
      `at most ${end}, where the host's physical addresses or the root end`,
    );
  }
  return { gfn, level, count };
}

function endOfRun(run: LeafRun): number {
  return run.gfn + run.count * pagesAt(run.level);
}

function byGfn(leaves: readonly LeafRun[]): (readonly [index: number, run: LeafRun])[] {
  return [...leaves.entries()].sort(([, a], [, b]) => a.gfn - b.gfn);
}

function refuseOverlaps(leaves: readonly LeafRun[], path: string): void {
  for (const [[i, before], [j, { gfn }]] of neighbours(byGfn(leaves))) {
    if (endOfRun(before) <= gfn) continue;
    throw badInput(`${path}.leaves[${j}]`, `begins at gfn ${gfn}, inside leaves[${i}]`, "runs that do not overlap");
  }
}

/** A non-present entry covers no leaf, no table, and so no other path that goes further down. */
function refuseMappedPaths(
  leaves: readonly LeafRun[],
  paths: readonly NonpresentPath[],
  rootLevel: number,
  path: string,
): void {
  const sorted = byGfn(leaves).map(([, run]) => run);
  const entered = new Set<string>();
  for (const { gfn, level } of paths) {
    for (let above = level + 1; above <= rootLevel; above++)
      entered.add(`${above}/${Math.floor(gfn / pagesAt(above))}`);
  }
  for (const [i, { gfn, level }] of paths.entries()) {
    const pages = pagesAt(level);
    const start = Math.floor(gfn / pages) * pages;
    const before = sorted[firstWhere(sorted, (run) => run.gfn >= start + pages) - 1];
    const mapped = before !== undefined && endOfRun(before) > start;
    if (mapped || entered.has(`${level}/${Math.floor(gfn / pages)}`)) {
      throw badInput(
        `${path}.nonpresentPaths[${i}]`,
        "something is mapped there, or has a table",
        "an entry with nothing below",
      );
    }
  }
}

/** The range given, or from the first leaf to the end of the last. */
function rangeOf(fields: Fields, root: RootSpec, maxphyaddr: number): { startGfn: number; endGfnExclusive: number } {
  const end = endOf(root.rootLevel, maxphyaddr);
  const startGfn = fields.has("startGfn")
    ? fields.integer("startGfn", 0, end - 1)
    : Math.min(end - 1, ...extremes(root.leaves, (run) => run.gfn, Math.min));
  const last = Math.max(startGfn + 1, ...extremes(root.leaves, endOfRun, Math.max));
  const endGfnExclusive = fields.has("endGfnExclusive") ? fields.integer("endGfnExclusive", startGfn + 1, end) : last;
  return { startGfn, endGfnExclusive };
}

function extremes(
  leaves: readonly LeafRun[],
  of: (run: LeafRun) => number,
  pick: (a: number, b: number) => number,
): number[] {
  const [first] = leaves;
  return first === undefined ? [] : [leaves.reduce((best, run) => pick(best, of(run)), of(first))];
}

function slotOf(
  fields: Fields,
  root: RootSpec,
  maxphyaddr: number,
): Pick<TdpClear, "slotBaseGfn" | "npages" | "masks" | "manualProtectAndInitSet"> {
  const end = endOf(root.rootLevel, maxphyaddr);
  const slotBaseGfn = fields.integer("slotBaseGfn", 0, end - 1);
  const npages = fields.integer("npages", 1, Math.min(end - slotBaseGfn, MAX_TABLES * 512));
  return {
    slotBaseGfn,
    npages,
    masks: masksOf(fields, Math.ceil(npages / 64), npages % 64),
    manualProtectAndInitSet: flag(fields, "manualProtectAndInitSet"),
  };
}

function masksOf(fields: Fields, words: number, lastBits: number): { allWords: string } | string[] {
  const raw = fields.raw("masks");
  const hex = (value: unknown, at: string): string => {
    if (typeof value !== "string" || !/^0x[0-9a-f]{1,16}$/i.test(value)) {
      throw badInput(
        at,
        typeof value === "string" ? "not a mask" : `is ${nameOf(value)}`,
        "hexadecimal of at most 64 bits, such as 0xff",
      );
    }
    return value;
  };
  const withinSlot = (last: string, at: string): void => {
    if (lastBits !== 0 && BigInt(last) >> BigInt(lastBits) !== 0n) {
      throw badInput(at, "has bits beyond the slot's last page", `${lastBits} bits in the last word`);
    }
  };
  if (!Array.isArray(raw)) {
    const masks = Fields.of(raw, fields.at("masks"), ["allWords"]);
    const allWords = hex(masks.raw("allWords"), masks.at("allWords"));
    withinSlot(allWords, masks.at("allWords"));
    return { allWords };
  }
  const given = fields.array("masks", words, words).map((value, i) => hex(value, `${fields.at("masks")}[${i}]`));
  withinSlot(given.at(-1)!, `${fields.at("masks")}[${words - 1}]`);
  return given;
}

function tablesWhenSplit(root: RootSpec): number {
  return root.leaves.reduce((sum, run) => sum + (run.level === 1 ? 0 : run.count * (run.level === 2 ? 1 : 513)), 0);
}
