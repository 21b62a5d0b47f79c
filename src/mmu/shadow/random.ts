import type { Arbitrary } from "fast-check";
import type { FastCheck } from "../contract.js";
import { pagesAt } from "../x86/pages.js";

/** Nested guests whose frames are mapped by several roles, several times, at two levels. */
export function randomShadowScenarios(fc: FastCheck): Arbitrary<object> {
  const npages = 4096;
  const mapping = fc
    .record({
      at: fc.nat(npages - 1),
      level: fc.constantFrom(1, 2),
      count: fc.integer({ min: 1, max: 4 }),
      role: fc.nat(2),
      copies: fc.integer({ min: 1, max: 20 }),
    })
    .map(({ at, level, count, role, copies }) => {
      const pages = pagesAt(level);
      return { gfn: Math.min(Math.floor(at / pages) * pages, npages - count * pages), count, level, role, copies };
    });
  return fc
    .record({ mappings: fc.array(mapping, { maxLength: 8 }), reschedEvery: fc.constantFrom(0, 2, 5) })
    .map((fields) => ({ mmu: "x86-shadow", slot: { baseGfn: 0, npages }, ...fields }));
}
