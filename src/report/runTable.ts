import type { PricedRun } from "../cost/selftestTime.js";
import { parseSize } from "../guest/sizes.js";
import { groupBy, nonEmpty, zip } from "../lists.js";
import type { GuestMode } from "../selftest/guestModes.js";
import { columnsOf } from "./columns.js";
import { grid } from "./grid.js";
import { closingSentence } from "./runClosing.js";
import { comparison } from "./runComparison.js";
import { FIGURES, figureOf, groupsOf, type Row, type RunGroup } from "./runRows.js";
import type { Style } from "./style.js";
import { formatCount, formatNs } from "./units.js";
import { wrapLines } from "./wrapLines.js";

/** What the whole report needs besides the runs. */
export interface RunHeading {
  readonly mode: GuestMode | null;
  readonly iterations: number;
  readonly writePercent: number;
  readonly random: boolean;
  readonly whileDisabling: boolean;
}

/**
 * Everything `s2split run` prints: what the test says of itself, each run by phase, the runs
 * against each other, and what they come to. Runs that count the same share a table.
 */
export function runReport(runs: readonly PricedRun[], heading: RunHeading, style: Style): string {
  const strategies = [...groupBy(runs, (run) => run.strategy).values()];
  const grouped = strategies.map((own) => nonEmpty(groupsOf(own, heading.iterations)));
  const parts = [headingText(nonEmpty(runs)[0], heading), ...grouped.flat().map((group) => detail(group, style))];
  for (const [own, groups] of zip(strategies, grouped)) if (own.length > 1) parts.push(comparison(groups, style));
  parts.push(style.chalk.dim(notes(runs, heading).join("\n")), grouped.map(closingSentence).join("\n"));
  return `${wrapLines(parts.join("\n\n"), style)}\n`;
}

function headingText({ input }: PricedRun, heading: RunHeading): string {
  const starts = input.slots.map((slot) => Number(slot.base));
  const ends = input.slots.map((slot) => Number(slot.base) + parseSize(slot.size));
  const hex = (address: number) => `0x${address.toString(16)}`;
  return [
    `Test iterations: ${heading.iterations}`,
    heading.mode === null
      ? `IPA width ${input.ipaBits}, ${input.guestPage ?? input.granule} guest pages`
      : `Testing guest mode: ${heading.mode.label}`,
    `Random seed: ${hex(input.seed)}`,
    `guest physical test memory: [${hex(Math.min(...starts))}, ${hex(Math.max(...ends))})`,
    `${input.granule} granule; ${input.vcpus} vCPU${input.vcpus === 1 ? "" : "s"}, ${manualWords(input.manual)}`,
  ].join("\n");
}

function manualWords(manual: 0 | 1 | 3): string {
  if (manual === 0) return "no manual protect (-g)";
  return manual === 3 ? "manual protect, initially-all-set" : "manual protect";
}

function detail({ name, runs, phases, totals }: RunGroup, style: Style): string {
  const timed = runs[0].modelled !== null;
  const rowsShown = [...phases, ...totals].filter(isCounted);
  const figures = FIGURES.filter((figure) => rowsShown.some(({ counts }) => figureOf(figure, counts) > 0));
  const columns = columnsOf(["phase"], [...figures.map((figure) => figure.heading), ...(timed ? ["modelled"] : [])]);
  const cells = ({ label, counts, ns }: Row) => [
    label,
    ...figures.map((figure) => formatCount(figureOf(figure, counts))),
    ...(ns === null ? [] : [formatNs(ns)]),
  ];
  const rows = [
    ...phases.filter(isCounted).map(cells),
    ...totals.filter(isCounted).map((row) => cells(row).map((cell) => style.chalk.bold(cell))),
  ];
  const kind = runs[0].chunk === "0" ? "lazy: faults of the guest break the blocks" : "eager";
  const same = runs.length === 1 ? "" : ` (${runs.length === 2 ? "both" : `all ${runs.length}`} count the same)`;
  return `${style.chalk.bold(`${runs[0].strategy}, ${name}`)}, ${kind}${same}\n${grid(columns, rows, style)}`;
}

function isCounted({ counts, ns }: Row): boolean {
  return (ns ?? 0) > 0 || FIGURES.some((figure) => figureOf(figure, counts) > 0);
}

function notes(runs: readonly PricedRun[], heading: RunHeading): string[] {
  const lines = [
    "Counts are exact. broadcast: TLBIs by IPA, each two broadcasts on hardware; ranges: slot flushes and " +
      "collapses; drops: of mmu_lock.",
    "Phases and figures that are 0 throughout are left out.",
  ];
  const [{ input }] = nonEmpty(runs);
  const priced = runs.flatMap(({ modelled }) => modelled ?? []);
  const [modelled] = priced;
  if (modelled !== undefined) {
    const guess = priced.some((one) => one.restsOnAssumptions) ? ", in which some figures are assumed" : "";
    lines.push(
      `Times are modelled with profile ${modelled.profile}${guess} (s2split list profiles --long); of guests, ` +
        `summed over the vCPUs, ${input.vcpus === 1 ? "one" : `all ${input.vcpus}`} issuing TLBIs at once.`,
    );
    const unpriced = new Map(priced.flatMap(({ unpriced }) => unpriced.map((one) => [one.counter, one.label])));
    if (unpriced.size > 0)
      lines.push(`Not included, for the profile has no price for: ${[...unpriced.values()].join("; ")}.`);
  }
  const promised = [
    ...(heading.writePercent > 0 && heading.writePercent < 100
      ? [{ option: `-w ${heading.writePercent}`, fault: "writes every page it touches" }]
      : []),
    ...(heading.random ? [{ option: "-a", fault: "touches one page only" }] : []),
  ];
  if (promised.length > 0) {
    const options = promised.map(({ option }) => option).join(" and ");
    const faults = promised.map(({ fault }) => fault).join(" and ");
    lines.push(
      `${options}: done here as promised; in Linux 7.3 the guest of the real test never gets the seed, and vCPU ` +
        `0 ${faults}.`,
    );
  }
  if (heading.whileDisabling) {
    lines.push("-e: one pass of the guests, spread evenly over the time before, between and after the slots' ioctls.");
  }
  if (runs.some((run) => run.bbm !== null)) {
    lines.push(
      "bbm 2: proposed by Ricardo Koller on 2022-11-12 for CPUs with FEAT_BBM level 2; not in Linux. It changes " +
        "eager splitting only.",
    );
  }
  return lines;
}
