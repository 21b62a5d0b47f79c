import { REAL_ENTRIES, REAL_ENTRY, realPage } from "../../exhaustive/scale.js";
import { BLOCK_PAGES, TOP_PAGES } from "../../exhaustive/trees.js";
import type { GStageRules, SplitStep } from "../strategy.js";

const REAL_TOP = REAL_ENTRIES * REAL_ENTRIES;

/**
 * Rules for the small geometry: a strategy's own `next` is written for tables of 512 entries, and
 * goes on seeing those. What it answers is where the loop would come to next of what the small
 * geometry has: it goes over the entries between without a stop.
 */
export function smallRules(rules: GStageRules): GStageRules {
  const { next } = rules;
  if (next === undefined) return rules;
  const seen = { gfn: 0, endGfn: 0, emptyLevel: 0, splits: 0 };
  return {
    ...rules,
    next: ({ gfn, endGfn, emptyLevel, splits }: SplitStep) => {
      Object.assign(seen, { gfn: realPage(gfn), endGfn: realPage(endGfn - 1) + 1, emptyLevel, splits });
      return smallFrame(next(seen));
    },
  };
}

/**
 * The frame for a page at full size; for one between entries that the small geometry has, the same
 * page of the next entry.
 */
function smallFrame(page: number): number {
  const top = Math.floor(page / REAL_TOP) * TOP_PAGES;
  const entry = Math.floor(page / REAL_ENTRIES) % REAL_ENTRIES;
  return top + entryFrom(entry) * BLOCK_PAGES + entryFrom(page % REAL_ENTRIES);
}

function entryFrom(real: number): number {
  return REAL_ENTRY.findIndex((entry) => entry >= real);
}
