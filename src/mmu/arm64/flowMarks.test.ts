import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PAGE_LEVEL } from "../../guest/geometry.js";
import { times } from "../../testing/nightly.js";
import { MARK_HI, TABLE_OR_PAGE, TYPE_MASK, VALID } from "./descriptor.js";
import { Flow } from "./flow.js";
import type { FlowInput, FlowStepInput } from "./flowInput.js";
import type { Stage2 } from "./stage2.js";
import { splitMark } from "./strategies/splitMark.js";

/** Descriptors of tables whose mark is not "no block is mapped anywhere below", as `level:gfn`. */
function wrongMarks(stage2: Stage2): string[] {
  const { geometry, mem } = stage2;
  const wrong: string[] = [];
  /** Whether a block is mapped in a table or below it. */
  const hasBlock = (level: number, page: number, tableGfn: number): boolean => {
    let found = false;
    for (let index = 0; index < geometry.entries && level < PAGE_LEVEL; index++) {
      const slot = page * geometry.entries + index;
      const lo = mem.words[2 * slot]!;
      const hi = mem.words[2 * slot + 1]!;
      if ((lo & VALID) === 0) continue;
      const gfn = tableGfn + index * geometry.spanPages[level]!;
      if ((lo & TYPE_MASK) !== TABLE_OR_PAGE) {
        found = true;
        continue;
      }
      const below = hasBlock(level + 1, mem.childOf(lo, hi), gfn);
      if (((hi & MARK_HI) !== 0) === below) wrong.push(`${level}:${gfn}`);
      found ||= below;
    }
    return found;
  };
  const rootSpan = geometry.spanPages[geometry.startLevel]! * geometry.entries;
  for (let root = 0; root < geometry.pgdPages; root++) hasBlock(geometry.startLevel, root, root * rootSpan);
  return wrong;
}

/** The mark in the entry for `gfn` at `level`, which must be a table. */
function markAt(stage2: Stage2, gfn: number, level: number): boolean {
  const { geometry, mem } = stage2;
  let slot = Math.floor(gfn / geometry.spanPages[geometry.startLevel]!);
  for (let at = geometry.startLevel; at < level; at++) {
    const page = mem.childOf(mem.words[2 * slot]!, mem.words[2 * slot + 1]!);
    slot = page * geometry.entries + ((gfn / geometry.spanPages[at + 1]!) & (geometry.entries - 1));
  }
  expect(mem.words[2 * slot]! & TYPE_MASK).toBe(TABLE_OR_PAGE);
  return (mem.words[2 * slot + 1]! & MARK_HI) !== 0;
}

const GIB = 262144;
const access = (kind: "r" | "w", first: number, count = 1): FlowStepInput => ({
  op: "access",
  name: "access",
  accesses: [[0, kind, first, count]],
});

function guest(input: Partial<FlowInput>): Flow {
  const defaults: FlowInput = {
    granule: "4K",
    ipaBits: 48,
    chunk: "2M",
    manual: 3,
    slots: [{ base: "0x40000000", size: "1G", hva: "0x400000000000", backing: [{ map: "2M", size: "1G" }] }],
    vcpus: 1,
    partitioned: true,
    pagesPerVcpu: GIB,
    rule: "hash",
    seed: 1,
    steps: [],
  };
  return new Flow({ ...defaults, ...input }, splitMark, false);
}

describe("marks of split-mark while guests fault", () => {
  it("mapping a block below marked tables clears the mark on the way up to the root", () => {
    const flow = guest({
      slots: [
        {
          base: "0x40000000",
          size: "8M",
          hva: "0x400000000000",
          backing: [
            { map: "4K", size: "4M" },
            { map: "2M", size: "4M" },
          ],
        },
      ],
    });
    flow.run(access("w", 0));
    expect([0, 1, 2].map((level) => markAt(flow.stage2, GIB, level))).toEqual([true, true, true]);
    const [step] = flow.run(access("w", 1024));
    expect([0, 1, 2].map((level) => markAt(flow.stage2, GIB, level))).toEqual([false, false, true]);
    expect(wrongMarks(flow.stage2)).toEqual([]);
    // Two stores for the leaf, and one for each of the two marks that were there.
    expect((step!.map as { pteStores: number }).pteStores).toBe(4);
  });

  it("a write to a logged block replaces the last block below a table, and marks the tables above it", () => {
    const flow = guest({ manual: 0, chunk: "0" });
    flow.run(access("w", 0));
    expect(markAt(flow.stage2, GIB, 1)).toBe(false);
    flow.run({ op: "enable", name: "enable" });
    flow.run(access("w", 5));
    expect([0, 1, 2].map((level) => markAt(flow.stage2, GIB, level))).toEqual([true, true, true]);
  });

  it("a collapse brings a block back: marks above it go, and the freed tables leave none behind", () => {
    const flow = guest({
      manual: 0,
      slots: [{ base: "0x40000000", size: "1G", hva: "0x400000000000", backing: [{ map: "1G", size: "1G" }] }],
    });
    flow.run(access("w", 0));
    flow.run({ op: "enable", name: "enable" });
    expect(markAt(flow.stage2, GIB, 1)).toBe(true);
    flow.run({ op: "disable", name: "disable" });
    flow.run(access("w", 7));
    expect(flow.stage2.mem.tables).toBe(1);
    expect(wrongMarks(flow.stage2)).toEqual([]);
    expect(markAt(flow.stage2, GIB, 0)).toBe(false);
  });

  it("marks are exact after any sequence of accesses, faults, splits, clears and collapses", () => {
    const PAGES = 2048 + 512;
    const run = fc.tuple(fc.integer({ min: 0, max: PAGES - 1 }), fc.integer({ min: 1, max: 600 }));
    const clipped = run.map(([first, count]): [number, number] => [first, Math.min(count, PAGES - first)]);
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.tuple(fc.constantFrom("r" as const, "w" as const), clipped) },
      { weight: 2, arbitrary: fc.tuple(fc.constant("part" as const), clipped) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom("log" as const, "get" as const), clipped) },
    );
    const maps = fc.array(fc.constantFrom("4K", "2M", "1G"), { minLength: 5, maxLength: 5 });
    const cases = fc.record({
      maps,
      manual: fc.constantFrom(0 as const, 1 as const, 3 as const),
      chunk: fc.constantFrom("0", "4K", "2M", "1G"),
      ipaBits: fc.constantFrom(36, 40, 48),
      bbm: fc.constantFrom(undefined, 2 as const),
      off: fc.constantFrom(0, 4096),
      steps: fc.array(step, { minLength: 1, maxLength: 20 }),
    });
    let longest = 0;
    let tables = 0;
    const property = fc.property(cases, ({ maps, manual, chunk, ipaBits, bbm, off, steps }) => {
      longest = Math.max(longest, steps.length);
      const flow = guest({
        ...{ manual, chunk, ipaBits, bbm },
        slots: [
          {
            base: `0x${(0x40000000 + off).toString(16)}`,
            size: "10M",
            hva: `0x${(0x400000000000 + off).toString(16)}`,
            backing: maps.map((map) => ({ map, size: "2M" })),
          },
        ],
      });
      let logging = false;
      for (const [kind, [first, count]] of steps) {
        if (kind === "r" || kind === "w") flow.run(access(kind, first, count));
        else if (kind === "log") {
          flow.run({ op: logging ? "disable" : "enable", name: kind });
          logging = !logging;
        } else if (logging && kind === "get") flow.run({ op: "get", name: kind });
        else if (logging && manual !== 0) {
          const runs: [number, number][] = [[first, count]];
          flow.run({ op: "clear_part", name: kind, slot: 0, firstPage: 0, numPages: PAGES, runs });
        }
        expect(wrongMarks(flow.stage2)).toEqual([]);
        tables = Math.max(tables, flow.stage2.mem.tables);
      }
    });
    fc.assert(property, { numRuns: times(70, 400), seed: 1 });
    expect(longest).toBeGreaterThan(15);
    expect(tables).toBeGreaterThan(5);
  });

  it("1G blocks that are broken, split in two steps and restored leave exact marks", () => {
    for (const chunk of ["2M", "1G"]) {
      const flow = guest({
        chunk,
        manual: 3,
        slots: [{ base: "0x40000000", size: "2G", hva: "0x400000000000", backing: [{ map: "1G", size: "2G" }] }],
        pagesPerVcpu: 2 * GIB,
      });
      const run = (step: FlowStepInput) => {
        flow.run(step);
        expect(wrongMarks(flow.stage2)).toEqual([]);
      };
      run(access("w", 0));
      run(access("w", GIB));
      run({ op: "enable", name: "enable" });
      run({ op: "clear_part", name: "part", slot: 0, firstPage: 0, numPages: 2 * GIB, runs: [[70000, 3]] });
      run(access("w", 70001));
      run({ op: "disable", name: "disable" });
      run(access("w", 70002));
      expect(flow.stage2.mem.tables).toBe(1);
    }
  });
});
