import { parseSize } from "../../guest/sizes.js";
import { memslotsFor } from "../memslots.js";
import { simplerThan } from "../search/simpler.js";
import { homeOf, nearerHome, runsOf, type SlotUnits, shorterRuns, simplerSlots } from "../search/simplerSlots.js";
import { formatGfn, GSTAGE_MODES, MAP_SIZES } from "./geometry.js";
import { layoutOf, parseGfn } from "./layout.js";
import type { RiscvScenario } from "./scenario.js";

const UNITS: SlotUnits = {
  pageBytes: 4096,
  blockPages: 512,
  maps: MAP_SIZES,
  gfnOf: (base) => parseGfn(base, "base"),
  baseOf: formatGfn,
};

/**
 * Scenarios that are simpler to read than this one and can be, the boldest first: fewer memslots,
 * fewer segments, less memory, then less that is unusual (partial masks, clear mode, polls that are
 * true, deeper modes, write-protection, far bases).
 */
export function simplerScenarios(scenario: RiscvScenario): Generator<RiscvScenario> {
  return simplerThan(scenario, { burden, candidates, check: layoutOf });
}

/** What a reader has to take in, by weight: the first that differs decides. */
function burden({ memslots, gstage, dirtyLog, afterDisable }: RiscvScenario): readonly number[] {
  const segments = memslots.flatMap((slot) => slot.segments);
  const runs = runsOf(memslots);
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
    sum(memslots.map(({ base }) => Math.abs(UNITS.gfnOf(base) - homeOf(UNITS)))),
  ];
}

function* candidates(scenario: RiscvScenario): Generator<RiscvScenario> {
  const { memslots, dirtyLog } = scenario;
  for (const simpler of simplerSlots(memslots, UNITS)) yield { ...scenario, memslots: simpler };
  yield* simplerAfter(scenario);
  const { reschedEveryNPolls: _, ...neverResched } = dirtyLog;
  yield { ...scenario, dirtyLog: neverResched };
  const plain = memslotsFor("enable", memslots);
  if (dirtyLog.mode === "clear") yield { ...scenario, memslots: plain, dirtyLog: { ...dirtyLog, mode: "enable" } };
  if (memslots.some(({ dirty }) => dirty !== undefined)) yield { ...scenario, memslots: plain };
  yield { ...scenario, dirtyLog: { ...dirtyLog, eagerSplit: true } };
  for (const gstage of GSTAGE_MODES) yield { ...scenario, gstage };
  for (const nearer of nearerHome(memslots, UNITS)) yield { ...scenario, memslots: nearer };
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
    for (const run of shorterRuns([first, count])) yield withWrites([run]);
  }
}
