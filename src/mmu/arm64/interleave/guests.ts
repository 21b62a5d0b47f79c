import type { ChunkAndCache } from "../exhaustive/session.js";

/** The kernel's chunks of one block of either level, with its cache for them (see `CHUNKS` of the exhaustive search). */
export const CHUNKS: readonly ChunkAndCache[] = [
  { chunkPages: 4, cacheCapacity: 2 },
  { chunkPages: 16, cacheCapacity: 5 },
];
