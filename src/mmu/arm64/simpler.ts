import type { Granule } from "../../guest/geometry.js";
import { legalChunks } from "../../guest/geometry.js";
import { formatAddress, formatSize, parseAddress, parseSize } from "../../guest/sizes.js";
import { memslotsFor } from "../memslots.js";
import { simplerThan } from "../search/simpler.js";
import { homeOf, nearerHome, runsOf, type SlotUnits, simplerSlots } from "../search/simplerSlots.js";
import { layoutOf } from "./layout.js";
import type { Arm64Scenario } from "./scenario.js";

/**
 * Scenarios that are simpler to read than this one and can be, the boldest first: fewer memslots,
 * fewer segments, less memory, then less that is unusual (partial masks, clear mode, other granules
 * and widths, write-protection, odd chunks, far bases).
 */
export function simplerScenarios(scenario: Arm64Scenario): Generator<Arm64Scenario> {
  return simplerThan(scenario, { burden, candidates, check: layoutOf });
}

/** What a reader has to take in, by weight: the first that differs decides. */
export function burden(scenario: Arm64Scenario): readonly number[] {
  const { memslots, granule, dirtyLog } = scenario;
  const segments = memslots.flatMap((slot) => slot.segments);
  const runs = runsOf(memslots);
  const units = unitsOf(granule);
  return [
    memslots.length,
    segments.length,
    granule === "4K" ? 0 : granule === "16K" ? 1 : 2,
    segments.reduce((sum, { size }) => sum + parseSize(size), 0) / units.pageBytes,
    memslots.filter(({ dirty }) => dirty !== undefined).length,
    runs.length,
    dirtyLog.mode === "enable" ? 0 : 1,
    segments.filter(({ writeProtected }) => writeProtected === true).length,
    scenario.ipaBits === 40 ? 0 : 1,
    chunkRank(scenario),
    segments.reduce((sum, { map }) => sum + (map === "hole" ? 4 : legalChunks(granule).indexOf(parseSize(map))), 0),
    runs.reduce((sum, [, count]) => sum + count, 0),
    runs.reduce((sum, [first]) => sum + first, 0),
    memslots.reduce((sum, { base }) => sum + Math.abs(units.gfnOf(base) - homeOf(units)), 0),
  ];
}

function unitsOf(granule: Granule): SlotUnits {
  const chunks = legalChunks(granule);
  const [pageBytes, blockBytes] = chunks as [number, number];
  return {
    pageBytes,
    blockPages: blockBytes / pageBytes,
    maps: chunks.map(formatSize).reverse(),
    gfnOf: (base) => parseAddress(base) / pageBytes,
    baseOf: (gfn) => formatAddress(gfn * pageBytes),
  };
}

/** The largest chunk is the default of the command, off comes last. */
function chunkRank({ granule, dirtyLog }: Arm64Scenario): number {
  const bytes = parseSize(dirtyLog.chunk);
  return bytes === 0 ? 9 : 3 - legalChunks(granule).indexOf(bytes);
}

function* candidates(scenario: Arm64Scenario): Generator<Arm64Scenario> {
  const { granule, memslots } = scenario;
  const units = unitsOf(granule);
  for (const simpler of simplerSlots(memslots, units)) yield { ...scenario, memslots: simpler };
  if (granule !== "4K") yield inGranule4K(scenario);
  if (scenario.dirtyLog.mode === "clear") {
    const { clearRange: _, ...dirtyLog } = scenario.dirtyLog;
    yield { ...scenario, memslots: memslotsFor("enable", memslots), dirtyLog: { ...dirtyLog, mode: "enable" } };
  }
  if (memslots.some(({ dirty }) => dirty !== undefined))
    yield { ...scenario, memslots: memslotsFor("enable", memslots) };
  if (scenario.ipaBits !== 40) yield { ...scenario, ipaBits: 40 };
  for (const chunk of units.maps) yield { ...scenario, dirtyLog: { ...scenario.dirtyLog, chunk } };
  for (const nearer of nearerHome(memslots, units)) yield { ...scenario, memslots: nearer };
}

/** The same numbers of blocks and pages with the 4K granule. */
function inGranule4K(scenario: Arm64Scenario): Arm64Scenario {
  const [page, block] = legalChunks(scenario.granule);
  const convert = (bytes: number): number =>
    Math.floor(bytes / block!) * 2 ** 21 + Math.min(2 ** 21, ((bytes % block!) / page!) * 4096);
  const granule: Granule = "4K";
  const map = (name: string): string => (name === "hole" ? name : parseSize(name) === page ? "4K" : "2M");
  const memslots = scenario.memslots.map((slot) => ({
    base: formatAddress(2 ** 30 + (convert(parseAddress(slot.base)) % 2 ** 21)),
    segments: slot.segments.map((segment) => ({
      ...segment,
      map: map(segment.map),
      size: formatSize(Math.max(4096, convert(parseSize(segment.size)))),
    })),
  }));
  const chunk = scenario.dirtyLog.chunk === 0 ? 0 : "1G";
  return { ...scenario, granule, memslots, dirtyLog: { ...scenario.dirtyLog, chunk } };
}
