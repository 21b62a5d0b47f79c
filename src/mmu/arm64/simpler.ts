import { UserError } from "../../errors.js";
import type { Granule } from "../../guest/geometry.js";
import { legalChunks } from "../../guest/geometry.js";
import { formatAddress, formatSize, parseAddress, parseSize } from "../../guest/sizes.js";
import { layoutOf } from "./layout.js";
import type { Arm64Scenario, DirtyBitmap, Memslot, Segment } from "./scenario.js";

/** Where guests usually begin: the simplest base. */
const HOME = 2 ** 30;

/**
 * Scenarios that are simpler to read than this one and can be, the boldest first: fewer memslots, fewer segments, less memory, then
 * less that is unusual (partial masks, clear mode, other granules and widths, write-protection, odd chunks, far bases).
 * Each is simpler by {@link burden}, so that taking them again and again comes to an end.
 */
export function* simplerScenarios(scenario: Arm64Scenario): Generator<Arm64Scenario> {
  const before = burden(scenario);
  for (const candidate of candidates(scenario)) {
    if (!isLighter(burden(candidate), before)) continue;
    try {
      layoutOf(candidate);
    } catch (error) {
      if (error instanceof UserError) continue;
      throw error;
    }
    yield candidate;
  }
}

/** What a reader has to take in, by weight: the first that differs decides. */
export function burden(scenario: Arm64Scenario): readonly number[] {
  const { memslots, granule, dirtyLog } = scenario;
  const segments = memslots.flatMap((slot) => slot.segments);
  const runs = memslots.flatMap(({ dirty }) => (dirty === undefined ? [] : dirtyRuns(dirty)));
  const [page] = legalChunks(granule);
  return [
    memslots.length,
    segments.length,
    granule === "4K" ? 0 : granule === "16K" ? 1 : 2,
    segments.reduce((sum, { size }) => sum + parseSize(size), 0) / page!,
    memslots.filter(({ dirty }) => dirty !== undefined).length,
    runs.length,
    dirtyLog.mode === "enable" ? 0 : 1,
    segments.filter(({ writeProtected }) => writeProtected === true).length,
    scenario.ipaBits === 40 ? 0 : 1,
    chunkRank(scenario),
    segments.reduce((sum, { map }) => sum + (map === "hole" ? 4 : legalChunks(granule).indexOf(parseSize(map))), 0),
    runs.reduce((sum, run) => sum + run[1]!, 0),
    runs.reduce((sum, run) => sum + run[0]!, 0),
    memslots.reduce((sum, { base }) => sum + Math.abs(parseAddress(base) - HOME), 0),
  ];
}

/** Words count as one run that is longer than any: a mask of single bits is no simple thing to read. */
function dirtyRuns(dirty: DirtyBitmap): readonly (readonly [number, number])[] {
  return "runs" in dirty ? dirty.runs : [[0, 2 ** 40]];
}

function isLighter(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at >= 0 && a[at]! < b[at]!;
}

/** The largest chunk is the default of the command, off comes last. */
function chunkRank({ granule, dirtyLog }: Arm64Scenario): number {
  const bytes = parseSize(dirtyLog.chunk);
  return bytes === 0 ? 9 : 3 - legalChunks(granule).indexOf(bytes);
}

function* candidates(scenario: Arm64Scenario): Generator<Arm64Scenario> {
  const { memslots } = scenario;
  const withSlots = (slots: readonly Memslot[]): Arm64Scenario => ({ ...scenario, memslots: slots });
  if (memslots.length > 1) {
    for (const slot of memslots) yield withSlots([slot]);
    for (const slot of memslots) yield withSlots(memslots.filter((other) => other !== slot));
  }
  for (const [index, slot] of memslots.entries()) {
    for (const simpler of simplerSlots(slot, scenario)) yield withSlots(memslots.with(index, simpler));
  }
  if (scenario.granule !== "4K") yield inGranule4K(scenario);
  const plain = memslots.map(({ base, segments }) => ({ base, segments }));
  if (scenario.dirtyLog.mode === "clear") {
    const { clearRange: _, ...dirtyLog } = scenario.dirtyLog;
    yield { ...scenario, memslots: plain, dirtyLog: { ...dirtyLog, mode: "enable" } };
  }
  if (memslots.some(({ dirty }) => dirty !== undefined)) yield withSlots(plain);
  if (scenario.ipaBits !== 40) yield { ...scenario, ipaBits: 40 };
  for (const chunk of [...legalChunks(scenario.granule)].reverse()) {
    yield { ...scenario, dirtyLog: { ...scenario.dirtyLog, chunk: formatSize(chunk) } };
  }
  yield* nearerHome(scenario);
}

function* simplerSlots(slot: Memslot, scenario: Arm64Scenario): Generator<Memslot> {
  const { segments } = slot;
  const base = parseAddress(slot.base);
  const page = legalChunks(scenario.granule)[0]!;
  const withSegments = (changed: readonly Segment[], moved = 0): Memslot => ({
    ...slot,
    base: formatAddress(base + moved),
    segments: changed,
    ...(slot.dirty === undefined ? {} : { dirty: dirtyWithin(slot, changed, page) }),
  });
  for (const [index, segment] of segments.entries()) {
    if (segments.length === 1) break;
    const rest = segments.filter((_, i) => i !== index);
    // Without a first segment the others keep their addresses; then those before keep theirs.
    if (index === 0) yield withSegments(rest, parseSize(segment.size));
    yield withSegments(rest);
  }
  for (const [index, segment] of segments.slice(1).entries()) {
    const size = formatSize(parseSize(segments[index]!.size) + parseSize(segment.size));
    for (const { map } of [segments[index]!, segment]) {
      yield withSegments([...segments.slice(0, index), { ...segment, map, size }, ...segments.slice(index + 2)]);
    }
  }
  for (const [index, segment] of segments.entries()) {
    for (const bytes of smallerSizes(segment, page)) {
      const changed = segments.with(index, { ...segment, size: formatSize(bytes) });
      yield withSegments(changed);
      if (index === 0) yield withSegments(changed, parseSize(segment.size) - bytes);
    }
    const { writeProtected: _, ...writable } = segment;
    if (segment.writeProtected === true) yield withSegments(segments.with(index, writable));
    for (const map of [...legalChunks(scenario.granule)].reverse()) {
      yield withSegments(segments.with(index, { ...segment, map: formatSize(map) }));
    }
  }
  yield* simplerDirty(slot);
}

/** Less of a segment: one unit of its mapping size, then ever smaller steps down, in units and in pages. */
function* smallerSizes(segment: Segment, page: number): Generator<number> {
  const size = parseSize(segment.size);
  const map = segment.map === "hole" ? page : parseSize(segment.map);
  for (const unit of new Set([map, page])) {
    const units = Math.floor(size / unit);
    if (units * unit < size && units > 0) yield units * unit;
    for (let less = units - 1; less >= 1; less = Math.floor(less / 2)) yield size - less * unit;
  }
}

function* simplerDirty(slot: Memslot): Generator<Memslot> {
  if (slot.dirty === undefined) return;
  const { dirty: _, ...all } = slot;
  yield all;
  if (!("runs" in slot.dirty)) return;
  const { runs } = slot.dirty;
  const withRuns = (changed: readonly (readonly [number, number])[]): Memslot => ({
    ...slot,
    dirty: { runs: changed },
  });
  for (const run of runs) if (runs.length > 1) yield withRuns([run]);
  for (const run of runs) if (runs.length > 1) yield withRuns(runs.filter((other) => other !== run));
  for (const [index, [first, count]] of runs.entries()) {
    if (count > 1) yield withRuns(runs.with(index, [first, 1]));
    for (let less = count - 1; less >= 1; less = Math.floor(less / 2)) {
      yield withRuns(runs.with(index, [first, count - less]));
      yield withRuns(runs.with(index, [first + less, count - less]));
    }
    for (let less = first; less >= 1; less = Math.floor(less / 2))
      yield withRuns(runs.with(index, [first - less, count]));
  }
}

/** The runs that still lie in the slot. */
function dirtyWithin(slot: Memslot, segments: readonly Segment[], page: number): NonNullable<Memslot["dirty"]> {
  const pages = segments.reduce((sum, { size }) => sum + parseSize(size), 0) / page;
  const { dirty } = slot;
  if (dirty === undefined || !("runs" in dirty)) return dirty ?? { runs: [] };
  const runs = dirty.runs
    .filter(([first]) => first < pages)
    .map(([first, count]): [number, number] => [first, Math.min(count, pages - first)]);
  return { runs: runs.length === 0 ? [[0, 1]] : runs };
}

/** The same numbers of blocks and pages with the 4K granule. */
function inGranule4K(scenario: Arm64Scenario): Arm64Scenario {
  const [page, block] = legalChunks(scenario.granule);
  const convert = (bytes: number): number =>
    Math.floor(bytes / block!) * 2 ** 21 + Math.min(2 ** 21, ((bytes % block!) / page!) * 4096);
  const granule: Granule = "4K";
  const map = (name: string): string => (name === "hole" ? name : parseSize(name) === page ? "4K" : "2M");
  const memslots = scenario.memslots.map((slot) => ({
    base: formatAddress(HOME + (convert(parseAddress(slot.base)) % 2 ** 21)),
    segments: slot.segments.map((segment) => ({
      ...segment,
      map: map(segment.map),
      size: formatSize(Math.max(4096, convert(parseSize(segment.size)))),
    })),
  }));
  const chunk = scenario.dirtyLog.chunk === 0 ? 0 : "1G";
  return { ...scenario, granule, memslots, dirtyLog: { ...scenario.dirtyLog, chunk } };
}

/** All slots moved together, to the usual base or to the same place within a smaller alignment. */
function* nearerHome(scenario: Arm64Scenario): Generator<Arm64Scenario> {
  const lowest = Math.min(...scenario.memslots.map(({ base }) => parseAddress(base)));
  const [page, block] = legalChunks(scenario.granule);
  for (const target of [HOME, HOME + (lowest % block!), HOME + (lowest % 2 ** 30), lowest - page!, lowest + page!]) {
    yield {
      ...scenario,
      memslots: scenario.memslots.map((slot) => ({
        ...slot,
        base: formatAddress(Math.max(0, parseAddress(slot.base) + target - lowest)),
      })),
    };
  }
}
