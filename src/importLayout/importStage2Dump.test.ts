import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import { GRANULES, type Granule, geometryOf, legalChunks } from "../guest/geometry.js";
import { parseAddress, parseSize } from "../guest/sizes.js";
import { parseArm64Scenario } from "../mmu/arm64/parse.js";
import { times } from "../testing/nightly.js";
import { DUMP_FORMS, type PrintedRun, printStage2Dump } from "../testing/stage2DumpPrinter.js";
import { importStage2Dump } from "./importStage2Dump.js";

const ENE = readFileSync(new URL("../testing/fixtures/stage2-dump/ene-2024-08.txt", import.meta.url), "utf8");
const HEADER = "---[ Guest IPA ]---\n";

function codes(text: string, options = {}): string[] {
  return importStage2Dump(text, "dump", options).notes.map((note) => note.code);
}

describe("the published sample of August 2024", () => {
  const { scenario, notes } = importStage2Dump(ENE, "ene", { ipaBits: 44, levels: 4 });

  it("becomes pages and blocks, in a guessed memslot for each island of mapped memory", () => {
    expect(scenario.granule).toBe("4K");
    expect(scenario.ipaBits).toBe(44);
    expect(scenario.memslots).toEqual([
      { base: "0x1020000", segments: [{ map: "4K", size: "4K" }] },
      { base: "0x80000000", segments: [{ map: "2M", size: "26M" }] },
    ]);
  });

  it("says in the scenario that memslots were guessed, and not where they were given", () => {
    expect(scenario.assumed).toEqual([expect.stringMatching(/^memslots guessed, 0x1020000:4K, 0x80000000:26M, one /)]);
    expect(scenario.description).toContain(scenario.assumed![0]);
    expect(parseArm64Scenario(JSON.parse(JSON.stringify(scenario)), "guest.json").scenario).toEqual(scenario);
    const given = importStage2Dump(ENE, "ene", { memslots: [{ base: 0x80000000, bytes: 2 ** 30 }] }).scenario;
    expect(given.assumed).toBeUndefined();
    expect(given.description).not.toMatch(/guess/);
  });

  it("says what was guessed and what a dump does not have", () => {
    const found = notes.map((note) => note.code);
    expect(found).toEqual(expect.arrayContaining(["memslots-guessed", "last-range-missing", "no-output-addresses"]));
  });

  it("takes the memslots that are given, and says what lies outside them", () => {
    const given = importStage2Dump(ENE, "ene", { memslots: [{ base: 0x80000000, bytes: 2 ** 30 }] });
    expect(given.scenario.memslots).toEqual([
      {
        base: "0x80000000",
        segments: [
          { map: "2M", size: "26M" },
          { map: "hole", size: "998M" },
        ],
      },
    ]);
    expect(given.notes).toContainEqual({ code: "mapped-outside-memslots", data: { bytes: 4096 } });
  });

  it("refuses a memslot whose edge cuts a block", () => {
    expect(() => importStage2Dump(ENE, "ene", { memslots: [{ base: 0x80001000, bytes: 2 ** 30 }] })).toThrow(
      /cuts a 2M block of line 8/,
    );
  });
});

it("keeps read-only ranges write-protected, whatever their execute permission", () => {
  const text = `${HEADER}0x0000000040000000-0x0000000040200000           2M 2   R   px ux  AF BLK\n0x0000000040200000-0x0000000040400000           2M 2   R W PXNUXN AF BLK\n`;
  expect(importStage2Dump(text, "dump").scenario.memslots[0]!.segments).toEqual([
    { map: "2M", size: "2M", writeProtected: true },
    { map: "2M", size: "2M" },
  ]);
});

it("reads a dump out of a mail, with quoting marks, prompts and the numbers of the files beside it", () => {
  const text = `> # cat stage2_levels ipa_range stage2_page_tables\n> 4\n> 44\n${ENE.trimEnd()
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n")}\n>\n> Thanks,\n`;
  const { scenario, notes } = importStage2Dump(text, "mail");
  expect(scenario.ipaBits).toBe(44);
  expect(notes.filter((note) => note.code === "line-not-read").map((note) => note.data.line)).toEqual([1, 14]);
});

it("takes an invalid but annotated entry for a hole and says so", () => {
  const text = `${HEADER}0x0000000040000000-0x0000000040200000           2M 2   R W px ux  AF BLK\n0x0000000040200000-0x0000000040400000           2M 2 F     px ux     \n0x0000000040400000-0x0000000040600000           2M 2   R W px ux  AF BLK\n`;
  expect(importStage2Dump(text, "dump").scenario.memslots[0]!.segments.map((s) => s.map)).toEqual(["2M", "hole", "2M"]);
  expect(codes(text)).toContain("annotated-invalid");
});

it("says that a dump has no header, and nothing of one that has it", () => {
  const mapped = "0x0000000040000000-0x0000000040200000           2M 2   R W px ux  AF BLK\n";
  expect(codes(mapped)).toContain("no-header");
  expect(codes(`${HEADER}${mapped}`)).not.toContain("no-header");
});

it("takes the end of the last range for that of the IPA space only where nothing is mapped up to it", () => {
  const mapped = "0x0000000040000000-0x0000000040200000           2M 2   R W px ux  AF BLK\n";
  const bits = (lines: string) => importStage2Dump(`${HEADER}${lines}`, "dump", { granule: "4K" }).scenario.ipaBits;
  expect(bits(`${mapped}0x0000000040200000-0x0000000400000000       15358M 1\n`)).toBe(34);
  expect(bits("0x00000003ffe00000-0x0000000400000000           2M 2   R W px ux  AF BLK\n")).toBe(40);
});

it("takes a width that memory fills to its last byte, and none that its levels do not have", () => {
  const block = (start: string, end: string) => `0x${start}-0x${end}           2M 2   R W px ux  AF BLK\n`;
  const bits = (lines: string, levels?: number) =>
    importStage2Dump(`${HEADER}${lines}`, "dump", { granule: "4K", ...(levels === undefined ? {} : { levels }) })
      .scenario.ipaBits;
  expect(bits(block("000000ffffe00000", "0000010000000000"))).toBe(40);
  expect(bits(block("000000ffffe00000", "0000010000000000"), 3)).toBe(40);
  // Three levels have 43 bits at most, from a root of 16 pages.
  expect(bits(block("000007ffffe00000", "0000080000000000"), 3)).toBe(43);
  const printed = `${block("0000000040000000", "0000000040200000")}0x0000000040200000-0x0000000400000000       15358M 1\n`;
  expect([2, 3, 4].map((levels) => bits(printed, levels))).toEqual([34, 40, 44]);
});

it("counts tables without a valid entry, which a scenario cannot express", () => {
  const text = `${HEADER}0x0000000000000000-0x0000000040000000           1G 1\n0x0000000040000000-0x0000000040200000           2M 2   R W px ux  AF BLK\n0x0000000040200000-0x0000000040600000           4M 3\n0x0000000040600000-0x0000000040800000           2M 2   R W px ux  AF BLK\n`;
  expect(importStage2Dump(text, "dump", { granule: "4K" }).notes).toContainEqual({
    code: "empty-tables",
    data: { tables: 2 },
  });
});

it("infers 16K pages from borders that leave no empty 4K tables", () => {
  const text = `${HEADER}0x0000000000000000-0x0000000001020000       16512K 3\n0x0000000001020000-0x0000000001024000          16K 3   R W X AF    \n0x0000000001024000-0x0000000002000000       16240K 3\n0x0000000002000000-0x0000000080000000        2016M 2\n0x0000000080000000-0x0000000084000000          64M 2   R W   AF BLK\n`;
  const { scenario } = importStage2Dump(text, "dump", { levels: 2 });
  expect(scenario.granule).toBe("16K");
  expect(scenario.memslots.at(-1)!.segments).toEqual([{ map: "32M", size: "64M" }]);
});

it("keeps a hole below 1 GiB within its memslot, and names eight of many islands", () => {
  const runs = (gap: number, count: number): PrintedRun[] =>
    Array.from({ length: count }, (_, i) => ({
      start: 2 ** 30 + i * (gap + 2 ** 21),
      bytes: 2 ** 21,
      leafBytes: 2 ** 21,
      writable: true,
    }));
  const slots = (gap: number, count: number) =>
    importStage2Dump(printStage2Dump(runs(gap, count), "4K", 40, "7.3"), "dump").scenario;
  expect(slots(2 ** 30 - 2 ** 21, 3).memslots).toHaveLength(1);
  expect(slots(2 ** 30, 3).memslots).toHaveLength(3);
  const many = slots(2 ** 30, 20);
  expect(many.memslots).toHaveLength(20);
  expect(many.assumed![0]).toMatch(/^memslots guessed(?:, 0x\w+:2M){8}, 12 more, one for each/);
});

/** Lines of a dump: from, to (exclusive), level, fields. */
function dump(...rows: readonly (readonly [number, number, number, string])[]): string {
  const lines = rows.map(([from, to, level, fields]) => {
    const kb = (to - from) / 1024;
    return `0x${from.toString(16).padStart(16, "0")}-0x${to.toString(16).padStart(16, "0")} ${kb}K ${level} ${fields}`;
  });
  return `${HEADER}${lines.join("\n")}\n`;
}

const MIB = 2 ** 20;

describe("a dump", () => {
  it("is a scenario with a note for all that it does not say, in one order", () => {
    const text = dump(
      [0x40000000, 0x40002000, 3, "R W AF"],
      [0x40002000, 0x40004000, 3, "F"],
      [0x40006000, 0x40007000, 3, "R AF"],
      [0x40008000, 0x40009000, 3, "W AF"],
      [0x40200000, 0x40400000, 2, "R W AF BLK"],
      [0x90000000, 0x90200000, 2, "R W AF BLK"],
    );
    expect(
      importStage2Dump(`${text}rubbish\n`, "dump", { ipaBits: 40, levels: 4, chunkBytes: 2 * MIB, mode: "clear" }),
    ).toEqual({
      scenario: {
        name: "imported stage-2 dump",
        description:
          "Leaves of a real host's stage-2 dump. Output addresses and the dirty log are not in a dump: they are the simulator's. Assumed: memslots guessed, 0x40000000:4M, 0x90000000:2M, one for each island of mapped memory, to its edges (import-layout --memslot BASE:SIZE corrects it).",
        assumed: [
          "memslots guessed, 0x40000000:4M, 0x90000000:2M, one for each island of mapped memory, to its edges (import-layout --memslot BASE:SIZE corrects it)",
        ],
        granule: "4K",
        ipaBits: 40,
        memslots: [
          {
            base: "0x40000000",
            segments: [
              { map: "4K", size: "8K" },
              { map: "hole", size: "16K" },
              { map: "4K", size: "4K", writeProtected: true },
              { map: "hole", size: "4K" },
              { map: "4K", size: "4K" },
              { map: "hole", size: "2012K" },
              { map: "2M", size: "2M" },
            ],
          },
          { base: "0x90000000", segments: [{ map: "2M", size: "2M" }] },
        ],
        dirtyLog: { mode: "clear", chunk: "2M" },
      },
      notes: [
        { code: "line-not-read", data: { line: 8, text: "rubbish" } },
        { code: "granule-inferred", data: { granule: "4K" } },
        { code: "levels-disagree", data: { levels: 4, expected: 3, granule: "4K", ipaBits: 40 } },
        { code: "last-range-missing", data: { from: "0x90200000", to: "0x10000000000" } },
        { code: "gaps", data: { count: 4, first: "0x40004000-0x40006000" } },
        { code: "annotated-invalid", data: { bytes: 8192 } },
        { code: "mapped-without-read", data: { bytes: 4096 } },
        { code: "no-output-addresses", data: {} },
        { code: "memslots-guessed", data: { memslots: ["0x40000000:4M", "0x90000000:2M"] } },
        { code: "dirty-log-chosen", data: { mode: "clear", chunk: "2M" } },
      ],
    });
  });

  it("has one memslot for memory less than a GiB apart, and two from there on", () => {
    const slots = (gap: number) => {
      const at = 0x40001000 + gap;
      const text = dump([0x40000000, 0x40001000, 3, "R W AF"], [at, at + 4096, 3, "R W AF"]);
      return importStage2Dump(text, "dump", { granule: "4K" }).scenario.memslots.map(({ base }) => base);
    };
    expect(slots(2 ** 30 - 4096)).toEqual(["0x40000000"]);
    expect(slots(2 ** 30)).toEqual(["0x40000000", "0x80001000"]);
  });

  it("names eight memslots, and of nine that there is one more", () => {
    const guessed = (count: number) => {
      const rows = Array.from({ length: count }, (_, i) => [2 ** 32 * i, 2 ** 32 * i + 4096, 3, "R W AF"] as const);
      const { notes } = importStage2Dump(dump(...rows), "dump", { granule: "4K" });
      return notes.find(({ code }) => code === "memslots-guessed")!.data.memslots as string[];
    };
    expect(guessed(8)).toHaveLength(8);
    expect(guessed(8).at(-1)).toBe("0x700000000:4K");
    expect(guessed(9).slice(7)).toEqual(["0x700000000:4K", "1 more"]);
  });

  it("with borders on 4K pages is of the finest granule, with eight on 64K of the coarsest", () => {
    const notes = (count: number) => {
      const rows = Array.from(
        { length: count },
        (_, i) => [0x40010000 + 0x20000 * i, 0x40020000 + 0x20000 * i, 3, "R W AF"] as const,
      );
      return importStage2Dump(dump(...rows), "dump").notes.find(({ code }) => code.startsWith("granule"));
    };
    expect(notes(3)).toEqual({ code: "granule-ambiguous", data: { granule: "4K", candidates: ["4K", "16K", "64K"] } });
    expect(notes(4)).toEqual({ code: "granule-ambiguous", data: { granule: "64K", candidates: ["4K", "16K", "64K"] } });
  });

  it("refuses memslots that no VM could have, each in one line", () => {
    const text = dump([0x40000000, 0x40400000, 2, "R W AF BLK"]);
    const given =
      (...memslots: { base: number; bytes: number }[]) =>
      () =>
        importStage2Dump(text, "dump", { granule: "4K", ipaBits: 40, memslots });
    expect(given({ base: 0x40000000, bytes: 0 })).toThrow(
      "memslot 0x40000000:0: not whole pages; expected multiples of 4K",
    );
    expect(given({ base: 0x40000800, bytes: 4096 })).toThrow("memslot 0x40000800:4K: not whole pages");
    expect(given({ base: 0x40000000, bytes: 2048 })).toThrow("not whole pages; expected multiples of 4K");
    const end = { base: 2 ** 40 - 2 * MIB, bytes: 2 * MIB };
    const block = { base: 0x40000000, bytes: 2 * MIB };
    expect(given(block, end)).not.toThrow();
    expect(given({ ...end, bytes: 4 * MIB })).toThrow("memslot 0xffffe00000:4M: beyond the 40-bit IPA space");
    const next = { base: 0x40200000, bytes: 2 * MIB };
    expect(given(next, block)).not.toThrow();
    expect(given(next, { ...block, bytes: 2 * MIB + 4096 })).toThrow(
      "memslot 0x40000000:2052K: overlaps memslot 0x40200000",
    );
    expect(given({ base: 0x80000000, bytes: MIB })).toThrow(
      "--memslot: nothing is mapped in any of them; expected memslots within 0x40000000:4M",
    );
    expect(given({ base: 0x40000000, bytes: 3 * MIB })).toThrow(
      "memslot 0x40000000:3M: cuts a 2M block of line 2, and KVM maps no block across the edge of a memslot; expected " +
        "edges that the dump allows",
    );
  });

  it("refuses widths that do not hold what is mapped", () => {
    const text = dump([0x40000000, 0x80000000, 1, "R W AF BLK"]);
    const of =
      (ipaBits: number, more = "") =>
      () =>
        importStage2Dump(more + text, "dump", { granule: "4K", ipaBits });
    expect(of(31)).toThrow("dump: ipa_range 31: not an IPA width; expected 32 to 52");
    expect(of(53)).toThrow("dump: ipa_range 53: not an IPA width; expected 32 to 52");
    expect(of(32)).toThrow(
      "dump line 2: a level-1 block, but a 32-bit IPA space starts at level 2; expected an IPA width whose walk starts higher",
    );
    const high = dump([2 ** 33, 2 ** 33 + 4096, 3, "R W AF"]);
    expect(() => importStage2Dump(high, "dump", { granule: "4K", ipaBits: 33 })).toThrow(
      "dump: memory is mapped beyond its 33-bit IPA space; expected an IPA width that holds it",
    );
    const full = dump([2 ** 33 - 4096, 2 ** 33, 3, "R W AF"]);
    expect(importStage2Dump(full, "dump", { granule: "4K", ipaBits: 33 }).scenario.ipaBits).toBe(33);
  });
});

describe("refuses, in one line that names the line of the input,", () => {
  const block = "0x0000000040000000-0x0000000040200000           2M 2   R W X AF BLK\n";
  const cases: readonly [string, string, RegExp][] = [
    ["text without a range", "hello\nworld\n", /no range of a stage-2 dump/],
    ["a dump of another table", "---[ Linear Mapping start ]---\n", /line 1 .*another kind/],
    ["two dumps", HEADER + block + HEADER, /line 3: a second dump/],
    [
      "a range that goes backward",
      `${HEADER}0x0000000040200000-0x0000000040000000           2M 2   R W X AF BLK\n`,
      /line 2 .*forward/,
    ],
    ["overlapping ranges", HEADER + block + block, /line 3: the range begins at 0x40000000, before the end/],
    [
      "a size that is not the range's",
      `${HEADER}0x0000000040000000-0x0000000040200000           4M 2   R W X AF BLK\n`,
      /line 2 .*size/,
    ],
    [
      "an address beyond any IPA",
      `${HEADER}0xff00000000000000-0xff00000000200000           2M 2   R W X AF BLK\n`,
      /beyond 52 bits/,
    ],
    [
      "a leaf at level 2 without BLK",
      `${HEADER}0x0000000040000000-0x0000000040200000           2M 2   R W X AF    \n`,
      /without BLK/,
    ],
    ["an unknown field", `${HEADER}0x0000000040000000-0x0000000040200000           2M 2   R W Q AF BLK\n`, /field "Q"/],
    [
      "a block that no granule has",
      `${HEADER}0x0000000040001000-0x0000000040201000           2M 2   R W X AF BLK\n`,
      /no granule/,
    ],
    [
      "a dump without any mapping",
      `${HEADER}0x0000000000000000-0x0000000040000000           1G 1\n`,
      /nothing is mapped/,
    ],
    ["a range line that is cut short", `${HEADER}${block}0x0000000040200000-0x00000000`, /line 3 .*not a range/],
  ];
  it.each(cases)("%s", (_, text, message) => {
    const refused = () => importStage2Dump(text, "dump");
    expect(refused).toThrow(UserError);
    expect(refused).toThrow(message);
  });
});

/** Layouts of leaf runs with holes between them, well formed for a granule. */
function layouts(granule: Granule): fc.Arbitrary<PrintedRun[]> {
  const sizes = legalChunks(granule);
  const run = fc.record({
    size: fc.constantFrom(...sizes),
    count: fc.integer({ min: 1, max: 40 }),
    gap: fc.integer({ min: 0, max: 3000 }),
    writable: fc.boolean(),
    executeNever: fc.boolean(),
  });
  return fc.array(run, { minLength: 1, maxLength: 12 }).map((parts) => {
    let at = 2 ** 30;
    return parts.map(({ size, count, gap, writable, executeNever }) => {
      const start = Math.ceil((at + gap * sizes[0]!) / size) * size;
      at = start + size * count;
      return { start, bytes: size * count, leafBytes: size, writable, executeNever };
    });
  });
}

describe.each(GRANULES)("a dump printed from a tree of %s pages", (granule) => {
  it("comes back as exactly that tree, in the form of every kernel", () => {
    fc.assert(
      fc.property(
        layouts(granule),
        fc.constantFrom(...DUMP_FORMS),
        fc.constantFrom(40, 44, 48, 49, 52),
        (runs, form, ipaBits) => {
          const text = printStage2Dump(runs, granule, ipaBits, form);
          const { scenario, notes } = importStage2Dump(text, "dump", { granule, ipaBits });
          const leaves: PrintedRun[] = [];
          for (const { base, segments } of scenario.memslots) {
            let at = parseAddress(base);
            for (const { map, size, writeProtected } of segments) {
              const bytes = parseSize(size);
              if (map !== "hole")
                leaves.push({ start: at, bytes, leafBytes: parseSize(map), writable: writeProtected !== true });
              at += bytes;
            }
          }
          expect(leaves).toEqual(mergedByMap(runs));
          expect(notes.some((note) => note.code === "last-range-missing")).toBe(form !== "7.3");
        },
      ),
      { numRuns: times(60, 300), seed: 1 },
    );
  });

  it("is recognised as such from stage2_levels and ipa_range, or said to be ambiguous", () => {
    fc.assert(
      fc.property(layouts(granule), (runs) => {
        const levels = 4 - geometryOf(granule, 44).startLevel;
        const { scenario, notes } = importStage2Dump(printStage2Dump(runs, granule, 44, "7.3"), "dump", {
          ipaBits: 44,
          levels,
        });
        expect(scenario.granule === granule || notes.some((note) => note.code === "granule-ambiguous")).toBe(true);
      }),
      { numRuns: times(40, 100), seed: 1 },
    );
  });
});

/**
 * Neighbours of equal leaf size and permission as one run, execute permission forgotten: what a
 * scenario says.
 */
function mergedByMap(runs: readonly PrintedRun[]): PrintedRun[] {
  const merged: PrintedRun[] = [];
  for (const { start, bytes, leafBytes, writable } of runs) {
    const last = merged.at(-1);
    if (
      last !== undefined &&
      last.start + last.bytes === start &&
      last.leafBytes === leafBytes &&
      last.writable === writable
    ) {
      merged[merged.length - 1] = { ...last, bytes: last.bytes + bytes };
    } else merged.push({ start, bytes, leafBytes, writable });
  }
  return merged;
}

it("ends with a scenario or a user error for damaged dumps by the thousand", () => {
  const samples = [
    ENE,
    printStage2Dump([{ start: 2 ** 30, bytes: 2 ** 30, leafBytes: 2 ** 30, writable: true }], "4K", 40, "7.3"),
    printStage2Dump([{ start: 2 ** 30, bytes: 2 ** 16, leafBytes: 2 ** 14, writable: false }], "16K", 44, "7.2"),
  ];
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    drop: fc.nat(30),
    put: fc.oneof(
      fc.string({ maxLength: 12, unit: "binary" }),
      fc.constantFrom(
        "\n",
        "0x",
        "BLK",
        " F ",
        "ffffffffffffffff",
        "-",
        "E 0",
        "---[ Guest IPA ]---\n",
        "999999999999999999999",
      ),
    ),
  });
  let scenarios = 0;
  fc.assert(
    fc.property(fc.constantFrom(...samples), fc.array(edit, { minLength: 1, maxLength: 4 }), (sample, edits) => {
      let text = sample;
      for (const { at, drop, put } of edits) {
        const from = Math.floor(at * text.length);
        text = text.slice(0, from) + put + text.slice(from + drop);
      }
      try {
        const { scenario } = importStage2Dump(text, "dump");
        scenarios++;
        expect(scenario.memslots[0]!.segments.length).toBeGreaterThan(0);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        expect(error.message).not.toContain("\n");
      }
    }),
    { numRuns: times(600, 10_000), seed: 1 },
  );
  // Neither outcome is rare, so the property is about both.
  expect(scenarios).toBeGreaterThan(times(30, 500));
  expect(scenarios).toBeLessThan(times(570, 9_500));
});

it("refuses megabytes of garbage, and of one endless line, with a user error", () => {
  expect(() => importStage2Dump("\u0000\uffff garbage\n".repeat(500_000), "junk")).toThrow(UserError);
  expect(() => importStage2Dump(`0x${"0".repeat(5_000_000)}`, "junk")).toThrow(UserError);
  expect(() => importStage2Dump(">".repeat(1_000_000), "junk")).toThrow(UserError);
});
