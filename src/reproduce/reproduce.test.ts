import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadMmu } from "../mmu/registry.js";
import { compiler, complaints, withPrograms } from "../testing/compiler.js";
import { reproduce } from "./reproduce.js";

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
