import { describe, expect, it } from "vitest";
import { UserError } from "../../errors.js";
import { allBits, defaultTdpScenario, fill, helloRoots, tdpGuests } from "./guests.js";

const ALL = "0xffffffffffffffff";
const common = { mmu: "x86-tdp", hostMaxphyaddr: 48, reschedEveryNPolls: 0 };
const rootOf = (leaves: readonly object[], rootLevel = 4) => ({ rootLevel, leaves, nonpresentPaths: [] });

describe("the default guest of the TDP MMU", () => {
  it("is the hello VM and the empty root after it, where a zap says nothing of memory", () => {
    const roots = (rootLevel: number) => [
      {
        rootLevel,
        leaves: [
          { gfn: 0, level: 1, count: 1 },
          { gfn: 0xfffff, level: 1, count: 1 },
        ],
        nonpresentPaths: [{ gfn: 0xfee00, level: 1 }],
      },
      rootOf([], rootLevel),
    ];
    const hello = { ...common, name: "hello", workload: "zap", roots: roots(4) };
    expect(defaultTdpScenario({ workload: "zap" })).toEqual(hello);
    expect(defaultTdpScenario({ workload: "zap", rootLevel: 5 })).toEqual({
      ...hello,
      name: "hello-root5",
      roots: roots(5),
    });
    expect(helloRoots()).toEqual(roots(4));
    expect(defaultTdpScenario({ workload: "zap", backing: "thp" }).name).toBe("thp-1G");
    expect(defaultTdpScenario({ workload: "zap", memoryBytes: 2 ** 21 }).name).toBe("4k-2M");
  });

  it("is 1 GiB of 4K pages to be split to 4K", () => {
    expect(defaultTdpScenario({ workload: "split" })).toEqual({
      ...common,
      name: "4k-1G",
      workload: "split",
      roots: [rootOf([{ gfn: 0, level: 1, count: 2 ** 18 }])],
      startGfn: 0,
      endGfnExclusive: 2 ** 18,
      targetLevel: 1,
    });
  });

  it("is named by all that is not as usual, and has it", () => {
    expect(
      defaultTdpScenario({
        workload: "split",
        backing: "thp",
        memoryBytes: 2 ** 22,
        baseGfn: 512,
        reschedEvery: 5,
        maxphyaddr: 40,
        rootLevel: 5,
        target: "2m",
      }),
    ).toEqual({
      mmu: "x86-tdp",
      name: "thp-4M-resched5-maxphyaddr40-root5-gfn0x200",
      workload: "split",
      hostMaxphyaddr: 40,
      reschedEveryNPolls: 5,
      roots: [rootOf([{ gfn: 512, level: 2, count: 2 }], 5)],
      startGfn: 512,
      endGfnExclusive: 1536,
      targetLevel: 2,
    });
  });

  it("logs with PML and splits eagerly unless it is told not to", () => {
    const memory = { backing: "hugetlb-1g", memoryBytes: 2 ** 30 };
    const enable = {
      ...common,
      name: "hugetlb-1g-1G",
      workload: "enable",
      roots: [rootOf([{ gfn: 0, level: 3, count: 1 }])],
      startGfn: 0,
      endGfnExclusive: 2 ** 18,
    };
    expect(defaultTdpScenario({ workload: "enable", ...memory })).toEqual({ ...enable, pml: true, eager: true });
    expect(defaultTdpScenario({ workload: "enable", ...memory, pml: false })).toEqual({
      ...enable,
      pml: false,
      eager: true,
    });
    expect(defaultTdpScenario({ workload: "enable", ...memory, eager: false })).toEqual({
      ...enable,
      pml: true,
      eager: false,
    });
  });

  it("clears every page of a slot that is all of its memory, with all bits set at first", () => {
    const memory = { backing: "hugetlb-2m", memoryBytes: 2 ** 22 + 3 * 4096, baseGfn: 1024 };
    expect(defaultTdpScenario({ workload: "clear", ...memory, pml: false, eager: false })).toEqual({
      ...common,
      name: "hugetlb-2m-4108K-gfn0x400",
      workload: "clear",
      roots: [
        rootOf([
          { gfn: 1024, level: 2, count: 2 },
          { gfn: 2048, level: 1, count: 3 },
        ]),
      ],
      pml: false,
      eager: false,
      slotBaseGfn: 1024,
      npages: 1027,
      masks: [...new Array(16).fill(ALL), "0x7"],
      manualProtectAndInitSet: true,
    });
    expect([63, 64, 65, 128, 191].map(allBits)).toEqual([
      ["0x7fffffffffffffff"],
      { allWords: ALL },
      [ALL, "0x1"],
      { allWords: ALL },
      [ALL, ALL, "0x7fffffffffffffff"],
    ]);
  });

  it("has as many huge pages as the coverage says, where the seed puts them", () => {
    const huge = (seed?: number, thpCoverage?: number) =>
      defaultTdpScenario({
        workload: "split",
        backing: "thp",
        memoryBytes: 2 ** 24,
        ...(seed === undefined ? {} : { seed }),
        ...(thpCoverage === undefined ? {} : { thpCoverage }),
      }).roots[0]!.leaves.flatMap(({ gfn, level, count }) =>
        level === 1 ? [] : Array.from({ length: count }, (_, i) => gfn / 512 + i),
      );
    expect(huge()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(huge(7, 1)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(huge(1, 0.5)).toHaveLength(4);
    expect(huge(undefined, 0.5)).toEqual(huge(1, 0.5));
    expect(huge(3, 0.5)).not.toEqual(huge(1, 0.5));
  });

  it.each([
    [0, "memory 0: not a whole number of pages; expected a multiple of 4K"],
    [-4096, "memory -4K: not a whole number of pages; expected a multiple of 4K"],
    [4097, "memory 4097: not a whole number of pages; expected a multiple of 4K"],
    [2 ** 53, "memory 8P: not a whole number of pages; expected a multiple of 4K"],
  ])("has no memory of %i bytes", (memoryBytes, message) => {
    expect(() => defaultTdpScenario({ workload: "split", memoryBytes })).toThrow(new UserError(message));
  });

  it("may be of one page", () => {
    const { roots } = defaultTdpScenario({ workload: "split", memoryBytes: 4096 });
    expect(roots).toEqual([rootOf([{ gfn: 0, level: 1, count: 1 }])]);
  });
});

describe("memory that is filled with leaves", () => {
  const filled = (gfn: number, end: number, level: number) => {
    const runs: { gfn: number; level: number; count: number }[] = [];
    fill(runs, gfn, end, level);
    return runs.map(({ gfn: at, level: of, count }) => [at, of, count]);
  };

  it("has none above the level, and none for an empty range", () => {
    expect(filled(0, 2 ** 18, 2)).toEqual([[0, 2, 512]]);
    expect(filled(0, 2 ** 18, 1)).toEqual([[0, 1, 2 ** 18]]);
    expect(filled(5, 5, 3)).toEqual([]);
  });

  it("has small leaves up to where a larger one fits, and behind where none does any more", () => {
    expect(filled(511, 1025, 2)).toEqual([
      [511, 1, 1],
      [512, 2, 1],
      [1024, 1, 1],
    ]);
    expect(filled(1, 1023, 2)).toEqual([
      [1, 1, 511],
      [512, 1, 511],
    ]);
    expect(filled(2 ** 18 - 512, 2 ** 19, 3)).toEqual([
      [2 ** 18 - 512, 2, 1],
      [2 ** 18, 3, 1],
    ]);
  });
});

describe("the guests that options of the command line ask for", () => {
  type Options = Parameters<typeof tdpGuests>[0];
  const guests = (options: object, single = false) => tdpGuests({ seed: 1, ...options } as Options, single);
  const names = (options: object, single = false) =>
    guests(options, single).map(({ workload, name }) => `${workload} ${name}`);

  it("are one for each backing, each once, or one of 1G pages where one is enough", () => {
    expect(names({})).toEqual(["split 4k-1G", "split thp-1G", "split hugetlb-1g-1G"]);
    expect(names({}, true)).toEqual(["split hugetlb-1g-1G"]);
    for (const single of [true, false])
      expect(names({ workload: "enable", backing: ["thp", "4k", "thp"] }, single)).toEqual([
        "enable thp-1G",
        "enable 4k-1G",
      ]);
  });

  it("are the hello VM for a zap of neither a backing nor memory", () => {
    expect(names({ workload: "zap" })).toEqual(["zap hello"]);
    expect(names({ workload: "zap" }, true)).toEqual(["zap hello"]);
    expect(names({ workload: "zap", memory: "4M" })).toEqual(["zap 4k-4M", "zap thp-4M", "zap hugetlb-1g-4M"]);
    expect(names({ workload: "zap", backing: ["thp"] })).toEqual(["zap thp-1G"]);
  });

  it("have what each option says", () => {
    const asked = {
      memory: "4M",
      backing: ["thp"],
      base: "0x200000",
      reschedEvery: 3,
      maxphyaddr: 40,
      rootLevel: "5",
    };
    const made = { backing: "thp", memoryBytes: 2 ** 22, baseGfn: 512, reschedEvery: 3, maxphyaddr: 40 };
    const [clear] = guests({ ...asked, workload: "clear", pml: "off", eager: "off" });
    expect(clear).toEqual(defaultTdpScenario({ workload: "clear", ...made, rootLevel: 5, pml: false, eager: false }));
    const [split] = guests({ ...asked, workload: "split", rootLevel: "4", target: "2m" });
    expect(split).toEqual(defaultTdpScenario({ workload: "split", ...made, rootLevel: 4, target: "2m" }));
    const [enable] = guests({ ...asked, workload: "enable", pml: "on", eager: "on", rootLevel: "4" });
    expect(enable).toEqual(defaultTdpScenario({ workload: "enable", ...made, pml: true, eager: true }));
    const half = { memory: "16M", backing: ["thp"], thpCoverage: 0.5 };
    const [drawn] = guests({ ...half, seed: 3 });
    const sparse = { workload: "split", backing: "thp", memoryBytes: 2 ** 24, thpCoverage: 0.5 } as const;
    expect(drawn).toEqual(defaultTdpScenario({ ...sparse, seed: 3 }));
  });

  it("begin at a page", () => {
    expect(() => guests({ base: "0x1001" })).toThrow(
      new UserError("--base 0x1001: not page-aligned; expected a multiple of 4K"),
    );
    expect(() => guests({ base: "x" })).toThrow("--base");
    expect(() => guests({ memory: "x" })).toThrow("--memory");
    expect(guests({ base: "0x1000", memory: "4K", backing: ["4k"] })[0]!.name).toBe("4k-4K-gfn0x1");
  });
});
