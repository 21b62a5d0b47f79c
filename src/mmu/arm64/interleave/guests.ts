import type { Script } from "../../interleave/guests.js";
import type { ChunkAndCache } from "../exhaustive/session.js";

/**
 * The kernel's chunks of one block of either level, with its cache for them (see `CHUNKS` of the
 * exhaustive search).
 */
export const CHUNKS: readonly ChunkAndCache[] = [
  { chunkPages: 4, cacheCapacity: 2 },
  { chunkPages: 16, cacheCapacity: 5 },
];

/** The same of a page. */
export const PAGE_CHUNK: ChunkAndCache = { chunkPages: 1, cacheCapacity: 2 };

/** Masks that begin and end within blocks. */
export const CLEAR_SOME: Script = {
  id: "clear-some",
  words:
    "logging is enabled with all bits set, the log is got, pages 1, 2, 5, 13 and 14 of the slot are cleared, " +
    "then all, and it is got again",
  manual: true,
  steps: ["enable", "get", "clear-some", "clear", "get"],
};
