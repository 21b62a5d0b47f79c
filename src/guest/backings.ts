import { badInput, clip, unknownName } from "../errors.js";
import { seededRandom } from "../stats/random.js";
import { type Granule, legalChunks } from "./geometry.js";
import type { Segment } from "./segment.js";
import { formatSize, parseSize } from "./sizes.js";

/**
 * How host memory backs a guest, and so how large the leaves of its stage-2 are before dirty
 * logging.
 */
export interface Backing {
  readonly id: string;
  readonly summary: string;
  /** The names that dirty_log_perf_test's -s has for it. */
  readonly testNames: readonly string[];
}

export const backings: readonly Backing[] = [
  { id: "4k", summary: "pages only (of the granule)", testNames: ["anonymous", "shmem"] },
  {
    id: "thp",
    summary: "transparent huge pages: level-2 blocks (2M at 4K); see --thp-coverage",
    testNames: ["anonymous_thp"],
  },
  {
    id: "hugetlb-2m",
    summary: "2M hugetlb pages",
    testNames: ["anonymous_hugetlb", "anonymous_hugetlb_2mb", "shared_hugetlb"],
  },
  { id: "hugetlb-1g", summary: "1G hugetlb pages", testNames: ["anonymous_hugetlb_1gb"] },
  {
    id: "mixed",
    summary: "half in the largest blocks, a quarter in pages, a quarter in level-2 blocks",
    testNames: [],
  },
];

/** What is simulated where no backing is named. */
export const DEFAULT_BACKINGS: readonly string[] = ["4k", "thp", "hugetlb-1g"];

/** hugetlb sizes that the test has names for, and that a host may have. */
const HUGETLB = /^(?:anonymous_hugetlb_|hugetlb-)(\d+)([kmg])b?$/;

/**
 * The canonical name of a backing: one of {@link backings}, or `hugetlb-<size>`.
 *
 * @throws UserError for an unknown name, with the nearest known one
 */
export function backingNamed(name: string): string {
  const lower = name.trim().toLowerCase();
  const found = backings.find((backing) => backing.id === lower || backing.testNames.includes(lower));
  if (found !== undefined) return found.id;
  const match = HUGETLB.exec(lower);
  if (match !== null) return `hugetlb-${Number(match[1])}${match[2]}`;
  throw unknownName("backing", name, [...backings.map((b) => b.id), ...backings.flatMap((b) => b.testNames)]);
}

/** The largest mapping of the granule that a host page of this size allows. */
function mapFor(granule: Granule, hostPageBytes: number): string {
  const fitting = legalChunks(granule).filter((size) => size <= hostPageBytes);
  return formatSize(fitting.at(-1) ?? legalChunks(granule)[0]);
}

/**
 * The segments of so many bytes of memory with this backing.
 *
 * @param coverage for thp: the share of the level-2 regions that are one block, 0 to 1; the rest
 *   are pages
 * @param seed which regions those are
 */
export function segmentsFor(
  backing: string,
  bytes: number,
  granule: Granule,
  coverage: number,
  seed: number,
): Segment[] {
  const [page, block] = legalChunks(granule).map(formatSize) as [string, string];
  const size = formatSize(bytes);
  switch (backing) {
    case "4k":
      return [{ map: page, size }];
    case "thp":
      return coverage >= 1 ? [{ map: block, size }] : coveredSegments(bytes, granule, coverage, seed);
    case "mixed": {
      const largest = formatSize(Math.max(...legalChunks(granule)));
      const [, blockBytes] = legalChunks(granule);
      const quarter = Math.floor(bytes / 4 / blockBytes) * blockBytes;
      if (quarter === 0) throw badInput(`memory ${size}`, "too small for mixed backing", `at least 4 x ${block}`);
      return [
        { map: largest, size: formatSize(bytes - 2 * quarter) },
        { map: page, size: formatSize(quarter) },
        { map: block, size: formatSize(quarter) },
      ];
    }
    default: {
      const match = HUGETLB.exec(backing);
      if (match === null) throw badInput(`backing "${clip(backing)}"`, "unknown", backings.map((b) => b.id).join(", "));
      return [{ map: mapFor(granule, parseSize(`${match[1]}${match[2]}`)), size }];
    }
  }
}

/**
 * Exactly round(coverage x regions) level-2 regions are blocks, drawn without replacement; equal
 * neighbours are one segment.
 */
function coveredSegments(bytes: number, granule: Granule, coverage: number, seed: number): Segment[] {
  const [pageBytes, regionBytes] = legalChunks(granule) as [number, number];
  const regions = Math.floor(bytes / regionBytes);
  let blocksLeft = Math.round(coverage * regions);
  const next = seededRandom(seed);
  const segments: Segment[] = [];
  let map = "";
  let run = 0;
  const close = () => {
    if (run > 0) segments.push({ map, size: formatSize(run) });
  };
  for (let region = 0; region < regions; region++) {
    const isBlock = next() * (regions - region) < blocksLeft;
    if (isBlock) blocksLeft--;
    const thisMap = formatSize(isBlock ? regionBytes : pageBytes);
    if (thisMap !== map) {
      close();
      map = thisMap;
      run = 0;
    }
    run += regionBytes;
  }
  close();
  const rest = bytes - regions * regionBytes;
  if (rest > 0) segments.push({ map: formatSize(pageBytes), size: formatSize(rest) });
  return segments;
}
