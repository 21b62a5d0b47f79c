import { describe, expect, it } from "vitest";
import { flowLayoutOf } from "../mmu/arm64/flowLayout.js";
import { countsOfStep } from "../mmu/arm64/flowStep.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { guestFlowOf } from "./guestFlow.js";
import { GUEST_MODES, guestModeOf } from "./guestModes.js";
import { memoryRegion } from "./placement.js";
import { isIn, runSelftest, sumOf, TOTALS } from "./run.js";
import { flowOfScenario, flowOfTest, type TestOptions, testSteps } from "./selftest.js";

const MIB = 2 ** 20;
const plain: TestOptions = {
  granule: "4K",
  ipaBits: 40,
  backing: "thp",
  bytesPerVcpu: 64 * MIB,
  vcpus: 1,
  memslots: 1,
  iterations: 2,
  writePercent: 30,
  random: false,
  overlap: false,
  manual: 3,
  whileDisabling: false,
  seed: 1,
  chunk: "2M",
  rule: "hash",
};

describe("the test's placement", () => {
  it("ends one page below the top, aligned to the backing: regions that the real test printed", () => {
    const region = (memoryBytes: number, backingPageBytes: number) => {
      const { start, end } = memoryRegion({ ipaBits: 40, memoryBytes, guestPageBytes: 4096, backingPageBytes });
      return [start.toString(16), end.toString(16)];
    };
    expect(region(64 * MIB, 4096)).toEqual(["fffbfff000", "fffffff000"]);
    expect(region(64 * MIB, 2 * MIB)).toEqual(["fffbe00000", "ffffe00000"]);
    expect(region(64 * MIB, 1024 * MIB)).toEqual(["ffc0000000", "ffc4000000"]);
  });

  it("has its end after its memory, and refuses what reaches past the top or below the bottom", () => {
    const guest = { ipaBits: 32, memoryBytes: 64 * MIB, guestPageBytes: 4096, backingPageBytes: 4096 };
    expect(memoryRegion({ ...guest, offset: 2 ** 32 - 64 * MIB })).toEqual({
      start: 2 ** 32 - 64 * MIB,
      end: 2 ** 32,
    });
    expect(() => memoryRegion({ ...guest, offset: 2 ** 32 - 64 * MIB + 4096 })).toThrow(
      "memory of 64M at 0xfc001000: does not fit a 32-bit IPA space; expected less memory, or more IPA bits",
    );
    expect(memoryRegion({ ...guest, memoryBytes: 2 ** 32 - 4096 }).start).toBe(0);
    expect(() => memoryRegion({ ...guest, memoryBytes: 2 ** 32 })).toThrow(
      /^memory of 4G: does not fit a 32-bit IPA space; expected less memory, or more IPA bits$/,
    );
  });

  it("takes an offset, aligned down, and refuses memory that does not fit", () => {
    const guest = { ipaBits: 32, memoryBytes: 64 * MIB, guestPageBytes: 4096, backingPageBytes: 2 * MIB };
    expect(memoryRegion({ ...guest, offset: 0x40001000 }).start).toBe(0x40000000);
    expect(() => memoryRegion({ ...guest, offset: 0xffe00000 })).toThrow("memory of 64M at 0xffe00000: does not fit");
    expect(() => memoryRegion({ ...guest, memoryBytes: 4096 * MIB })).toThrow("does not fit a 32-bit IPA space");
  });
});

describe("the flow of the test", () => {
  const names = (options: Partial<TestOptions>) => flowOfTest({ ...plain, ...options }).steps.map(({ name }) => name);

  it("is all that the test's options say", () => {
    expect(flowOfTest({ ...plain, bytesPerVcpu: 2 * MIB, vcpus: 2, memslots: 2, overlap: true, bbm: 2 })).toEqual({
      granule: "4K",
      ipaBits: 40,
      chunk: "2M",
      manual: 3,
      bbm: 2,
      slots: [
        { base: "0xffffa00000", size: "2M", hva: "0x400000000000", backing: [{ map: "2M", size: "2M" }] },
        { base: "0xffffc00000", size: "2M", hva: "0x401000000000", backing: [{ map: "2M", size: "2M" }] },
      ],
      vcpus: 2,
      partitioned: false,
      pagesPerVcpu: 512,
      rule: "hash",
      seed: 1,
      steps: testSteps(plain),
    });
    expect(flowOfTest(plain)).not.toHaveProperty("bbm");
    expect(flowOfTest(plain)).not.toHaveProperty("guestPage");
    expect(flowOfTest({ ...plain, ipaBits: 48 })).not.toHaveProperty("lpa2");
    expect(flowOfTest({ ...plain, ipaBits: 52 }).lpa2).toBe(true);
  });

  it("does each step as the test does it, with accesses after logging is disabled", () => {
    const guest = (name: string, iteration: number, writePercent = 30, order = "random") => ({
      op: "guest",
      name,
      iteration,
      writePercent,
      order,
    });
    const options = { iterations: 1, writePercent: 30, random: true, manual: 3, whileDisabling: false } as const;
    const begin = [guest("populate", 0, 100, "sequential"), { op: "enable", name: "enable" }, guest("dirty1", 1)];
    const manual = [...begin, { op: "get", name: "get1" }, { op: "clear", name: "clear1" }];
    expect(testSteps(options)).toEqual([...manual, { op: "disable", name: "disable" }, guest("after_disable", 2)]);
    expect(testSteps({ ...options, whileDisabling: true })).toEqual([
      ...manual,
      { op: "disable", name: "disable", guests: guest("while_disabling", 2) },
      guest("after_disable", 3),
    ]);
    expect(testSteps({ ...options, manual: 0 }).map(({ op }) => op)).toEqual([
      ...["guest", "enable", "guest", "get", "disable", "guest"],
    ]);
  });

  it("has backing drawn for each slot with a seed of its own, as much of it in blocks as is covered", () => {
    const maps = (options: Partial<TestOptions>) =>
      flowOfTest({ ...plain, memslots: 2, thpCoverage: 0.5, ...options }).slots.map(({ backing }) =>
        JSON.stringify(backing),
      );
    const [first, second] = maps({});
    expect(first).not.toBe(second);
    expect(maps({ seed: 2 })[0]).toBe(second);
    expect(maps({ thpCoverage: 1 })[0]).toBe('[{"map":"2M","size":"32M"}]');
    expect(maps({ thpCoverage: undefined })).toEqual(maps({ thpCoverage: 1 }));
    expect(maps({ thpCoverage: 0 })[0]).toBe('[{"map":"4K","size":"32M"}]');
  });

  it("is aligned to the pages of its backing, which are never smaller than the granule's", () => {
    const base = (backing: string, granule: "4K" | "64K" = "4K", offset = 0x7fff_ffff_f000) =>
      Number(flowOfTest({ ...plain, ipaBits: 48, backing, granule, offset: offset - (offset % 65536) }).slots[0]!.base);
    const aligned = (backing: string, granule: "4K" | "64K", size: number) => {
      expect(base(backing, granule) % size, `${backing} ${granule}`).toBe(0);
      expect(base(backing, granule) % (2 * size), `${backing} ${granule}`).toBe(size);
    };
    aligned("4k", "4K", 65536);
    aligned("thp", "4K", 2 * MIB);
    aligned("mixed", "4K", 2 * MIB);
    aligned("thp", "64K", 512 * MIB);
    aligned("4k", "64K", 65536);
    expect(base("hugetlb-1g") % 2 ** 30).toBe(0);
    expect(base("hugetlb-2m") % 2 ** 30).toBe(2 ** 30 - 2 * MIB);
  });

  it("puts slots larger than 64 GiB further apart, each aligned to its size's power of two", () => {
    const hvas = (gib: number) =>
      flowOfTest({ ...plain, ipaBits: 48, backing: "hugetlb-1g", bytesPerVcpu: gib * 2 ** 30, memslots: 2 }).slots.map(
        ({ hva }) => Number(hva) - 2 ** 46,
      );
    expect([hvas(128), hvas(130), hvas(512)]).toEqual([
      [0, 2 ** 36],
      [0, 2 ** 37],
      [0, 2 ** 38],
    ]);
  });

  it("has the test's phases, and the first accesses afterwards", () => {
    const manual = [
      "populate",
      "enable",
      "dirty1",
      "get1",
      "clear1",
      "dirty2",
      "get2",
      "clear2",
      "disable",
      "after_disable",
    ];
    expect(names({})).toEqual(manual);
    expect(names({ manual: 0, iterations: 3 }).filter((name) => /clear|3/.test(name))).toEqual(["dirty3", "get3"]);
  });

  it("populates by writing every page in order, whatever the options say", () => {
    const { steps } = flowOfTest({ ...plain, random: true });
    expect(steps[0]).toMatchObject({ writePercent: 100, order: "sequential" });
    expect(steps[2]).toMatchObject({ writePercent: 30, order: "random" });
  });

  it("cuts the memory of all vCPUs evenly into slots, each with host memory of its own", () => {
    const { slots, pagesPerVcpu } = flowOfTest({ ...plain, vcpus: 2, memslots: 4 });
    expect(slots.map(({ base }) => base)).toEqual(["0xfff7e00000", "0xfff9e00000", "0xfffbe00000", "0xfffde00000"]);
    expect(new Set(slots.map(({ hva }) => Number(hva) % 2 ** 30))).toEqual(new Set([0]));
    expect(pagesPerVcpu).toBe(16384);
  });

  it("has a page for each of the guest's own pages where they are larger than the granule", () => {
    const input = flowOfTest({ ...plain, guestPageBytes: 65536 });
    const layout = flowLayoutOf(input);
    expect([input.guestPage, input.pagesPerVcpu, layout.passPages]).toEqual(["64K", 1024, 1024]);
    expect(layout.gfnOfGuestPage(3) - layout.gfnOfGuestPage(2)).toBe(16);
  });

  it.each([
    [{ bytesPerVcpu: 5000 }, "-b 5000: not a whole number of pages; expected a multiple of 4K"],
    [{ bytesPerVcpu: 0 }, "-b 0: not a whole number of pages; expected a multiple of 4K, at least one"],
    [
      { memslots: 3 },
      "64M in 3 memslots: cannot be cut evenly into whole pages; expected memory that is a multiple of 12K",
    ],
    [{ guestPageBytes: 65536, bytesPerVcpu: 4096 }, "-b 4K: not a whole number of pages; expected a multiple of 64K"],
    [{ offset: 4097 }, "-p 0x1001: not page-aligned; expected a multiple of 4K"],
    [{ guestPageBytes: 65536, offset: 4096 }, "-p 0x1000: not page-aligned; expected a multiple of 64K"],
    [{ granule: "16K", offset: 4096 }, "-p 0x1000: not page-aligned; expected a multiple of 16K"],
  ] as const)("refuses %j", (options, message) => {
    expect(() => flowOfTest({ ...plain, ...options })).toThrow(message);
  });

  it("refuses chunks that the granule does not have", () => {
    expect(() => flowLayoutOf({ ...flowOfTest(plain), vcpus: 0 })).toThrow("vcpus: is 0; expected at least 1");
    expect(() => flowLayoutOf(flowOfTest({ ...plain, chunk: "8M" }))).toThrow('chunk "8M": the 4K granule has no such');
  });
});

describe("guest modes", () => {
  it("are those of arm64, as the test numbers and prints them", () => {
    expect(guestModeOf(6).label).toBe("PA-bits:40,  VA-bits:48,  4K pages");
    expect(guestModeOf(5).label).toBe("PA-bits:48,  VA-bits:48, 64K pages");
    expect(guestModeOf(0).label).toBe("PA-bits:52,  VA-bits:48,  4K pages");
    expect(GUEST_MODES.every(({ ipaBits }) => ipaBits <= 52)).toBe(true);
    expect(() => guestModeOf(9)).toThrow(
      "-m 9: no arm64 guest mode; expected one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16",
    );
  });

  it("are as the kernel's header has them", () => {
    // enum vm_guest_mode of kvm_util.h; 9, 10 and 11 are of x86 and s390.
    const header = [
      ...["P52V48_4K", "P52V48_16K", "P52V48_64K", "P48V48_4K", "P48V48_16K", "P48V48_64K"],
      ...["P40V48_4K", "P40V48_16K", "P40V48_64K", "PXXV48_4K", "P47V64_4K", "P44V64_4K"],
      ...["P36V48_4K", "P36V48_16K", "P36V48_64K", "P47V47_16K", "P36V47_16K"],
    ];
    expect(GUEST_MODES.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16]);
    for (const { id, ipaBits, vaBits, guestPage } of GUEST_MODES) {
      expect(`P${ipaBits}V${vaBits}_${guestPage}`).toBe(header[id]);
      expect(guestModeOf(id).id).toBe(id);
    }
  });
});

describe("the flow of the test on a scenario", () => {
  const scenario = (map: string, more: object = {}): Arm64Scenario => ({
    granule: "4K",
    ipaBits: 40,
    memslots: [{ base: "0x40000000", segments: [{ map, size: "4M", ...more }] }],
    dirtyLog: { mode: "enable", chunk: "2M" },
  });
  const options = { ...plain, manual: undefined };
  const what = (({ manual: _, ...rest }) => rest)(options);

  it("takes its memory, mode and chunk", () => {
    const input = flowOfScenario(scenario("2M"), what);
    expect([input.manual, input.chunk, input.pagesPerVcpu, input.slots[0]!.base]).toEqual([
      0,
      "2M",
      1024,
      "0x40000000",
    ]);
  });

  it("is all of the scenario that a flow has, with host addresses that agree with the guest's", () => {
    const two = scenario("2M");
    const given: Arm64Scenario = {
      ...two,
      memslots: [
        ...two.memslots,
        {
          base: "0x80200000",
          segments: [
            { map: "4K", size: "1M" },
            { map: "2M", size: "3M" },
          ],
        },
      ],
      dirtyLog: { mode: "clear", chunk: "0", bbm: 2 },
    };
    const { manual: _, ...asked } = { ...plain, vcpus: 4, overlap: true, whileDisabling: true };
    expect(flowOfScenario(given, asked)).toEqual({
      granule: "4K",
      ipaBits: 40,
      chunk: "0",
      manual: 3,
      bbm: 2,
      slots: [
        { base: "0x40000000", size: "4M", hva: "0x400040000000", backing: [{ map: "2M", size: "4M" }] },
        {
          base: "0x80200000",
          size: "4M",
          hva: "0x400080200000",
          backing: [
            { map: "4K", size: "1M" },
            { map: "2M", size: "3M" },
          ],
        },
      ],
      vcpus: 4,
      partitioned: false,
      pagesPerVcpu: 512,
      rule: "hash",
      seed: 1,
      steps: testSteps({ ...asked, manual: 3 }),
    });
    expect(flowOfScenario(given, { ...asked, manual: 0 })).toMatchObject({
      manual: 0,
      steps: testSteps({ ...asked, manual: 0 }),
    });
    expect(flowOfScenario(two, asked)).not.toHaveProperty("bbm");
  });

  it("keeps LPA2 where the scenario has it, and only there", () => {
    expect(flowOfScenario({ ...scenario("2M"), ipaBits: 52, lpa2: true }, what).lpa2).toBe(true);
    expect(flowOfScenario(scenario("2M"), what)).not.toHaveProperty("lpa2");
  });

  it("refuses what the test's guests cannot populate, and vCPUs that cannot share", () => {
    expect(() => flowOfScenario(scenario("hole"), what)).toThrow(
      "memslots[0].segments[0]: is a hole, but the test accesses every page; expected mapped memory",
    );
    expect(() => flowOfScenario(scenario("2M", { writeProtected: true }), what)).toThrow(
      "memslots[0].segments[0]: is write-protected from the start; expected memory as guests populate it",
    );
    expect(() => flowOfScenario(scenario("2M"), { ...what, vcpus: 3 })).toThrow(
      "-v 3: cannot share 1024 pages evenly; expected a divisor of the pages",
    );
    const bad = { ...scenario("2M"), memslots: [{ base: "x", segments: [{ map: "2M", size: "4M" }] }] };
    expect(() => flowOfScenario(bad, what)).toThrow("memslots[0].base");
    bad.memslots[0]!.segments[0]!.size = "much";
    expect(() => flowOfScenario(bad, what)).toThrow("memslots[0].segments[0].size");
  });
});

describe("the flow of the test for any MMU", () => {
  const options = (({ granule: _g, ipaBits: _i, chunk: _c, ...rest }) => ({ ...rest, offset: 0x40000000 }))(plain);

  it("has its memory, vCPUs and steps, and says which memory is of hugetlb pages", () => {
    const of = (backing: string) => guestFlowOf({ ...options, backing, bytesPerVcpu: 4 * MIB, overlap: true });
    expect(of("hugetlb-2m")).toEqual({
      manual: 3,
      slots: [
        {
          base: "0x40000000",
          size: "4M",
          hva: "0x400000000000",
          backing: [{ map: "2M", size: "4M", hugetlb: true }],
        },
      ],
      vcpus: 1,
      partitioned: false,
      pagesPerVcpu: 1024,
      rule: "hash",
      seed: 1,
      steps: testSteps(plain),
    });
    expect(of("thp").slots[0]!.backing).toEqual([{ map: "2M", size: "4M", hugetlb: false }]);
  });

  it("may have its memory anywhere in 48 bits", () => {
    const at = (offset: number) => guestFlowOf({ ...options, offset }).slots[0]!.base;
    expect(at(2 ** 48 - 64 * MIB)).toBe("0xfffffc000000");
    expect(() => at(2 ** 48 - 62 * MIB)).toThrow("does not fit a 48-bit IPA space");
  });
});

describe("a run of the test", () => {
  const input = flowOfTest({ ...plain, bytesPerVcpu: 4 * MIB, backing: "hugetlb-2m" });
  const strategy = strategies[0]!;

  it("tells each step before it runs, and gives all of them with their sums", () => {
    const told: string[] = [];
    const { steps, totals, ...run } = runSelftest(
      { strategy, input },
      { digest: false, onStep: (name) => told.push(name) },
    );
    expect(run).toEqual({ strategy: "baseline", source: strategy.source, chunk: "2M", bbm: null, input });
    expect(told).toEqual(input.steps.map(({ name }) => name));
    const of = (...phases: string[]) =>
      sumOf(steps.filter(({ phase }) => phases.includes(phase)).map((step) => countsOfStep(step)));
    expect(totals).toEqual({
      guest: of("dirty1", "dirty2", "after_disable"),
      ioctl: of("enable", "get1", "clear1", "get2", "clear2", "disable"),
      whole: of(...steps.map(({ phase }) => phase)),
      get: of("get1", "get2"),
      clear: of("clear1", "clear2"),
    });
    expect(Object.keys(totals)).toEqual(TOTALS);
    expect(Number(Object(totals.clear.split).pteStores)).toBeGreaterThan(0);
  });

  it("says how blocks were split, and digests the tree where it is asked to", () => {
    const bbm = runSelftest({ strategy, input: { ...input, bbm: 2 } }, { digest: true });
    expect(bbm.bbm).toBe(2);
    const digests = (digest: boolean) =>
      runSelftest({ strategy, input }, { digest }).steps.filter((step) => JSON.stringify(step).includes("igest"));
    expect(digests(false)).toEqual([]);
    expect(digests(true).length).toBeGreaterThan(0);
  });

  it("counts each step in the totals that it belongs to", () => {
    const { steps } = runSelftest({ strategy, input }, { digest: false });
    const of = (phase: string) => TOTALS.filter((total) => isIn(total, steps.find((step) => step.phase === phase)!));
    expect(["populate", "enable", "dirty1", "get1", "clear2", "disable", "after_disable"].map(of)).toEqual([
      ["whole"],
      ["ioctl", "whole"],
      ["guest", "whole"],
      ["ioctl", "whole", "get"],
      ["ioctl", "whole", "clear"],
      ["ioctl", "whole"],
      ["guest", "whole"],
    ]);
  });

  it("is summed name by name, to any depth, numbers alone", () => {
    expect(
      sumOf([
        { kind: "guest", a: 1, b: { c: 2, d: { e: 3 } }, n: null },
        { a: 10, b: { c: 20, d: { e: 30, f: 7 } }, g: { h: 5 } },
      ]),
    ).toEqual({ a: 11, b: { c: 22, d: { e: 33, f: 7 } }, g: { h: 5 } });
    expect(sumOf([])).toEqual({});
  });
});
