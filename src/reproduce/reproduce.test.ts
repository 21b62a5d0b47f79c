import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadMmu } from "../mmu/registry.js";
import { compiler, complaints, withPrograms } from "../testing/compiler.js";
import { commonSource, headers } from "./commonSource.js";
import { isReproducible, reproduce } from "./reproduce.js";

const SCENARIOS = fileURLToPath(new URL("../../scenarios/", import.meta.url));
const DUMPS = fileURLToPath(new URL("../testing/fixtures/stage2-dump-7.3/split/", import.meta.url));

async function programOf(value: unknown, strategies: readonly string[] = ["baseline"]): Promise<string> {
  const mmu = await loadMmu((value as { mmu?: string }).mmu ?? "arm64");
  const chosen = mmu.strategies.filter(({ id }) => strategies.includes(id));
  return reproduce(mmu.parse(value, "scenario"), chosen, "1.2.3");
}

const shipped = (name: string): unknown => JSON.parse(readFileSync(`${SCENARIOS}${name}.json`, "utf8"));

const ONE_BLOCK = {
  granule: "4K",
  ipaBits: 40,
  memslots: [{ base: "0x40000000", segments: [{ map: "2M", size: "2M" }] }],
  dirtyLog: { mode: "enable", chunk: "1G" },
};

const cc = compiler("cc");
const cross = compiler("aarch64-linux-gnu-gcc");

describe("the reproduction of a scenario", () => {
  it("is a C program for each shipped scenario that userspace can bring about, and one line for the others", async () => {
    const refused: string[] = [];
    for (const file of readdirSync(SCENARIOS)) {
      try {
        const text = await programOf(shipped(file.replace(".json", "")), []);
        expect(text).toContain("int main(");
      } catch (error) {
        expect((error as Error).name).toBe("UserError");
        expect((error as Error).message).not.toContain("\n");
        refused.push(file);
      }
    }
    // Of riscv there is none. Nothing is split by a zap, by enabling without eager splitting, or in
    // shadow tables, and never to 2M alone.
    const refusable = /^riscv-|^x86-(?:shadow|zap|enable-2m-lazy|split-1g-to-2m)/;
    expect(refused.filter((file) => !refusable.test(file))).toEqual([]);
    expect(refused).toContain("x86-zap-hello.json");
  });

  it("has its plan at the top as constants and tables, for arm64", async () => {
    const scenario = {
      ...ONE_BLOCK,
      memslots: [
        {
          base: "0x40000000",
          segments: [
            { map: "2M", size: "4M" },
            { map: "4K", size: "2M", writeProtected: true },
          ],
          dirty: {
            runs: [
              [1, 2],
              [512, 1],
            ],
          },
        },
      ],
      dirtyLog: { mode: "clear", chunk: "2M" },
    };
    const text = await programOf(scenario, ["baseline", "skip-return-rfc"]);
    const [top, body] = text.split(headers);
    expect(top).toBe(`/*
 * A scenario: arm64 KVM; clear the dirty log, and see whether a block in
 * range is still one.
 *
 * Made by s2split 1.2.3 (reproduce). Build and run, as root on an arm64 host
 * with KVM:
 *
 *   cc -O2 -Wall -Wextra -o reproduce reproduce.c && sudo ./reproduce
 *
 * Ends with 0 if no block is left, 1 and the first one's address if one is,
 * 2 if this host cannot do it.
 */

`);
    expect(body!.slice(0, body!.indexOf(commonSource)).trim()).toBe(`static const char name[] = "scenario";
#define PAGE_BYTES 0x1000ull
#define CHUNK_BYTES 0x200000ull
enum { IPA_BITS = 40, CLEAR = 1, CHECK_DIRTY = 0 };
#define NONE (~0ull)
/* Guest code and what belongs to it stand here, outside of the scenario's memory. */
#define SCRATCH 0x100000ull
/* Table pages below the root that the leaves need; those of the guest code left out. */
#define TABLES_BEFORE 0x2ull

/* Bytes of a leaf: page, block, larger block. */
static const u64 leaf_bytes[3] = { 0x1000ull, 0x200000ull, 0x40000000ull };
#define SLOTS 1
static const struct slot { u64 base, bytes; } slots[] = {
	{ 0x40000000ull, 0x600000ull },
};
/* Leaves of one size each, ascending; \`kind\` is an index of leaf_bytes. */
#define RUNS 2
static const struct run { u64 start, bytes; int kind, read_only; } runs[] = {
	{ 0x40000000ull, 0x400000ull, 1, 0 },
	{ 0x40400000ull, 0x200000ull, 0, 1 },
};
/* What is to be split, ascending. */
#define SPANS 2
static const struct span { u64 start, end; } spans[] = {
	{ 0x40001000ull, 0x40003000ull },
	{ 0x40200000ull, 0x40201000ull },
};
/* Pages that KVM_CLEAR_DIRTY_LOG clears, relative to their slot. */
#define CLEAREDS 2
static const struct cleared { int slot; u64 first, count; } cleareds[] = {
	{ 0, 0x1ull, 0x2ull },
	{ 0, 0x200ull, 0x1ull },
};
/* What s2split counts: leaves by size afterwards, table pages made, the first block left. */
#define PREDICTIONS 1
static const struct prediction { const char *who; u64 leaves[3], tables, first_unsplit; } predictions[] = {
	{ "baseline, skip-return-rfc", { 0x600ull, 0x0ull, 0x0ull }, 0x2ull, NONE },
};`);
  });

  it("has its plan at the top as constants and tables, for x86, with other words where pages may be lost", async () => {
    const root = { rootLevel: 4, leaves: [{ gfn: 512, level: 1, count: 70 }], nonpresentPaths: [] };
    const clear = { workload: "clear", slotBaseGfn: 512, npages: 70, masks: ["0x5", "0x20"], eager: false };
    const text = await programOf({ mmu: "x86-tdp", name: "a name", description: "What it is.", root, ...clear });
    const [top, body] = text.split(headers);
    expect(top).toBe(`/*
 * a name: x86 KVM; clear the dirty log, write the pages that were cleared,
 * and see whether each is reported again.
 *
 * What it is.
 *
 * Made by s2split 1.2.3 (reproduce). Build and run, as root on an x86-64
 * host with KVM:
 *
 *   cc -O2 -Wall -Wextra -o reproduce reproduce.c && sudo ./reproduce
 *
 * Ends with 0 if each write was reported, 1 and the first lost page if one
 * was not, 2 if this host cannot do it.
 */

`);
    expect(
      body!.slice(body!.indexOf("static const char name"), body!.indexOf(commonSource)).trim(),
    ).toBe(`static const char name[] = "a name";
#define PAGE_BYTES 0x1000ull
#define CHUNK_BYTES 0x0ull
enum { IPA_BITS = 48, CLEAR = 1, CHECK_DIRTY = 1 };
#define NONE (~0ull)
/* Guest code and what belongs to it stand here, outside of the scenario's memory. */
#define SCRATCH 0x40100000ull
/* Table pages below the root that the leaves need; those of the guest code left out. */
#define TABLES_BEFORE 0x0ull

/* Bytes of a leaf: page, block, larger block. */
static const u64 leaf_bytes[3] = { 0x1000ull, 0x200000ull, 0x40000000ull };
#define SLOTS 1
static const struct slot { u64 base, bytes; } slots[] = {
	{ 0x200000ull, 0x46000ull },
};
/* Leaves of one size each, ascending; \`kind\` is an index of leaf_bytes. */
#define RUNS 1
static const struct run { u64 start, bytes; int kind, read_only; } runs[] = {
	{ 0x200000ull, 0x46000ull, 0, 0 },
};
/* What is to be split, ascending. */
#define SPANS 2
static const struct span { u64 start, end; } spans[] = {
	{ 0x200000ull, 0x203000ull },
	{ 0x245000ull, 0x246000ull },
};
/* Pages that KVM_CLEAR_DIRTY_LOG clears, relative to their slot. */
#define CLEAREDS 3
static const struct cleared { int slot; u64 first, count; } cleareds[] = {
	{ 0, 0x0ull, 0x1ull },
	{ 0, 0x2ull, 0x1ull },
	{ 0, 0x45ull, 0x1ull },
};
/* What s2split counts: leaves by size afterwards, table pages made, the first block left. */
#define PREDICTIONS 1
static const struct prediction { const char *who; u64 leaves[3], tables, first_unsplit; } predictions[] = {
	{ "baseline", { 0x46ull, 0x0ull, 0x0ull }, 0x0ull, NONE },
};`);
  });

  it("says first what it does where blocks are to be split by enabling or clearing", async () => {
    const first = async (value: object) =>
      (await programOf(value)).split("\n").slice(1, 3).join("").replaceAll(" * ", " ").trim();
    expect(await first(ONE_BLOCK)).toBe(
      "A scenario: arm64 KVM; enable dirty logging, and see whether a block in range is still one.",
    );
  });

  it("is the same text for the same scenario", async () => {
    expect(await programOf(shipped("holes"))).toBe(await programOf(shipped("holes")));
  });

  it("has its comments within 77 columns, and fills them", async () => {
    const words = Array<string>(60).fill("word").join(" ");
    const text = await programOf({ ...ONE_BLOCK, description: words });
    const longest = Math.max(...[...text.matchAll(/^ \* .*word$/gm)].map(([line]) => line.length));
    // Fifteen words with the spaces between them.
    expect(longest).toBe(3 + 74);
  });

  it("says what the model counts, strategies that agree together, and where the first block is left", async () => {
    const text = await programOf(shipped("fault-passed-over"), ["baseline", "max-level", "skip-return-rfc"]);
    expect(text).toContain('{ "baseline, max-level", { 0x202ull, 0x0ull, 0x0ull }, 0x1ull, NONE },');
    expect(text).toContain('{ "skip-return-rfc", { 0x2ull, 0x1ull, 0x0ull }, 0x0ull, 0x40200000ull },');
  });

  it("keeps what a scenario file says inside its comment and its string", async () => {
    const hostile = { ...ONE_BLOCK, name: 'a*/ "b\\" ??/', description: "*/ int main(void) { } /* ??/\n#error no" };
    const text = await programOf(hostile);
    const banner = text.slice(0, text.indexOf("*/") + 2);
    expect(banner).toContain("int main(void) { }");
    expect(text.slice(banner.length).trimStart()).toMatch(/^#define _GNU_SOURCE\n/);
    expect(text).toContain('static const char name[] = "a*/ \\"b\\\\\\" \\?\\?/";');
    if (cc !== undefined) expect(complaints(cc, text)).toBe("");
  });

  it("is there for what can be brought about, and for nothing else", async () => {
    const can = async (value: { readonly mmu?: string }) =>
      isReproducible((await loadMmu(value.mmu ?? "arm64")).parse(value, "scenario"));
    expect(await can(ONE_BLOCK as object)).toBe(true);
    expect(await can({ ...ONE_BLOCK, dirtyLog: { mode: "enable", chunk: 0 } } as object)).toBe(false);
    expect(await can(shipped("x86-zap-hello") as object)).toBe(false);
    const [shadow] = readdirSync(SCENARIOS).filter((name) => name.startsWith("x86-shadow"));
    await expect(programOf(shipped(shadow!.replace(".json", "")))).rejects.toThrow(
      "MMU x86-shadow: has no reproduction; expected arm64 or x86-tdp",
    );
  });

  it("refuses a chunk of 0, which splits nothing", async () => {
    await expect(programOf({ ...ONE_BLOCK, dirtyLog: { mode: "enable", chunk: 0 } })).rejects.toThrow(
      "chunk 0: eager splitting is off: nothing would be split; expected a chunk",
    );
  });
});

describe.skipIf(cc === undefined)(`a reproduction compiled here (cc: ${cc ?? "not there, so not tested"})`, () => {
  const samples = ["holes", "partial-masks-words", "fault-left-in-new-table-partial-mask", "chunk-page-hdbss"];

  it.each([...samples, "x86-split-1g", "x86-split-partial", "x86-clear-sparse"])("%s has no warning", async (name) => {
    expect(complaints(cc!, await programOf(shipped(name)))).toBe("");
  });

  it("has none when it is optimised either", async () => {
    expect(complaints(cc!, await programOf(shipped("holes")), true)).toBe("");
  });

  it("ends with 2 and one line on a host that cannot do it", async () => {
    // Of the two, one is for another architecture, and the other needs more than a test's machine
    // has.
    const sources = { arm64: await programOf(ONE_BLOCK), x86: await programOf(shipped("x86-split-2m")) };
    const programs = Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, { source }]));
    const ends = withPrograms(cc!, programs, (folder) =>
      Object.keys(sources).map((name) => spawnSync(`${folder}/${name}`, { encoding: "utf8" })),
    );
    const foreign = ends[process.arch === "arm64" ? 1 : 0]!;
    expect(foreign.status).toBe(2);
    expect(foreign.stderr).toMatch(/^cannot reproduce here: this scenario is for an (?:arm64|x86-64) host\n$/);
  });

  it("reads real dumps: the scenario's leaves before, and the first block left after", async () => {
    const scenario = (map: string) => ({
      ...ONE_BLOCK,
      memslots: [{ base: "0xff80000000", segments: [{ map, size: "1G" }] }],
      dirtyLog: { mode: "enable", chunk: "2M" },
    });
    const before = "1G_hugetlb_1gb_chunk0x200000_g.before.txt";
    const after = "1G_hugetlb_1gb_chunk0x200000_g.after.txt";
    const said = withPrograms(
      cc!,
      {
        giant: { source: looking(await programOf(scenario("1G"))) },
        pages: { source: looking(await programOf(scenario("4K"))) },
      },
      (folder) => {
        const look = (program: string, dump: string, when: string) =>
          spawnSync(`${folder}/${program}`, [`${DUMPS}${dump}`, when], { encoding: "utf8" });
        return {
          before: look("giant", before, "before").stdout,
          left: look("giant", before, "after").stdout,
          after: look("giant", after, "after").stdout,
          otherwise: look("pages", before, "before"),
        };
      },
    );
    expect(said.before).toBe("0 0 1 first 0xff80000000\n");
    expect(said.left).toBe("0 0 1 first 0xff80000000\n");
    expect(said.after).toBe("262144 0 0 none\n");
    expect(said.otherwise.status).toBe(2);
    expect(said.otherwise.stderr).toBe(
      "cannot reproduce here: the host maps leaves of 1048576K at 0xff80000000, the scenario has 4K there\n",
    );
  });
});

describe.skipIf(cross === undefined)(
  `a reproduction compiled for arm64 (aarch64-linux-gnu-gcc: ${cross ?? "not there, so not tested"})`,
  () => {
    it.each(["holes", "partial-masks", "x86-split-2m"])("%s has no warning", async (name) => {
      expect(complaints(cross!, await programOf(shipped(name)), true)).toBe("");
    });
  },
);

/**
 * The program with a main that looks at a given dump in place of debugfs, and prints what it found.
 */
function looking(program: string): string {
  return `#include <stdio.h>
static const char *dump;
static FILE *open_dump(const char *path, const char *mode) { (void)path; return fopen(dump, mode); }
#define fopen open_dump
#define main reproduction
${program}
#undef main
int main(int argc, char **argv)
{
	u64 leaves[3], first;
	dump = argv[argc - 2];
	first = look_at_tree(leaves, argv[argc - 1][0] == 'b');
	printf("%llu %llu %llu ", leaves[0], leaves[1], leaves[2]);
	if (first == NONE)
		printf("none\\n");
	else
		printf("first 0x%llx\\n", first);
	return 0;
}
`;
}
