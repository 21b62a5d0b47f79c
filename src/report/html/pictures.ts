import { readFileSync } from "node:fs";
import { withId } from "../../lists.js";
import type { Case, Mmu } from "../../mmu/contract.js";
import { totalAt } from "../../mmu/counters.js";
import { loadMmu } from "../../mmu/registry.js";
import { verdict } from "../findings.js";
import { levelsOf, MapBudget, mapRows } from "../mapRows.js";
import { addressMapSvg } from "./addressMap.js";
import { pictureStyle } from "./assets.js";
import { partsOf } from "./caseSections.js";
import { loadPlot } from "./charts/draw.js";
import { partsChart } from "./charts/strategies.js";
import { type Markup, markup } from "./markup.js";

/** A picture of the documentation: an SVG file of its own. */
export interface Picture {
  /** Within `docs/`. */
  readonly file: string;
  readonly svg: string;
}

const WIDTH = 860;

/**
 * The pictures that the README begins with, from today's counts: `scripts/pictures.mjs` writes
 * them, and a test holds them to this.
 */
export async function readmePictures(): Promise<readonly Picture[]> {
  const mmu = await loadMmu("arm64");
  const of = (name: string) => {
    const path = new URL(`../../../scenarios/${name}.json`, import.meta.url);
    return mmu.parse(JSON.parse(readFileSync(path, "utf8")), name);
  };
  return [
    { file: "address-map.svg", svg: withKey(faultMap(of("fault-passed-over-1g"), mmu), MAP_KEY) },
    { file: "strategies.svg", svg: withKey(await strategyChart(of("backing-4k"), mmu), partsKey(mmu)) },
  ];
}

/** An entry of a key: the class of its sample, and what it is. */
type Key = readonly (readonly [className: string, label: string])[];

const KEY = 28;

/** A drawing with its key above it, as a file of its own. */
function withKey(drawing: Markup, key: Key): string {
  const height = KEY + Number(/ height="(\d+)"/.exec(drawing.text)![1]);
  let x = 8;
  const entries = key.map(([className, label]) => {
    const at = x;
    x += 30 + 7 * label.length;
    const stripes = className === "unsplit" && markup` fill="url(#fault-s)"`;
    return markup`<rect class="${className}"${stripes} x="${at}" y="7" width="14" height="12"/><text x="${at + 19}" y="17">${label}</text>`;
  });
  return `${markup`<svg width="${WIDTH + 16}" height="${height + 6}" viewBox="0 0 ${WIDTH + 16} ${height + 6}" xmlns="http://www.w3.org/2000/svg">${pictureStyle()}${entries}<svg x="8" y="${KEY}" width="${WIDTH}" height="${height - KEY}">${drawing}</svg></svg>`}\n`;
}

const MAP_KEY: Key = [
  ["l2", "2M blocks"],
  ["l3", "4K pages"],
  ["unsplit", "blocks left unsplit"],
  ["heat", "entries that the split walk inspected: the stronger, the more"],
];

function partsKey(mmu: Mmu): Key {
  return partsOf(mmu).map(({ label }, i) => [`p${i} swatch`, label]);
}

/** What the first proposal passes over, beside what Linux has and one that is right. */
function faultMap(bound: Case, mmu: Mmu): Markup {
  const mapped = ["baseline", "skip-return-rfc", "skip-return"].map((id) => {
    const strategy = withId(mmu.strategies, id);
    const { findings } = bound.run(strategy);
    return { strategy, verdict: verdict(findings, mmu.findingWords), wrong: findings.length > 0 };
  });
  const rows = mapRows(bound, mapped, 360, new MapBudget());
  return addressMapSvg(rows, {
    title: "Guest memory of 1 GiB, pages followed by blocks, before and after three strategies split it",
    description: rows.map((row) => `${row.strategies.join(", ")}: ${row.verdict}`).join(". "),
    levelName: levelsOf(bound),
    id: "fault",
    width: WIDTH,
  });
}

/** What userspace waits for under each strategy, on the memory that gains most. */
async function strategyChart(bound: Case, mmu: Mmu): Promise<Markup> {
  const parts = partsOf(mmu);
  const rows = mmu.strategies.map((strategy) => {
    const { counts, findings } = bound.run(strategy);
    return { name: strategy.id, values: parts.map(({ path }) => totalAt(counts, path)!), wrong: findings.length > 0 };
  });
  const labels = parts.map(({ label }) => label);
  const text = {
    title: `${labels.join(" and ")}, on 1 GiB of 4K pages, by strategy`,
    description: rows.map(({ name, values }) => `${name}: ${values.join(" and ")}`).join("; "),
  };
  return partsChart(await loadPlot(), text, rows, labels, { width: WIDTH });
}
