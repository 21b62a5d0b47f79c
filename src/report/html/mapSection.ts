import { UserError } from "../../errors.js";
import { PAGE_LEVEL } from "../../guest/geometry.js";
import { formatSize } from "../../guest/sizes.js";
import type { Case, Mmu } from "../../mmu/contract.js";
import type { RunResult, ScenarioResult } from "../../results/types.js";
import { columnsOf } from "../columns.js";
import { levelsOf, MapBudget, type MappedStrategy, type MapRow, mappedOf, mapRows } from "../mapRows.js";
import { addressMapSvg } from "./addressMap.js";
import type { Cell, FigureTable, KeyEntry, Section } from "./page.js";

/** Bins of each memslot: about as many as a phone has pixels. */
const BINS = 360;

/**
 * The address map of a case of a result, or nothing where its MMU draws none or drawing would take
 * long. Custom strategies have none: their modules are not in a result.
 *
 * @param id unique within the page
 */
export function addressMapSection(
  scenario: ScenarioResult,
  runs: readonly RunResult[],
  mmu: Mmu,
  id: string,
  budget: MapBudget,
): Section | undefined {
  const mapped = mappedOf(runs, mmu);
  const bound = mapped.length === 0 ? undefined : parsed(scenario, mmu);
  return bound === undefined ? undefined : addressMapOf(bound, scenario.name, mapped, id, budget);
}

/**
 * The scenario of a result file, which may be of another version, or written by hand: then there is
 * no map, and all else is shown.
 */
function parsed({ scenario, id }: ScenarioResult, mmu: Mmu): Case | undefined {
  try {
    return mmu.parse(scenario, id);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/**
 * The address map of a case: guest memory before, and as each strategy leaves it.
 *
 * @param id unique within the page
 */
export function addressMapOf(
  bound: Case,
  name: string,
  mapped: readonly MappedStrategy[],
  id: string,
  budget = new MapBudget(),
): Section | undefined {
  const rows = mapRows(bound, mapped, BINS, budget);
  if (rows.length === 0) return undefined;
  const levelName = levelsOf(bound);
  const levels = [
    ...new Set(rows.flatMap(({ map }) => map.slots.flatMap(({ bins }) => [...bins.before, ...bins.after]))),
  ];
  const wrong = rows.some(({ map }) => map.slots.some(({ bins }) => bins.unsplit.includes(true)));
  const key: KeyEntry[] = levels
    .filter((level) => level >= 0)
    .sort()
    .map((level) => ({ label: `mostly ${levelName(level)}`, mark: `l${Math.min(level, PAGE_LEVEL)}`, shape: "box" }));
  if (levels.includes(-1)) key.push({ label: "mostly nothing mapped", mark: "hole", shape: "box" });
  if (wrong) key.push({ label: "blocks left unsplit", mark: "unsplit", shape: "stripes" });
  key.push({ label: "entries inspected by the split walks: the stronger, the more", mark: "heat", shape: "box" });
  return {
    title: "Address map",
    see: wrong
      ? "Guest memory from left to right: where a strip is striped, blocks that were to be split are still blocks, " +
        "and the thin strip below shows that no walk inspected them."
      : "Guest memory from left to right, before and as each strategy left it; the thin strip below is stronger " +
        "where the split walks inspected more.",
    unit: "bytes of guest memory; entries",
    kind: "exact",
    key,
    figures: [
      {
        title: `Guest memory of ${name}`,
        svg: addressMapSvg(rows, {
          title: `Address map of ${name}`,
          description: describeMap(rows),
          levelName,
          id,
        }),
        wide: true,
      },
    ],
    table: mapTable(rows, levelName),
  };
}

function describeMap(rows: readonly MapRow[]): string {
  return rows.map(({ strategies, verdict: words }) => `${strategies.join(", ")}: ${words}`).join(". ");
}

/** Bins by what maps most of them: the figures of the picture. */
function mapTable(rows: readonly MapRow[], levelName: (level: number) => string): FigureTable {
  const body = rows.flatMap(({ strategies, map }) =>
    map.slots.flatMap(({ baseHex, binBytes, bins }): Cell[][] => {
      const before = tally(bins.before, levelName);
      const after = tally(bins.after, levelName);
      const inspected = bins.inspected.reduce((a, b) => a + b, 0);
      const unsplit = bins.unsplit.filter((left) => left).length;
      return [
        [strategies.join(", "), baseHex, formatSize(binBytes), bins.after.length, before, after, unsplit, inspected],
      ];
    }),
  );
  const columns = columnsOf(
    ["strategy", "memslot", "bin"],
    ["bins"],
    ["before, in bins", "after, in bins"],
    ["bins with unsplit blocks", "entries inspected, split walk"],
  );
  return { columns, rows: body };
}

function tally(levels: readonly number[], levelName: (level: number) => string): string {
  const counts = new Map<number, number>();
  for (const level of levels) counts.set(level, (counts.get(level) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([level, count]) => `${count} of ${level < 0 ? "nothing" : `${levelName(level)}`}`)
    .join(", ");
}
