import { describe, expect, it } from "vitest";
import { flowLayoutOf } from "../mmu/arm64/flowLayout.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { GUEST_MODES, guestModeOf } from "./guestModes.js";
import { memoryRegion } from "./placement.js";
import { flowOfScenario, flowOfTest, type TestOptions } from "./selftest.js";

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

  it("takes an offset, aligned down, and refuses memory that does not fit", () => {
    const guest = { ipaBits: 32, memoryBytes: 64 * MIB, guestPageBytes: 4096, backingPageBytes: 2 * MIB };
    expect(memoryRegion({ ...guest, offset: 0x40001000 }).start).toBe(0x40000000);
    expect(() => memoryRegion({ ...guest, offset: 0xffe00000 })).toThrow("memory of 64M at 0xffe00000: does not fit");
    expect(() => memoryRegion({ ...guest, memoryBytes: 4096 * MIB })).toThrow("does not fit a 32-bit IPA space");
  });
});

describe("the flow of the test", () => {
  const names = (options: Partial<TestOptions>) => flowOfTest({ ...plain, ...options }).steps.map(({ name }) => name);

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
    [{ memslots: 3 }, "64M in 3 memslots: cannot be cut evenly"],
    [{ guestPageBytes: 65536, bytesPerVcpu: 4096 }, "expected a multiple of 64K"],
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
    expect(() => guestModeOf(9)).toThrow("-m 9: no arm64 guest mode; expected one of 0, 1, 2, 3, 4");
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

  it("keeps LPA2 where the scenario has it, and only there", () => {
    expect(flowOfScenario({ ...scenario("2M"), ipaBits: 52, lpa2: true }, what).lpa2).toBe(true);
    expect(flowOfScenario(scenario("2M"), what)).not.toHaveProperty("lpa2");
  });

  it("refuses what the test's guests cannot populate, and vCPUs that cannot share", () => {
    expect(() => flowOfScenario(scenario("hole"), what)).toThrow("memslots[0].segments[0]: is a hole");
    expect(() => flowOfScenario(scenario("2M", { writeProtected: true }), what)).toThrow(
      "memslots[0].segments[0]: is write-protected from the start; expected memory as guests populate it",
    );
    expect(() => flowOfScenario(scenario("2M"), { ...what, vcpus: 3 })).toThrow("-v 3: cannot share 1024 pages evenly");
  });
});
