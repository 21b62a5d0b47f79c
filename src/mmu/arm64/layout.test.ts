import { describe, expect, it } from "vitest";
import { geometryOf } from "../../guest/geometry.js";
import type { Arm64Options } from "./about.js";
import { naturalLeaf } from "./check.js";
import { arm64Guests, arm64Variants } from "./guests.js";
import { naturalLevel } from "./hostMemory.js";
import { chunkOf, layoutOf, noteText, variantOf } from "./layout.js";
import { LeafFormat } from "./leafFormat.js";
import { TableMemory } from "./memory.js";
import { arm64 } from "./mmu.js";
import { parseArm64Scenario } from "./parse.js";
import { Populator } from "./populate.js";
import { freeTables, scanLeaves } from "./scan.js";
import type { Arm64Scenario } from "./scenario.js";
import { burden, simplerScenarios } from "./simpler.js";

const scenario = (changes: Partial<Arm64Scenario> = {}): Arm64Scenario => ({
  granule: "4K",
  ipaBits: 40,
  memslots: [{ base: "0x40000000", segments: [{ map: "2M", size: "4M" }] }],
  dirtyLog: { mode: "clear", chunk: "2M" },
  ...changes,
});

describe("a scenario of arm64", () => {
  it("is read with all that it says", () => {
    const all: Arm64Scenario = {
      name: "n".repeat(200),
      description: "d".repeat(4000),
      assumed: ["a".repeat(1000), ...Array<string>(19).fill("b")],
      granule: "4K",
      ipaBits: 52,
      lpa2: true,
      outputOffset: "2M",
      memslots: [{ base: "0x0", segments: [{ map: "2M", size: "2M" }] }],
      dirtyLog: {
        mode: "clear",
        chunk: 0,
        bbm: 2,
        dsb: "per-block",
        tlbiRange: false,
        nvhe: true,
        clearRange: "ioctl",
      },
    };
    expect(parseArm64Scenario({ mmu: "arm64", ...all }, "x").scenario).toEqual(all);
    expect(parseArm64Scenario(scenario(), "x").scenario).toEqual(scenario());
    const ends = [32, 52].map(
      (ipaBits) =>
        parseArm64Scenario(
          {
            ...scenario({ granule: "64K", ipaBits, dirtyLog: { mode: "enable", chunk: "512M" } }),
            memslots: [{ base: "0x0", segments: [{ map: "64K", size: "64K" }] }],
          },
          "x",
        ).scenario.ipaBits,
    );
    expect(ends).toEqual([32, 52]);
  });

  it.each<[changes: object, message: string]>([
    [{ name: "n".repeat(201) }, "x.name: has 201 characters; expected at most 200"],
    [{ assumed: Array(21).fill("a") }, "x.assumed: has 21 elements; expected from 0 to 20"],
    [{ assumed: ["a", 3] }, "x.assumed[1]: is a number; expected a sentence of at most 1000 characters"],
    [{ assumed: ["a".repeat(1001)] }, "x.assumed[0]: is a string; expected a sentence of at most 1000 characters"],
    [{ mmu: "riscv" }, 'x.mmu: is "riscv"; expected one of arm64'],
    [{ ipaBits: 31 }, "x.ipaBits: is 31; expected a whole number from 32 to 52"],
    [{ ipaBits: 53 }, "x.ipaBits: is 53; expected a whole number from 32 to 52"],
    [{ granule: "8K" }, 'x.granule: is "8K"; expected one of 4K, 16K, 64K'],
    [{ lpa2: 1 }, "x.lpa2: is a number; expected true or false"],
    [{ dirtyLog: { mode: "clear" } }, 'x.dirtyLog.chunk: is missing; expected a size such as "2M", or 0 for off'],
    [
      { dirtyLog: { mode: "clear", chunk: true } },
      'x.dirtyLog.chunk: is a boolean; expected a size such as "2M", or 0 for off',
    ],
    [{ dirtyLog: { mode: "both", chunk: 0 } }, 'x.dirtyLog.mode: is "both"; expected one of enable, clear'],
    [
      { dirtyLog: { mode: "enable", chunk: 0, clearRange: "word" } },
      'x.dirtyLog.clearRange: enabling clears nothing; expected it only with dirtyLog.mode "clear"',
    ],
    [{ dirtyLog: { mode: "clear", chunk: 0, bbm: 1 } }, "x.dirtyLog.bbm: is 1; expected a whole number from 2 to 2"],
    [
      { dirtyLog: { mode: "clear", chunk: 0, dsb: "never" } },
      'x.dirtyLog.dsb: is "never"; expected one of per-block, per-call, per-change',
    ],
    [
      { dirtyLog: { mode: "clear", chunk: "4M" } },
      'x: chunk "4M": the 4K granule has no such chunk size; expected 0 (off), 4K, 2M or 1G',
    ],
    [{ outputOffset: "1M" }, "x: outputOffset 1M: no offset of output addresses; expected a multiple of 2M below 2^52"],
    [{ outputOffset: "4P" }, "x: outputOffset 4P: no offset of output addresses; expected a multiple of 2M below 2^52"],
  ])("is refused by the field that is wrong: %j", (changes, message) => {
    expect(() => parseArm64Scenario({ ...scenario(), ...changes }, "x")).toThrow(message);
  });

  it("has output addresses by the largest block alone, holes being none", () => {
    const segments = [
      { map: "hole", size: "2M" },
      { map: "4K", size: "8K" },
    ];
    const memslots = [{ base: "0x0", segments }];
    expect(() => layoutOf(scenario({ memslots, outputOffset: "4K" }))).not.toThrow();
    expect(() => layoutOf(scenario({ memslots, outputOffset: "0x1001" }))).toThrow("expected a multiple of 4K below");
    expect(() => layoutOf(scenario({ memslots, outputOffset: "0xffffffffff000" }))).not.toThrow();
  });

  it("is laid out in frames", () => {
    const memslots = [
      { base: "0x40000000", segments: [{ map: "2M", size: "4M" }], dirty: { runs: [[1023, 2] as const] } },
    ];
    const layout = layoutOf(scenario({ memslots }));
    expect(layout).toEqual({
      geometry: geometryOf("4K", 40),
      leaf: new LeafFormat(geometryOf("4K", 40), 2 ** 39),
      slots: [
        {
          startGfn: 2 ** 18,
          endGfn: 2 ** 18 + 1024,
          segments: [{ startGfn: 2 ** 18, endGfn: 2 ** 18 + 1024, level: 2, writeProtected: false }],
          dirty: [[1023, 1]],
        },
      ],
      mode: "clear",
      chunkPages: 512,
      cacheCapacity: 2,
      bbm: undefined,
      cpu: { nvhe: false, tlbiRange: true, fwb: false, dic: false },
      dsb: "per-call",
      clearLimitPages: 0,
      notes: [{ code: "dirty-past-end", input: "memslots[0].dirty", pages: 1 }],
    });
    expect(layout.notes.map(noteText)).toEqual([
      "memslots[0].dirty: 1 dirty page lies past the slot's end and does nothing, as in the kernel",
    ]);
    const twice = [...memslots, { base: "0x403ff000", segments: [{ map: "4K", size: "4K" }] }];
    expect(() => layoutOf(scenario({ memslots: twice }))).toThrow("memslots[1]: overlaps memslots[0]");
    expect(() => layoutOf(scenario({ memslots: [{ base: "0x800", segments: [] }] }))).toThrow(
      "memslots[0].base 0x800: not page-aligned; expected a multiple of 4K",
    );
    expect(() =>
      layoutOf(scenario({ memslots: [{ base: "0xfffffff000", segments: [{ map: "4K", size: "8K" }] }] })),
    ).toThrow(
      "ends at 0x10000001000, beyond the 40-bit IPA space; expected memory below 0x10000000000, or more IPA bits",
    );
  });

  it("clears by ranges of words as it says, and has the processor that it says", () => {
    expect(
      (["word", "2M", "chunk", "ioctl"] as const).map((clearRange) => variantOf({ clearRange }, 4).clearLimitPages),
    ).toEqual([0, 512, 4, Number.POSITIVE_INFINITY]);
    expect(variantOf({ bbm: 2, dsb: "per-change", tlbiRange: false, nvhe: true }, 4)).toEqual({
      bbm: 2,
      cpu: { nvhe: true, tlbiRange: false, fwb: false, dic: false },
      dsb: "per-change",
      clearLimitPages: 0,
    });
    expect([chunkOf("16K", "32M", "x"), chunkOf("64K", 0, "x")]).toEqual([2 ** 25, 0]);
  });

  it("is said with what of it is not as usual", () => {
    const of = (changes: object) =>
      arm64.parse(scenario({ dirtyLog: { mode: "clear", chunk: "2M", ...changes } }), "x").variables;
    expect([of({}), of({ dsb: "per-call", clearRange: "word", tlbiRange: true, nvhe: false })]).toEqual([
      { chunk: "2M" },
      { chunk: "2M" },
    ]);
    expect(of({ bbm: 2, dsb: "per-change", clearRange: "2M", tlbiRange: false, nvhe: true })).toEqual({
      chunk: "2M",
      bbm: "2-proposed",
      dsb: "per-change-proposed",
      "clear-range": "2M-proposed",
      "tlbi-range": "off",
      nvhe: "yes",
    });
    expect(of({ dsb: "per-block", chunk: 0 })).toEqual({ chunk: "0", dsb: "per-block" });
    expect([
      arm64.variableText!("chunk", "0"),
      arm64.variableText!("chunk", "2M"),
      arm64.variableText!("dsb", "0"),
    ]).toEqual(["0 (off)", "2M", "0"]);
    expect(arm64.describe!({ ...scenario() })).toEqual(["4K granule, 40 IPA bits"]);
    const [bound, [baseline, other]] = [arm64.parse(scenario(), "x"), arm64.strategies] as const;
    expect([bound.expectedWork(baseline!), bound.expectedWork(other!)]).toEqual([4096, 3072]);
  });
});

describe("default guests of arm64", () => {
  const guests = (options: Partial<Arm64Options>, single = true) => arm64Guests({ seed: 1, ...options }, single);

  it("are of the largest chunk, 40 IPA bits and enabling, unless options say otherwise", () => {
    expect(guests({})).toEqual([
      {
        name: "hugetlb-1g-1G",
        granule: "4K",
        ipaBits: 40,
        memslots: [{ base: "0x40000000", segments: [{ map: "1G", size: "1G" }] }],
        dirtyLog: { mode: "enable", chunk: "1G" },
      },
    ]);
    expect(guests({ granule: "16K" })[0]).toMatchObject({
      name: "hugetlb-1g-1G-granule16K",
      granule: "16K",
      dirtyLog: { chunk: "32M" },
    });
    expect(guests({ ipaBits: 42 })[0]).toMatchObject({ name: "hugetlb-1g-1G-ipa42", ipaBits: 42 });
    expect(guests({}, false).map(({ name }) => name)).toEqual(["4k-1G", "thp-1G", "hugetlb-1g-1G"]);
  });

  it("have the IPA bits that their memory needs, with LPA2 where that is for such widths", () => {
    const of = (base: string, memory = "1G", granule: Arm64Options["granule"] = "4K") => {
      const [{ ipaBits, lpa2 }] = guests({ base, memory, granule }) as [Arm64Scenario];
      return [ipaBits, lpa2];
    };
    expect([of("0xffc0000000"), of("0xffc0001000"), of("0xffffc0000000"), of("0xffffc0001000")]).toEqual([
      [40, undefined],
      [41, undefined],
      [48, undefined],
      [49, true],
    ]);
    expect(of("0xffffc0010000", "1G", "64K")).toEqual([49, undefined]);
    expect(of("0xfffffc0000000")).toEqual([52, true]);
    expect(() => of("0xfffffc0001000")).toThrow(
      "--memory 1G: does not fit the IPA space; expected memory that ends below 2^52",
    );
  });

  it("are each mode with each chunk and each variant, in that order", () => {
    const logs = (options: Partial<Arm64Options>) => guests(options).map(({ dirtyLog }) => dirtyLog);
    expect(logs({ mode: "both", chunk: ["0", "2M"], bbm: "2" })).toEqual(
      (["enable", "clear"] as const).flatMap((mode) =>
        ["0", "2M"].flatMap((chunk) => [
          { mode, chunk },
          { mode, chunk, bbm: 2 },
        ]),
      ),
    );
    expect(
      logs({ dsb: ["per-block", "per-change"], tlbiRange: "off", clearRange: ["2M", "ioctl"], mode: "both" }),
    ).toEqual([
      ...(["per-block", "per-change"] as const).map((dsb) => ({ mode: "enable", chunk: "1G", dsb, tlbiRange: false })),
      ...(["per-block", "per-change"] as const).flatMap((dsb) =>
        (["2M", "ioctl"] as const).map((clearRange) => ({
          mode: "clear",
          chunk: "1G",
          dsb,
          tlbiRange: false,
          clearRange,
        })),
      ),
    ]);
    expect(logs({ clearRange: ["word"], tlbiRange: "on" })).toEqual([
      { mode: "clear", chunk: "1G", tlbiRange: true, clearRange: "word" },
    ]);
    expect(() => logs({ clearRange: ["word"], g: true })).toThrow(
      "--clear-range: enabling clears nothing; expected --mode clear",
    );
    expect(() => logs({ clearRange: ["words"] })).toThrow(
      "--clear-range words: unknown; expected word, 2M, chunk, ioctl",
    );
    expect(() => logs({ dsb: ["never"] })).toThrow("--dsb never: unknown; expected per-block, per-call, per-change");
  });

  it("are varied from a file's own scenario by what is asked for alone", () => {
    const own = scenario({
      memslots: [{ base: "0x0", segments: [{ map: "2M", size: "2M" }], dirty: { words: ["0x1"] } }],
      dirtyLog: { mode: "clear", chunk: "2M", clearRange: "chunk", dsb: "per-block" },
    });
    const varied = (options: Partial<Arm64Options>, from = own) => arm64Variants(from, { seed: 1, ...options });
    expect(varied({})).toEqual([own]);
    expect(varied({ mode: "enable", chunk: ["0", "1G"] })).toEqual(
      ["0", "1G"].map((chunk) => ({
        ...own,
        memslots: [{ base: "0x0", segments: [{ map: "2M", size: "2M" }] }],
        dirtyLog: { mode: "enable", chunk, dsb: "per-block" },
      })),
    );
    expect(varied({ bbm: "2", clearRange: ["2M"] }).map(({ dirtyLog }) => dirtyLog)).toEqual([
      { ...own.dirtyLog, clearRange: "2M" },
      { ...own.dirtyLog, clearRange: "2M", bbm: 2 },
    ]);
    const proposed = scenario({ dirtyLog: { mode: "clear", chunk: "2M", bbm: 2 } });
    expect(varied({ bbm: "2" }, proposed)).toEqual([proposed]);
  });
});

describe("what is simpler of arm64's scenarios", () => {
  it("weighs fewer memslots and segments most, then granule and memory, then what is unusual", () => {
    expect(burden(scenario())).toEqual([1, 1, 0, 1024, 0, 0, 1, 0, 0, 2, 1, 0, 0, 0]);
    const odd = scenario({
      granule: "16K",
      ipaBits: 41,
      memslots: [
        {
          base: "0x40008000",
          segments: [
            { map: "16K", size: "32K", writeProtected: true },
            { map: "hole", size: "16K" },
          ],
          dirty: {
            runs: [
              [1, 2],
              [5, 1],
            ],
          },
        },
      ],
      dirtyLog: { mode: "enable", chunk: 0 },
    });
    expect(burden(odd)).toEqual([1, 2, 1, 3, 1, 2, 0, 1, 1, 9, 4, 3, 6, 2]);
    expect(burden(scenario({ granule: "64K", dirtyLog: { mode: "clear", chunk: "64K" } })).slice(2, 10)).toEqual([
      2, 64, 0, 0, 1, 0, 0, 3,
    ]);
  });

  it("is at last a page at 1G that is enabled with the largest chunk", () => {
    let simplest = scenario({
      granule: "64K",
      ipaBits: 48,
      memslots: [
        {
          base: "0x60000000",
          segments: [{ map: "512M", size: "1G", writeProtected: true }],
          dirty: { runs: [[3, 9]] },
        },
        { base: "0x20000000", segments: [{ map: "64K", size: "128K" }] },
      ],
      dirtyLog: { mode: "clear", chunk: "64K", clearRange: "2M", dsb: "per-block" },
    });
    for (let steps = 0; steps < 100; steps++) {
      const next = simplerScenarios(simplest).next();
      if (next.done === true) break;
      simplest = next.value;
    }
    expect(simplest).toEqual(
      scenario({
        memslots: [{ base: "0x40000000", segments: [{ map: "4K", size: "4K" }] }],
        dirtyLog: { mode: "enable", chunk: "1G", dsb: "per-block" },
      }),
    );
  });

  it("has in the 4K granule the same numbers of blocks and pages", () => {
    const segments = [
      { map: "32M", size: "64M" },
      { map: "16K", size: "48K" },
      { map: "hole", size: "16K" },
    ];
    const memslots = [{ base: "0x42008000", segments }];
    const of = (chunk: string | number) =>
      [...simplerScenarios(scenario({ granule: "16K", memslots, dirtyLog: { mode: "clear", chunk } }))].find(
        ({ granule, memslots: [slot] }) => granule === "4K" && slot!.segments.length === 3,
      );
    expect(of("32M")).toEqual(
      scenario({
        memslots: [
          {
            base: "0x40002000",
            segments: [
              { map: "2M", size: "4M" },
              { map: "4K", size: "12K" },
              { map: "hole", size: "4K" },
            ],
          },
        ],
        dirtyLog: { mode: "clear", chunk: "1G" },
      }),
    );
    expect(of(0)!.dirtyLog.chunk).toBe(0);
  });
});

describe("the leaves of arm64's guests", () => {
  const geometry = geometryOf("4K", 40);

  it("are the largest that a segment wants, aligned and within it", () => {
    const segment = { startGfn: 500, endGfn: 2048, level: 2, writeProtected: false };
    expect([511, 512, 1023, 2047].map((gfn) => naturalLeaf(geometry, segment, gfn))).toEqual([
      [511, 512],
      [512, 1024],
      [512, 1024],
      [1536, 2048],
    ]);
    expect(naturalLeaf(geometry, { ...segment, endGfn: 2047 }, 2000)).toEqual([2000, 2001]);
    const giant = { startGfn: 0, endGfn: 2 ** 19, writeProtected: false };
    expect([1, 2, 3].map((level) => naturalLeaf(geometry, { ...giant, level }, 2 ** 18 + 5))).toEqual([
      [2 ** 18, 2 ** 19],
      [2 ** 18, 2 ** 18 + 512],
      [2 ** 18 + 5, 2 ** 18 + 6],
    ]);
  });

  it("are mapped by faults as large as host and slot allow", () => {
    const slot = (
      startGfn: number,
      endGfn: number,
      hostFrame: number,
      level: number,
      startFrame = 0,
      endFrame = 2 ** 20,
    ) => ({
      startGfn,
      endGfn,
      hostFrame,
      host: [{ startFrame, endFrame, level }],
    });
    const of = (gfn: number, ...given: Parameters<typeof slot>) => naturalLevel(geometry, gfn, slot(...given));
    expect([1, 2, 3].map((level) => of(5, 0, 2 ** 18, 0, level))).toEqual([1, 2, 3]);
    expect([of(5, 0, 2 ** 18 - 1, 0, 1), of(2 ** 18 - 1, 0, 2 ** 18 - 1, 0, 1), of(0, 0, 2 ** 18, 512, 1)]).toEqual([
      2, 3, 2,
    ]);
    expect([of(0, 0, 2 ** 18, 1, 1), of(600, 512, 1024, 512, 2), of(600, 513, 1024, 513, 2)]).toEqual([3, 2, 3]);
    expect([
      of(600, 0, 2 ** 18, 0, 2, 0, 1024),
      of(600, 0, 2 ** 18, 0, 2, 0, 1023),
      of(600, 0, 2 ** 18, 0, 2, 513),
    ]).toEqual([2, 3, 3]);
    expect(naturalLevel(geometryOf("16K", 40), 2048, slot(0, 4096, 0, 1))).toBe(2);
  });

  it("are scanned in a range, and freed with their tables where those lie in it as a whole", () => {
    const mem = new TableMemory(geometry);
    const leaf = new LeafFormat(geometry, 2 ** 39);
    const populator = new Populator(geometry, leaf, mem, null);
    const map = (startGfn: number, endGfn: number, level: number) =>
      populator.map({ startGfn, endGfn, level, writeProtected: false }, 0, 2 ** 20);
    map(0, 512, 2);
    map(512, 520, 3);
    map(2 ** 18, 2 ** 19, 1);
    const leavesIn = (from: number, to: number) => {
      const told: (readonly number[])[] = [];
      scanLeaves(geometry, mem, from, to, {
        block: (level, gfn) => told.push([level, gfn]),
        pages: (words, word, gfn, count) => told.push([3, gfn, count, words[word]! & 1]),
      });
      return told;
    };
    expect(leavesIn(0, 2 ** 28)).toEqual([
      [2, 0],
      [3, 512, 512, 1],
      [1, 2 ** 18],
    ]);
    expect([
      leavesIn(511, 513),
      leavesIn(515, 600),
      leavesIn(1024, 2 ** 18),
      leavesIn(2 ** 18 + 5, 2 ** 18 + 6),
    ]).toEqual([
      [
        [2, 0],
        [3, 512, 1, 1],
      ],
      [[3, 515, 85, 1]],
      [],
      [[1, 2 ** 18]],
    ]);
    expect([
      mem.tables,
      freeTables(geometry, mem, 512, 1023),
      freeTables(geometry, mem, 512, 1024),
      mem.tables,
    ]).toEqual([2, 0, 1, 1]);
    expect([freeTables(geometry, mem, 0, 2 ** 18), mem.tables, leavesIn(0, 2 ** 28)]).toEqual([1, 0, [[1, 2 ** 18]]]);
    expect([freeTables(geometry, mem, 0, 2 ** 28), leavesIn(0, 2 ** 28)]).toEqual([0, []]);
  });
});
