import { pagesAt } from "../../x86/pages.js";
import type { WrittenShadowScenario } from "../scenario.js";

const [M2, G1] = [pagesAt(2), pagesAt(3)];

/** First frames of slots: on the grid of 1G frames, of 2M frames, and on neither. */
const BASES = [0, M2, 1, M2 - 1, G1 - M2];
/** SPTEs of one frame: around what a descriptor holds, and around two. */
const COPIES = [1, 2, 13, 14, 15, 28, 29];

/**
 * Guests of the real geometry: slots off the grids, frames with as many SPTEs as fill descriptors,
 * 4K pages beside huge ones.
 */
export function placeScenarios(): WrittenShadowScenario[] {
  return BASES.flatMap((baseGfn, i) =>
    COPIES.flatMap((copies, j) =>
      [1, 2].map((roles): WrittenShadowScenario => {
        const first = Math.ceil(baseGfn / M2) * M2;
        const huge = Array.from({ length: roles }, (_, role) => ({ gfn: first, count: 2, level: 2, role, copies }));
        const small = { gfn: first + M2 - 1, count: 2, level: 1, role: 0, copies: 1 + (j % 2) };
        return {
          mmu: "x86-shadow",
          slot: { baseGfn, npages: first + 2 * M2 + (i % 2) - baseGfn },
          mappings: [...huge, small],
          targetLevel: 1,
          reschedEvery: [0, 2, 5][(i + j) % 3]!,
        };
      }),
    ),
  );
}
