import { readFileSync } from "node:fs";
import fc from "fast-check";
import { x } from "tinyexec";
import { describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import type { Granule } from "../guest/geometry.js";
import { parseAddress, parseSize } from "../guest/sizes.js";
import { times } from "../testing/nightly.js";
import { importSmaps } from "./importSmaps.js";
import type { LayoutImport } from "./layoutImport.js";
import { readSmaps } from "./smapsText.js";

interface Amounts {
  readonly rss?: number;
  readonly anonHuge?: number;
  readonly shmemPmd?: number;
  readonly hugetlb?: number;
  readonly pageKb?: number;
}

/** One mapping as the kernel prints it, amounts in KiB. */
function vma(start: number, kb: number, amounts: Amounts = {}, permissions = "rw-p", path = ""): string {
  const { rss = 0, anonHuge = 0, shmemPmd = 0, hugetlb = 0, pageKb = 4 } = amounts;
  const field = (name: string, value: number) => `${`${name}:`.padEnd(16)}${String(value).padStart(8)} kB`;
  return [
    `${start.toString(16)}-${(start + kb * 1024).toString(16)} ${permissions} 00000000 00:00 0 ` +
      `${path === "" ? "" : `                         ${path}`}`,
    field("Size", kb),
    field("KernelPageSize", pageKb),
    field("MMUPageSize", pageKb),
    field("Rss", rss),
    field("AnonHugePages", anonHuge),
    field("ShmemPmdMapped", shmemPmd),
    field("FilePmdMapped", 0),
    field("Shared_Hugetlb", 0),
    field("Private_Hugetlb", hugetlb),
    field("Swap", 0),
    "THPeligible:           1",
    "VmFlags: rd wr mr mw me ac sd hg ",
    "",
  ].join("\n");
}

const HVA = 0x7f0000000000;
const GIB = 2 ** 20;

it("takes the granule from the host's page size, and says so where it can only assume it", () => {
  const granuleOf = (pageKb: number) => {
    const { scenario, notes } = importSmaps(vma(HVA, 2 ** 20, { rss: 2 ** 20, pageKb }), "smaps", {});
    return [scenario.granule, notes.some(({ code }) => code === "granule-assumed")];
  };
  expect(granuleOf(4)).toEqual(["4K", false]);
  expect(granuleOf(64)).toEqual(["64K", false]);
  expect(granuleOf(8)).toEqual(["4K", true]);
});

/** Bytes by map over all memslots. */
function bytesByMap({ scenario }: LayoutImport): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { segments } of scenario.memslots) {
    for (const { map, size } of segments) sums[map] = (sums[map] ?? 0) + parseSize(size);
  }
  return sums;
}

it("turns a THP-backed guest into blocks, pages and a hole, in the amounts that smaps has", () => {
  const text = vma(0x400000, 512, {}, "r-xp", "/usr/bin/qemu") + vma(HVA, 2 * GIB, { rss: 3 * 2 ** 19, anonHuge: GIB });
  const imported = importSmaps(text, "smaps");
  expect(imported.scenario.memslots).toEqual([
    {
      base: "0x40000000",
      segments: [
        { map: "2M", size: "1G" },
        { map: "4K", size: "512M" },
        { map: "hole", size: "512M" },
      ],
    },
  ]);
  expect(imported.notes.map((note) => note.code)).toEqual(
    expect.arrayContaining(["vma-chosen", "positions-unknown-runs", "host-mapping-not-stage2"]),
  );
});

it("claims no unknown position where a mapping is all of one kind", () => {
  const { notes } = importSmaps(vma(HVA, GIB, { hugetlb: GIB, pageKb: GIB }), "smaps");
  expect(notes.some((note) => note.code.startsWith("positions-unknown"))).toBe(false);
});

it("maps 1G hugetlb by 1G blocks, and its absent part as a hole, though Rss leaves hugetlb out", () => {
  const text = vma(HVA, 4 * GIB, { hugetlb: 3 * GIB, pageKb: GIB }, "rw-s", "/dev/hugepages/ram (deleted)");
  expect(bytesByMap(importSmaps(text, "smaps", { granule: "4K" }))).toEqual({ "1G": 3 * 2 ** 30, hole: 2 ** 30 });
});

it("maps hugetlb pages that are no leaf of the granule by the largest leaf below", () => {
  const contiguous = vma(HVA, GIB, { hugetlb: GIB, pageKb: 64 });
  expect(bytesByMap(importSmaps(contiguous, "smaps", { granule: "4K", vmas: [HVA] }))).toEqual({ "4K": 2 ** 30 });
  const large = vma(HVA, GIB, { hugetlb: GIB, pageKb: 32 * 1024 });
  expect(bytesByMap(importSmaps(large, "smaps", { granule: "4K" }))).toEqual({ "2M": 2 ** 30 });
});

it("takes memfd memory as well, gives neighbouring mappings one memslot and others their own", () => {
  const text =
    vma(HVA, GIB, { rss: GIB, shmemPmd: GIB }, "rw-s", "/memfd:guest (deleted)") +
    vma(HVA + 2 ** 30, GIB, { rss: GIB }, "rw-s", "/memfd:guest (deleted)") +
    vma(HVA + 2 ** 34, GIB, { rss: GIB, shmemPmd: GIB }, "rw-s", "/dev/shm/node1");
  const { scenario } = importSmaps(text, "smaps");
  expect(scenario.memslots.map(({ base }) => base)).toEqual(["0x40000000", "0xc0000000"]);
});

describe("guest RAM", () => {
  const text =
    vma(0x1000000, 2 * GIB, { rss: 4 }, "rw-p", "[heap]") +
    vma(HVA, 64 * 1024, { rss: 4 }) +
    vma(HVA + 2 ** 30, 4 * GIB, { rss: GIB }, "---p") +
    vma(HVA + 2 ** 33, 3 * GIB, { rss: GIB });

  it("is the large writable anonymous memory, not the heap, reservations or what is a tenth of the largest", () => {
    expect(bytesByMap(importSmaps(text, "smaps"))).toEqual({ "4K": 2 ** 30, hole: 2 ** 31 });
  });

  it("is whatever reaches --min-size", () => {
    expect(importSmaps(text, "smaps", { minBytes: 2 ** 20 }).scenario.memslots).toHaveLength(2);
  });

  it("is what --vma names, by any address inside", () => {
    expect(bytesByMap(importSmaps(text, "smaps", { vmas: [HVA + 4096] }))).toEqual({
      "4K": 4096,
      hole: 2 ** 26 - 4096,
    });
    expect(() => importSmaps(text, "smaps", { vmas: [0x99] })).toThrow(/--vma 0x99: in no mapping/);
  });

  it("is refused where there is none, with the size of the largest", () => {
    expect(() => importSmaps(vma(HVA, 1024, { rss: 4 }), "smaps")).toThrow(/64M or more; the largest is 1M/);
  });
});

const layouts = fc.record({
  offset: fc.nat(1023),
  pages: fc.integer({ min: 1, max: 4000 }),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  hugeShare: fc.double({ min: 0, max: 1, noNaN: true }),
});

describe.each([["runs" as const], ["spread" as const]])("placement %s", (placement) => {
  it("keeps every amount, at positions where blocks are aligned in the host and in the guest", () => {
    fc.assert(
      fc.property(layouts, fc.nat(1000), ({ offset, pages, share, hugeShare }, seed) => {
        const start = HVA + offset * 4096;
        const end = start + pages * 4096;
        const units = Math.max(0, Math.floor(end / 2 ** 21) - Math.ceil(start / 2 ** 21));
        const huge = Math.floor(units * hugeShare) * 512;
        const rss = huge + Math.floor((pages - huge) * share);
        const text = vma(start, pages * 4, { rss: rss * 4, anonHuge: huge * 4 });
        const imported = importSmaps(text, "smaps", { vmas: [start], placement, seed });
        const { "2M": large = 0, "4K": small = 0, hole = 0 } = bytesByMap(imported);
        expect([large / 4096, small / 4096, hole / 4096]).toEqual([huge, rss - huge, pages - rss]);
        const [slot] = imported.scenario.memslots;
        let at = parseAddress(slot!.base);
        for (const { map, size } of slot!.segments) {
          if (map === "2M") expect([at % 2 ** 21, (at - parseAddress(slot!.base) + start) % 2 ** 21]).toEqual([0, 0]);
          at += parseSize(size);
        }
      }),
      { numRuns: times(150, 500), seed: 1 },
    );
  });
});

it("spreads by the seed: the same for the same, another for another", () => {
  const text = vma(HVA, GIB, { rss: GIB / 2, anonHuge: GIB / 4 });
  const by = (seed: number) =>
    JSON.stringify(importSmaps(text, "smaps", { placement: "spread", seed }).scenario.memslots);
  expect(by(1)).toBe(by(1));
  expect(by(1)).not.toBe(by(2));
});

describe("refuses, naming line and reason,", () => {
  const cases: readonly [string, string, RegExp][] = [
    ["an empty file", "", /no mapping/],
    ["another file", "MemTotal: 8 kB\n", /line 1 .*not a line of smaps/],
    ["more in memory than the mapping holds", vma(HVA, GIB, { rss: 2 * GIB }), /line 1: .*2G in memory, 1G in all/],
    ["more in huge pages than in memory", vma(HVA, GIB, { rss: 4, anonHuge: 2048 }), /huge pages/],
    ["overlapping mappings", vma(HVA, GIB) + vma(HVA, GIB), /begins before the end of the one on line 1/],
    ["an amount that is none", vma(HVA, GIB).replace(/Rss:\s+0/, "Rss:  -1"), /line 5 .*not an amount/],
  ];
  it.each(cases)("%s", (_, text, message) => {
    const refused = () => importSmaps(text, "smaps");
    expect(refused).toThrow(UserError);
    expect(refused).toThrow(message);
  });
});

describe("what is read and made of smaps, whole,", () => {
  const small = 96 * 1024;
  const text =
    vma(HVA, small, { rss: small / 2, anonHuge: small / 4 }) +
    vma(HVA + 2 ** 30, small, { hugetlb: small, pageKb: 2048 }, "rw-s", "/dev/hugepages/a") +
    vma(HVA + 2 ** 33 + 2 ** 12, 4 * GIB, { hugetlb: 0, pageKb: 4, rss: 12 }, "rw-p", "[anon:ram]");

  it("are mappings with every amount, by the line of their header", () => {
    expect(readSmaps(`\n${text}`, "smaps").slice(0, 2)).toEqual([
      {
        rss: 50331648,
        swap: 0,
        kernelPageSize: 4096,
        anonHugePages: 25165824,
        shmemPmdMapped: 0,
        filePmdMapped: 0,
        sharedHugetlb: 0,
        privateHugetlb: 0,
        line: 2,
        start: 139637976727552,
        end: 139638077390848,
        permissions: "rw-p",
        path: "",
      },
      {
        rss: 0,
        swap: 0,
        kernelPageSize: 2097152,
        anonHugePages: 0,
        shmemPmdMapped: 0,
        filePmdMapped: 0,
        sharedHugetlb: 0,
        privateHugetlb: 100663296,
        line: 15,
        start: 139639050469376,
        end: 139639151132672,
        permissions: "rw-s",
        path: "/dev/hugepages/a",
      },
    ]);
  });

  it("are memslots and notes, in the order of addresses", () => {
    expect(importSmaps(text, "smaps", { vmas: [HVA + 2 ** 30, HVA, HVA + 1], name: "mine", mode: "clear" })).toEqual({
      scenario: {
        name: "mine",
        description:
          "Backing of a VMM's memory by smaps: amounts are the host's, positions are runs in order, since smaps has none.",
        granule: "4K",
        ipaBits: 40,
        memslots: [
          {
            base: "0x40000000",
            segments: [
              { map: "2M", size: "24M" },
              { map: "4K", size: "24M" },
              { map: "hole", size: "48M" },
            ],
          },
          { base: "0x80000000", segments: [{ map: "2M", size: "96M" }] },
        ],
        dirtyLog: { mode: "clear", chunk: "1G" },
      },
      notes: [
        {
          code: "vma-chosen",
          data: {
            address: "0x7f0000000000",
            size: "96M",
            path: "anonymous",
            leaf: "2M",
            large: "24M",
            pages: "24M",
            absent: "48M",
          },
        },
        {
          code: "vma-chosen",
          data: {
            address: "0x7f0040000000",
            size: "96M",
            path: "/dev/hugepages/a",
            leaf: "2M",
            large: "96M",
            pages: "0",
            absent: "0",
          },
        },
        { code: "positions-unknown-runs", data: { seed: 1 } },
        { code: "host-mapping-not-stage2", data: {} },
        { code: "slot-positions-invented", data: { base: "0x40000000" } },
        { code: "dirty-log-chosen", data: { mode: "clear", chunk: "1G" } },
      ],
    });
    expect(importSmaps(text, "smaps", { ipaBits: 44, chunkBytes: 2 ** 21 })).toEqual({
      scenario: {
        name: "imported smaps",
        description:
          "Backing of a VMM's memory by smaps: amounts are the host's, positions are runs in order, since smaps has none.",
        granule: "4K",
        ipaBits: 44,
        memslots: [
          {
            base: "0x40001000",
            segments: [
              { map: "4K", size: "12K" },
              { map: "hole", size: "4194292K" },
            ],
          },
        ],
        dirtyLog: { mode: "enable", chunk: "2M" },
      },
      notes: [
        {
          code: "vma-chosen",
          data: {
            address: "0x7f0200001000",
            size: "4G",
            path: "[anon:ram]",
            leaf: "2M",
            large: "0",
            pages: "12K",
            absent: "4194292K",
          },
        },
        { code: "positions-unknown-runs", data: { seed: 1 } },
        { code: "host-mapping-not-stage2", data: {} },
        { code: "slot-positions-invented", data: { base: "0x40000000" } },
        { code: "dirty-log-chosen", data: { mode: "enable", chunk: "2M" } },
      ],
    });
  });

  it("are blocks, pages and holes by the seed where they are spread", () => {
    const spread = vma(HVA + 2 ** 20, 30 * 1024, { rss: 14 * 1024 + 512, anonHuge: 8 * 1024 });
    expect(importSmaps(spread, "smaps", { vmas: [HVA + 2 ** 20], placement: "spread", seed: 3 })).toEqual({
      scenario: {
        name: "imported smaps",
        description:
          "Backing of a VMM's memory by smaps: amounts are the host's, positions are mixed by a seed, since smaps has none.",
        granule: "4K",
        ipaBits: 40,
        memslots: [
          {
            base: "0x40100000",
            segments: [
              { map: "4K", size: "512K" },
              { map: "hole", size: "2560K" },
              { map: "4K", size: "2M" },
              { map: "2M", size: "2M" },
              { map: "hole", size: "4M" },
              { map: "2M", size: "4M" },
              { map: "hole", size: "4M" },
              { map: "4K", size: "2M" },
              { map: "hole", size: "2M" },
              { map: "2M", size: "2M" },
              { map: "hole", size: "2M" },
              { map: "4K", size: "2M" },
              { map: "hole", size: "1M" },
            ],
          },
        ],
        dirtyLog: { mode: "enable", chunk: "1G" },
      },
      notes: [
        {
          code: "vma-chosen",
          data: {
            address: "0x7f0000100000",
            size: "30M",
            path: "anonymous",
            leaf: "2M",
            large: "8M",
            pages: "6656K",
            absent: "15872K",
          },
        },
        { code: "positions-unknown-spread", data: { seed: 3 } },
        { code: "host-mapping-not-stage2", data: {} },
        { code: "slot-positions-invented", data: { base: "0x40000000" } },
        { code: "dirty-log-chosen", data: { mode: "enable", chunk: "1G" } },
      ],
    });
  });

  it("are neighbours in one memslot only where their leaves are of one size", () => {
    const next = (pageKb: number) =>
      vma(HVA, GIB, { hugetlb: GIB, pageKb: 2048 }) + vma(HVA + 2 ** 30, GIB, { hugetlb: GIB, pageKb });
    const slots = (pageKb: number) => importSmaps(next(pageKb), "smaps", { granule: "4K" }).scenario.memslots;
    expect(slots(2048)).toEqual([{ base: "0x40000000", segments: [{ map: "2M", size: "2G" }] }]);
    expect(slots(GIB)).toEqual([
      { base: "0x40000000", segments: [{ map: "2M", size: "1G" }] },
      { base: "0x80000000", segments: [{ map: "1G", size: "1G" }] },
    ]);
  });
});

describe("mappings are guest RAM", () => {
  const chosen = (text: string) => {
    try {
      return importSmaps(text, "smaps").notes.filter(({ code }) => code === "vma-chosen").length;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return 0;
    }
  };

  it.each([
    ["", 1],
    ["[anon:ram]", 1],
    ["[anon_shmem:ram]", 1],
    ["/memfd:x", 1],
    ["/dev/shm/x", 1],
    ["/dev/zero (deleted)", 1],
    ["/dev/hugepages/x", 1],
    ["/SYSV00000000 (deleted)", 1],
    ["/anon_hugepage (deleted)", 1],
    ["[heap]", 0],
    ["/home/dev/shm/x", 0],
  ])("by their path: %j", (path, count) => {
    expect(chosen(vma(HVA, 64 * 1024, { rss: 4 }, "rw-s", path))).toBe(count);
  });

  it("by their permissions, hugetlb pages, and size: 64M, or a tenth of the largest", () => {
    expect(chosen(vma(HVA, 64 * 1024, { rss: 4 }, "r--p"))).toBe(0);
    expect(chosen(vma(HVA, 64 * 1024, { hugetlb: 2048, pageKb: 2048 }, "rw-s", "/mnt/x"))).toBe(1);
    expect(chosen(vma(HVA, 64 * 1024, { pageKb: 2048 }, "rw-s", "/mnt/x"))).toBe(1);
    expect(chosen(vma(HVA, 64 * 1024, { pageKb: 64 }, "rw-s", "/mnt/x"))).toBe(0);
    expect(chosen(vma(HVA, 64 * 1024 - 4, { rss: 4 }))).toBe(0);
    const two = (kb: number) => chosen(vma(HVA, 10 * GIB, { rss: 4 }) + vma(HVA + 2 ** 40, kb, { rss: 4 }));
    expect([two(GIB), two(GIB - 4)]).toEqual([2, 1]);
  });
});

it("IPA widths hold all memory, up to the widest", () => {
  const text = vma(HVA, GIB, { rss: GIB });
  const width = (ipaBits?: number) => importSmaps(text, "smaps", { ipaBits }).scenario.ipaBits;
  expect([width(), width(32), width(48), width(52)]).toEqual([40, 32, 48, 52]);
  const beyond = "smaps: the chosen mappings need IPAs up to 0x80000000; expected memory that fits the IPA width";
  expect(() => width(53)).toThrow(beyond);
  // Memory from 1G, and 1G of it: up to the last byte of 31 bits.
  const most = (kb: number) => vma(HVA, kb, { rss: 4 });
  expect(importSmaps(most(3 * GIB), "smaps", { ipaBits: 32 }).scenario.ipaBits).toBe(32);
  expect(() => importSmaps(most(3 * GIB + 4), "smaps", { ipaBits: 32 })).toThrow(/up to 0x100001000;/);
  expect(importSmaps(most(1024 * GIB), "smaps").scenario.ipaBits).toBe(41);
  const blocks = vma(HVA, GIB, { hugetlb: GIB, pageKb: GIB });
  expect(importSmaps(blocks, "smaps", { ipaBits: 35, granule: "4K" }).scenario.ipaBits).toBe(35);
});

describe("amounts that do not fit", () => {
  const refused =
    (text: string, options = {}) =>
    () =>
      importSmaps(text, "smaps", { vmas: [HVA], ...options });

  it.each<[string, () => unknown, string]>([
    [
      "hugetlb beyond the mapping",
      refused(vma(HVA, 2048, { hugetlb: 4096, pageKb: 2048 })),
      "smaps line 1: 4M of hugetlb do not fit it; expected amounts of its pages",
    ],
    [
      "no whole pages",
      refused(vma(HVA + 4096, 64), { granule: "64K", vmas: [HVA + 4096] }),
      "smaps line 1: no whole 64K pages; expected another --granule",
    ],
    [
      "huge pages without places",
      refused(vma(HVA + 2 ** 20, 2 * 1024, { rss: 2048, anonHuge: 2048 }), { vmas: [HVA + 2 ** 20] }),
      "smaps line 1: 2M of 2M pages have no place in it; expected amounts that fit",
    ],
    [
      "more than the mapping",
      refused(vma(HVA, 2048, { rss: 4096 })),
      "smaps line 1: 0 in huge pages, 4M in memory, 2M in all; expected amounts that fit",
    ],
    [
      "a mapping that is empty",
      refused(vma(HVA, 0)),
      `smaps line 1 "7f0000000000-7f0000000000 rw-p 00000000 00:00 0 ": the mapping does not go forward; expected a start below the end`,
    ],
    [
      "1G blocks without a width for them",
      refused(vma(HVA, GIB, { hugetlb: GIB, pageKb: GIB }), { granule: "4K", ipaBits: 32 }),
      "IPA width 32: has no 1G blocks, but the mapping is backed by them; expected 35 or more",
    ],
  ])("are refused: %s", (_, call, message) => {
    expect(call).toThrow(UserError);
    expect(call).toThrow(message);
  });

  it("end one byte later than those that do", () => {
    expect(refused(vma(HVA, 2048, { rss: 2048, anonHuge: 2048 }))).not.toThrow();
    expect(refused(vma(HVA, 2048, { hugetlb: 2048, pageKb: 2048 }))).not.toThrow();
  });
});

it("ends with a scenario or a user error for damaged files by the thousand", () => {
  const sample =
    vma(HVA, GIB, { rss: GIB / 2, anonHuge: GIB / 4 }) +
    vma(HVA + 2 ** 34, GIB, { hugetlb: GIB, pageKb: 2048 }, "rw-s", "/dev/hugepages/a");
  const edit = fc.record({
    at: fc.nat(sample.length),
    drop: fc.nat(20),
    put: fc.oneof(fc.string({ maxLength: 8, unit: "binary" }), fc.constantFrom("\n", "0", "99999999", "f", "-", "kB")),
  });
  let scenarios = 0;
  fc.assert(
    fc.property(
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      fc.constantFrom<Granule | undefined>(undefined, "4K", "16K", "64K"),
      (edits, granule) => {
        let text = sample;
        for (const { at, drop, put } of edits) text = text.slice(0, at) + put + text.slice(at + drop);
        try {
          importSmaps(text, "smaps", { granule });
          scenarios++;
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          expect(error.message).not.toContain("\n");
        }
      },
    ),
    { numRuns: times(600, 10_000), seed: 1 },
  );
  expect(scenarios).toBeGreaterThan(times(30, 500));
  expect(scenarios).toBeLessThan(times(570, 9_500));
});

it("reads a live process of this machine, and says of its memory what smaps itself says", async () => {
  // The child asks for huge pages; whether it gets any is up to this kernel, so the reference is
  // its own smaps.
  const child = x("python3", [
    "-c",
    `import mmap, sys, ctypes
m = mmap.mmap(-1, 96 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
if hasattr(mmap, "MADV_HUGEPAGE"):
    try: m.madvise(mmap.MADV_HUGEPAGE)
    except OSError: pass
m[0:32 << 20] = b"x" * (32 << 20)
print("%x" % ctypes.addressof(ctypes.c_char.from_buffer(m)), flush=True)
sys.stdin.read()`,
  ]);
  try {
    let address = Number.NaN;
    for await (const line of child) {
      address = Number.parseInt(line, 16);
      break;
    }
    const text = readFileSync(`/proc/${child.pid}/smaps`, "utf8");
    const imported = importSmaps(text, `/proc/${child.pid}/smaps`, { vmas: [address] });

    const blocks = text.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
    const own = blocks.find((block) => {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+)/.exec(block)!;
      return Number.parseInt(from!, 16) <= address && address < Number.parseInt(to!, 16);
    })!;
    const kb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(own)![1]);
    const { [imported.scenario.granule]: pages = 0, hole = 0, ...larger } = bytesByMap(imported);
    const large = Object.values(larger).reduce((sum, bytes) => sum + bytes, 0);
    expect(large).toBe(kb("AnonHugePages") * 1024);
    expect(pages).toBe((kb("Rss") - kb("AnonHugePages")) * 1024);
    expect(large + pages + hole).toBe(kb("Size") * 1024);
    // Without this the check above could hold of an empty mapping.
    expect(large + pages).toBeGreaterThanOrEqual(32 * 2 ** 20);
  } finally {
    child.process?.stdin?.end();
    await child;
  }
});
