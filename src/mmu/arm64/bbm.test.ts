import { describe, expect, it } from "vitest";
import { totalAt } from "../counters.js";
import { arm64 } from "./mmu.js";
import type { Arm64Scenario } from "./scenario.js";
import { strategies } from "./strategies/index.js";

const baseline = strategies.find(({ id }) => id === "baseline")!;

function scenario(map: string, size: string, chunk: string, mode: "enable" | "clear", bbm?: 2): Arm64Scenario {
  const memslots = [{ base: "0x40000000", segments: [{ map, size }] }];
  return { granule: "4K", ipaBits: 40, memslots, dirtyLog: { mode, chunk, ...(bbm === undefined ? {} : { bbm }) } };
}

describe("replacing blocks without break-before-make (proposed)", () => {
  it.each([
    ["2M", "64M", "2M", "enable", 32],
    ["2M", "64M", "1G", "clear", 32],
    ["1G", "1G", "1G", "enable", 1],
    ["1G", "1G", "2M", "clear", 513],
  ] as const)(
    "%s blocks of %s, chunk %s, %s: one store a block, no TLBI, the same tree",
    (map, size, chunk, mode, blocks) => {
      const bbm1 = arm64.parse(scenario(map, size, chunk, mode), "test").run(baseline);
      const bbm2 = arm64.parse(scenario(map, size, chunk, mode, 2), "test").run(baseline);
      expect(bbm2.findings).toEqual([]);
      expect(totalAt(bbm1.counts, "split/tlbi")).toBe(blocks);
      expect(totalAt(bbm1.counts, "split/pteStores")).toBe(2 * blocks);
      expect(totalAt(bbm2.counts, "split/tlbi")).toBe(0);
      expect(totalAt(bbm2.counts, "split/pteStores")).toBe(blocks);
      for (const path of ["final/tables", "split/visits", "split/inspected", "split/nested", "split/topupPages"]) {
        expect(totalAt(bbm2.counts, path)).toBe(totalAt(bbm1.counts, path));
      }
      expect((bbm2.counts.final as { digest: string }).digest).toBe((bbm1.counts.final as { digest: string }).digest);
    },
  );

  it("is read from scenario files, told from the kernel's in a case's variables, and refused where it is not 2", () => {
    const value = scenario("2M", "64M", "2M", "enable", 2);
    expect(arm64.parse(value, "file").scenario).toMatchObject({ dirtyLog: { bbm: 2 } });
    expect(arm64.parse(value, "test").variables).toEqual({ chunk: "2M", bbm: "2-proposed" });
    expect(arm64.parse(scenario("2M", "64M", "2M", "enable"), "test").variables).toEqual({ chunk: "2M" });
    const wrong = { ...value, dirtyLog: { ...value.dirtyLog, bbm: 1 } };
    expect(() => arm64.parse(wrong, "file")).toThrow("file.dirtyLog.bbm: is 1; expected");
  });
});
