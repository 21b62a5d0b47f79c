import { UserError } from "../../errors.js";
import { formatSize, parseSize } from "../../guest/sizes.js";
import { formatGfn, GSTAGE_MODES, MAP_SIZES } from "./geometry.js";
import { layoutOf, parseGfn } from "./layout.js";
import type { RiscvDirty, RiscvMemslot, RiscvScenario, RiscvSegment } from "./scenario.js";

/** Where guests usually begin: the simplest base, in frames. */
const HOME = 2 ** 18;

/**
 * Scenarios that are simpler to read than this one and can be, the boldest first: fewer memslots, fewer segments, less memory, then less
 * that is unusual (partial masks, clear mode, polls that are true, deeper modes, write-protection, far bases). Each is simpler by
 * {@link burden}, so that taking them again and again comes to an end.
 */
export function* simplerScenarios(scenario: RiscvScenario): Generator<RiscvScenario> {
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
export function burden({ memslots, gstage, dirtyLog, afterDisable }: RiscvScenario): readonly number[] {
  const segments = memslots.flatMap((slot) => slot.segments);
  const runs = memslots.flatMap(({ dirty }) => (dirty === undefined ? [] : runsOf(dirty)));
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  return [
    memslots.length,
    segments.length,
    sum(segments.map(({ size }) => parseSize(size) / 4096)),
    afterDisable === undefined ? 0 : 1 + afterDisable.writes.length,
    memslots.filter(({ dirty }) => dirty !== undefined).length,
    runs.length,
    dirtyLog.reschedEveryNPolls === undefined ? 0 : 1,
    dirtyLog.mode === "enable" ? 0 : 1,
    dirtyLog.eagerSplit ? 0 : 1,
    segments.filter(({ writeProtected }) => writeProtected === true).length,
    GSTAGE_MODES.indexOf(gstage),
    sum(segments.map(({ map }) => (map === "hole" ? MAP_SIZES.length : MAP_SIZES.indexOf(map)))),
    sum((afterDisable?.writes ?? []).map(([first, count]) => first + count)),
    afterDisable?.backing === "thp" ? 1 : 0,
    sum(runs.map(([, count]) => count)),
    sum(runs.map(([first]) => first)),
    sum(memslots.map(({ base }) => Math.abs(parseGfn(base, "base") - HOME))),
  ];
}

/** Words count as one run that is longer than any: a mask of single bits is no simple thing to read. */
function runsOf(dirty: RiscvDirty): readonly (readonly [number, number])[] {
  return "runs" in dirty ? dirty.runs : [[0, 2 ** 40]];
}

function isLighter(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at >= 0 && a[at]! < b[at]!;
}

function* candidates(scenario: RiscvScenario): Generator<RiscvScenario> {
  const { memslots, dirtyLog } = scenario;
  const withSlots = (slots: readonly RiscvMemslot[]): RiscvScenario => ({ ...scenario, memslots: slots });
  if (memslots.length > 1) {
    for (const slot of memslots) yield withSlots([slot]);
    for (const slot of memslots) yield withSlots(memslots.filter((other) => other !== slot));
  }
  for (const [index, slot] of memslots.entries()) {
    for (const simpler of simplerSlots(slot)) yield withSlots(memslots.with(index, simpler));
  }
  yield* simplerAfter(scenario);
  const { reschedEveryNPolls: _, ...neverResched } = dirtyLog;
  yield { ...scenario, dirtyLog: neverResched };
  const plain = memslots.map(({ base, segments }) => ({ base, segments }));
  if (dirtyLog.mode === "clear") yield { ...scenario, memslots: plain, dirtyLog: { ...dirtyLog, mode: "enable" } };
  if (memslots.some(({ dirty }) => dirty !== undefined)) yield withSlots(plain);
  yield { ...scenario, dirtyLog: { ...dirtyLog, eagerSplit: true } };
  for (const gstage of GSTAGE_MODES) yield { ...scenario, gstage };
  yield* nearerHome(scenario);
}

function* simplerAfter({ afterDisable, ...scenario }: RiscvScenario): Generator<RiscvScenario> {
  if (afterDisable === undefined) return;
  yield scenario;
  const withWrites = (writes: readonly (readonly [number, number])[]): RiscvScenario => ({
    ...scenario,
    afterDisable: { ...afterDisable, writes },
  });
  yield withWrites([]);
  yield { ...scenario, afterDisable: { ...afterDisable, backing: "hugetlb" } };
  for (const [first, count] of afterDisable.writes) {
    for (const page of new Set([0, 1, first + count - 1])) yield withWrites([[page, 1]]);
    for (let less = count - 1; less >= 1; less = Math.floor(less / 2)) {
      yield withWrites([[first, count - less]]);
      yield withWrites([[first + less, count - less]]);
    }
    for (let less = first; less >= 1; less = Math.floor(less / 2)) yield withWrites([[first - less, count]]);
  }
}

function* simplerSlots(slot: RiscvMemslot): Generator<RiscvMemslot> {
  const { segments } = slot;
  const base = parseGfn(slot.base, "base");
  const withSegments = (changed: readonly RiscvSegment[], movedBytes = 0): RiscvMemslot => ({
    ...slot,
    base: formatGfn(base + movedBytes / 4096),
    segments: changed,
    ...(slot.dirty === undefined ? {} : { dirty: dirtyWithin(slot.dirty, changed) }),
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
    for (const bytes of smallerSizes(segment)) {
      const changed = segments.with(index, { ...segment, size: formatSize(bytes) });
      yield withSegments(changed);
      if (index === 0) yield withSegments(changed, parseSize(segment.size) - bytes);
    }
    const { writeProtected: _, ...writable } = segment;
    if (segment.writeProtected === true) yield withSegments(segments.with(index, writable));
    for (const map of MAP_SIZES) yield withSegments(segments.with(index, { ...segment, map }));
  }
  yield* simplerDirty(slot);
}

/** Less of a segment: one unit of its mapping size, then ever smaller steps down, in units and in pages. */
function* smallerSizes(segment: RiscvSegment): Generator<number> {
  const size = parseSize(segment.size);
  const map = segment.map === "hole" ? 4096 : parseSize(segment.map);
  for (const unit of new Set([map, 4096])) {
    const units = Math.floor(size / unit);
    if (units * unit < size && units > 0) yield units * unit;
    for (let less = units - 1; less >= 1; less = Math.floor(less / 2)) yield size - less * unit;
  }
}

function* simplerDirty(slot: RiscvMemslot): Generator<RiscvMemslot> {
  if (slot.dirty === undefined) return;
  const { dirty: _, ...all } = slot;
  yield all;
  if (!("runs" in slot.dirty)) return;
  const { runs } = slot.dirty;
  const withRuns = (changed: readonly (readonly [number, number])[]): RiscvMemslot => ({
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
function dirtyWithin(dirty: RiscvDirty, segments: readonly RiscvSegment[]): RiscvDirty {
  if (!("runs" in dirty)) return dirty;
  const pages = segments.reduce((sum, { size }) => sum + parseSize(size) / 4096, 0);
  const runs = dirty.runs
    .filter(([first]) => first < pages)
    .map(([first, count]): [number, number] => [first, Math.min(count, pages - first)]);
  return { runs: runs.length === 0 ? [[0, 1]] : runs };
}

/** All slots moved together, to the usual base or to the same place within a smaller alignment. */
function* nearerHome(scenario: RiscvScenario): Generator<RiscvScenario> {
  const bases = scenario.memslots.map(({ base }) => parseGfn(base, "base"));
  const lowest = Math.min(...bases);
  for (const target of [HOME, HOME + (lowest % 512), HOME + (lowest % HOME), lowest - 1, lowest + 1]) {
    const memslots = scenario.memslots.map((slot, i) => ({
      ...slot,
      base: formatGfn(Math.max(0, bases[i]! + target - lowest)),
    }));
    yield { ...scenario, memslots };
  }
}
