import fc from "fast-check";
import { expect, it } from "vitest";
import { arm64 } from "./mmu.js";
import type { Arm64Scenario } from "./scenario.js";

it("times the walks that it counts in both modes, as often as wanted, and of enabling the split apart", () => {
  const slots = fc.array(
    fc.record({ map: fc.constantFrom("4K", "2M", "hole"), mib: fc.integer({ min: 1, max: 6 }), dirty: fc.nat(200) }),
    { minLength: 1, maxLength: 3 },
  );
  fc.assert(
    fc.property(slots, fc.constantFrom("enable", "clear"), fc.constantFrom("2M", "0"), (parts, mode, chunk) => {
      const scenario: Arm64Scenario = {
        granule: "4K",
        ipaBits: 40,
        memslots: parts.map(({ map, mib, dirty }, i) => ({
          base: `0x${((128 + 8 * i) * 2 ** 20).toString(16)}`,
          segments: [{ map, size: `${mib}M` }],
          ...(mode === "clear" ? { dirty: { runs: dirty === 0 ? [] : [[dirty, 50] as const] } } : {}),
        })),
        dirtyLog: { mode: mode as "enable" | "clear", chunk },
      };
      const bound = arm64.parse(scenario, "test");
      for (const strategy of arm64.strategies) {
        const { final: _, ...counts } = bound.run(strategy).counts;
        const [part] = bound.timed!(strategy)!.parts;
        expect(part!.phase?.id).toBe(mode === "enable" ? "split" : undefined);
        for (let repeat = 0; repeat < 2; repeat++) {
          let begun = 0;
          part!.reset();
          part!.work(() => begun++);
          expect(begun).toBe(mode === "enable" ? 1 : 0);
          expect(part!.counts()).toEqual(counts);
        }
      }
    }),
    { numRuns: 25, seed: 1 },
  );
});
