import { formatAddress } from "../../../guest/sizes.js";
import { realRange, ScaledTree, spanWords, treeWords } from "../../exhaustive/scale.js";
import type { TopEntry } from "../../exhaustive/trees.js";
import type { Arm64Scenario } from "../scenario.js";
import type { WrongCase } from "./session.js";

const PAGE_BYTES = 4096;
const BASE = 2 ** 30;
/** Real chunk for a chunk of the small geometry. */
const REAL_CHUNK: Readonly<Record<number, string>> = { 0: "0", 1: "4K", 4: "2M", 16: "1G" };

/**
 * Scenarios at full size that may show what a case of the small geometry shows; whether one does is
 * for the caller to find out. Enabling works on whole memslots, out of which no block sticks: the
 * range is widened to the blocks at its ends.
 */
export function scaledScenarios(tops: readonly TopEntry[], { work, chunk }: WrongCase): Arm64Scenario[] {
  const tree = new ScaledTree(tops);
  const guest = { granule: "4K", ipaBits: 40 } as const;
  const chunkName = REAL_CHUNK[chunk.chunkPages] as string;
  const spans = work.spans.map(realRange);
  const from = tree.widened((spans[0] as readonly [number, number])[0], false);
  const to = tree.widened((spans.at(-1) as readonly [number, number])[1], true);
  const slot = { base: formatAddress(BASE + from * PAGE_BYTES), segments: tree.segments(from, to) };
  const enable: Arm64Scenario = { ...guest, memslots: [slot], dirtyLog: { mode: "enable", chunk: chunkName } };
  const runs = spans.map(([start, end]) => [start - from, Math.min(end, to) - start] as const);
  const clear: Arm64Scenario = {
    ...guest,
    memslots: [{ ...slot, dirty: { runs } }],
    dirtyLog: { mode: "clear", chunk: chunkName },
  };
  return work.mode === "enable" ? [enable, clear] : [clear, enable];
}

/** A case in words: "[hole, pages 0, block, hole], enable 10 to 12, chunk 16, cache 5". */
export function caseWords(tops: readonly TopEntry[], { work, chunk }: WrongCase): string {
  const verb = work.mode === "enable" ? "enable over" : "clear of";
  const spans = work.spans.map(spanWords).join(" and ");
  return `${treeWords(tops)}; ${verb} ${spans}; chunk ${chunk.chunkPages}, cache ${chunk.cacheCapacity}`;
}
