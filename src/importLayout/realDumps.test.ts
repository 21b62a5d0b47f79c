import { describe, expect, it } from "vitest";
import { parseSize } from "../guest/sizes.js";
import { S2AP_WRITE, VALID } from "../mmu/arm64/descriptor.js";
import { layoutOf } from "../mmu/arm64/layout.js";
import { drive, guestFor, runOn } from "../mmu/arm64/run.js";
import { scanLeaves } from "../mmu/arm64/scan.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { Stage2 } from "../mmu/arm64/stage2.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { totalAt } from "../mmu/counters.js";
import { type RealPair, readDump, realPairs } from "../testing/realDumps.js";
import { importStage2Dump } from "./importStage2Dump.js";
import { readStage2Dump } from "./stage2DumpText.js";

const baseline = strategies.find(({ id }) => id === "baseline")!;
const pairs = realPairs();

/** Leaves of one level and permission, next to each other. */
interface Run {
  readonly start: number;
  end: number;
  readonly level: number;
  readonly writable: boolean;
}

function add(runs: Run[], run: Run): void {
  const last = runs.at(-1);
  if (last !== undefined && last.end === run.start && last.level === run.level && last.writable === run.writable)
    last.end = run.end;
  else runs.push({ ...run });
}

/** What the kernel says is mapped: within the slots with a dirty log, and outside them. */
function printedLeaves(dump: string, memslots: RealPair["memslots"]): { inside: Run[]; outside: Run[] } {
  const inside: Run[] = [];
  const outside: Run[] = [];
  for (const { kind, start, end, level, writable } of readStage2Dump(dump, "dump").ranges) {
    if (kind !== "mapped") continue;
    // One line may be about several slots, where they adjoin.
    let at = start;
    for (const { base, bytes } of memslots) {
      if (base >= end || base + bytes <= at) continue;
      if (base > at) add(outside, { start: at, end: base, level: level!, writable });
      add(inside, { start: Math.max(at, base), end: Math.min(end, base + bytes), level: level!, writable });
      at = Math.min(end, base + bytes);
    }
    if (at < end) add(outside, { start: at, end, level: level!, writable });
  }
  return { inside, outside };
}

/** The leaves of the simulated tree after the scenario's work. */
function simulatedLeaves(scenario: Arm64Scenario): Run[] {
  const stage2 = new Stage2(layoutOf(scenario), baseline);
  const { regions } = guestFor(stage2, { windowBytes: Number.POSITIVE_INFINITY, digest: false });
  regions.buildAll();
  drive(stage2, (slot, work) => work(slot.startGfn, slot.endGfn));
  const { geometry, mem } = stage2;
  const runs: Run[] = [];
  const leaf = (level: number, gfn: number, lo: number) => {
    const start = gfn * geometry.pageBytes;
    const end = start + geometry.spanPages[level]! * geometry.pageBytes;
    if ((lo & VALID) !== 0) add(runs, { start, end, level, writable: (lo & S2AP_WRITE) !== 0 });
  };
  scanLeaves(geometry, mem, 0, geometry.endGfn, {
    block: leaf,
    pages: (words, word, gfn, count) => {
      for (let i = 0; i < count; i++) leaf(3, gfn + i, words[word + 2 * i]!);
    },
  });
  return runs;
}

/**
 * What an ioctl does, as a scenario does it. KVM_GET_DIRTY_LOG without manual protect
 * write-protects what was dirty and never splits, as a clear without a chunk. With manual protect
 * enabling and getting leave the tables alone, and disabling always does: null.
 */
function dirtyLogOf({ ioctl, options, chunkBytes }: RealPair): { mode: "enable" | "clear"; chunkBytes: number } | null {
  const manual = !/ -g\b/.test(options);
  if (ioctl === "clear") return { mode: "clear", chunkBytes };
  if (manual || ioctl === "disable") return null;
  return ioctl === "enable" ? { mode: "enable", chunkBytes } : { mode: "clear", chunkBytes: 0 };
}

describe.each(pairs)("a real guest, $name", (pair) => {
  const after = printedLeaves(pair.after, pair.memslots);

  it("has, imported before the ioctl and simulated, each leaf that the kernel has after it", () => {
    const { ipaBits, levels, memslots, before } = pair;
    const dirtyLog = dirtyLogOf(pair);
    const { scenario } = importStage2Dump(before, pair.name, { ipaBits, levels, memslots, ...dirtyLog });
    if (dirtyLog !== null) expect(simulatedLeaves(scenario)).toEqual(after.inside);
    else expect(printedLeaves(before, memslots).inside).toEqual(after.inside);
    expect(after.inside.length).toBeGreaterThan(0);
  });

  it("keeps what lies outside the slots with a dirty log", () => {
    expect(printedLeaves(pair.before, pair.memslots).outside).toEqual(after.outside);
  });
});

it("has pairs of every kind that the fixtures name", () => {
  expect(pairs.filter((pair) => dirtyLogOf(pair) !== null)).toHaveLength(24);
  expect(new Set(pairs.map(({ ipaBits }) => ipaBits))).toEqual(new Set([36, 40, 48, 52]));
});

describe("memslots that are not given", () => {
  const whole = pairs.filter(({ name }) => name.startsWith("split/64M"));

  it.each(whole)("are guessed as the slots that $name had", ({ ipaBits, levels, memslots, before, name }) => {
    const { scenario } = importStage2Dump(before, name, { ipaBits, levels });
    const [program, ...rest] = layoutOf(scenario).slots.map(({ startGfn, endGfn }) => [startGfn, endGfn]);
    const page = parseSize(scenario.granule);
    expect(rest).toEqual(memslots.map(({ base, bytes }) => [base / page, (base + bytes) / page]));
    expect(program![1]! * page).toBeLessThan(2 ** 30);
  });

  it("leave the gain of a strategy what it is: no walk over a gap that no slot of the VM has", () => {
    const { before, ipaBits, levels, chunkBytes } = pairs.find(({ name }) => name.includes("2vcpu"))!;
    const { scenario } = importStage2Dump(before, "dump", { ipaBits, levels, mode: "enable", chunkBytes });
    const [all, some] = ["baseline", "max-level"].map(
      (id) => totalAt(runOn(layoutOf(scenario), strategies.find((one) => one.id === id)!).counts, "split/inspected")!,
    );
    // 64 blocks of 2M become pages, which only the former looks at.
    expect(all).toBeGreaterThanOrEqual(64 * 512);
    expect(1 - some! / all!).toBeGreaterThan(0.99);
  });
});

it("says LPA2 of a guest of 52 bits, whose walk starts at level 0 with sixteen tables", () => {
  const { before, memslots, levels } = pairs.find(({ ipaBits }) => ipaBits === 52)!;
  const own = importStage2Dump(before, "dump", { ipaBits: 52, levels, memslots });
  expect(own.scenario).toMatchObject({ granule: "4K", ipaBits: 52, lpa2: true });
  expect(own.notes.map(({ code }) => code)).not.toContain("levels-disagree");
  expect(runOn(layoutOf(own.scenario), baseline).initial).toMatchObject({ startLevel: 0, pgdPages: 16 });
  // Printed by the last range too, as kernels from 7.3 do.
  expect(importStage2Dump(before, "dump").scenario).toMatchObject({ granule: "4K", ipaBits: 52, lpa2: true });
});

describe("a dump taken at any time", () => {
  it.each(["mid/mid_populate_256M_anonymous.txt", "mid/mid_dirty1_256M_anonymous_thp.txt"])(
    "becomes a scenario whose tree has its leaves: %s",
    (file) => {
      const dump = readDump(file);
      const { scenario } = importStage2Dump(dump, file, { ipaBits: 40, levels: 3, mode: "clear", chunkBytes: 0 });
      const untouched = { ...scenario, memslots: scenario.memslots.map((slot) => ({ ...slot, dirty: { runs: [] } })) };
      expect(simulatedLeaves(untouched)).toEqual(printedLeaves(dump, []).outside);
    },
  );

  it("is refused right after the VM was made, when nothing is mapped", () => {
    expect(() => importStage2Dump(readDump("mid/empty.txt"), "empty")).toThrow(/nothing is mapped/);
  });
});
