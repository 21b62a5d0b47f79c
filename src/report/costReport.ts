import type { Calibration } from "../cost/calibrate.js";
import type { FitWarning } from "../cost/fitTypes.js";
import type { ProfileListing } from "../cost/listProfiles.js";
import type { SkippedCase } from "../cost/measuredRuns.js";
import { COSTS } from "../cost/profile.js";
import { columnsOf } from "./columns.js";
import { grid } from "./grid.js";
import { phaseTables } from "./phaseTables.js";
import type { Style } from "./style.js";
import { formatCount, formatNs, formatPercent } from "./units.js";
import { wrapLines } from "./wrapLines.js";

/** Every profile with every figure and where it comes from. */
export function profilesReport(profiles: readonly ProfileListing[], style: Style): string {
  return `${wrapLines(profiles.map((profile) => profileText(profile, style)).join("\n\n"), style)}\n`;
}

function profileText(profile: ProfileListing, style: Style): string {
  const rows = profile.figures.map((figure) => {
    const further =
      figure.perFurtherIssuer === null ? "" : ` + ${formatCount(figure.perFurtherIssuer)} for each further issuer`;
    const scale = figure.scale === null ? "" : `, on the assumed scale of ${figure.scale}`;
    return [
      figure.label,
      `${formatCount(figure.value)}${further}`,
      figure.unit,
      `${figure.kind}${scale}`,
      `${figure.how} (${figure.source})`,
    ];
  });
  const includes = profile.figures
    .filter((figure) => figure.includes.length > 0)
    .map((figure) => `  ${figure.label}: includes ${figure.includes.map(labelOf).join("; ")}`);
  return [
    `${style.chalk.bold(profile.name)}: ${profile.summary} (${profile.mmu})`,
    ...(rows.length === 0 ? [] : [grid(columnsOf(["cost"], ["value"], ["unit", "kind", "how"]), rows, style)]),
    ...includes,
    ...(profile.contention === null ? [] : contentionLines(profile.contention)),
    ...profile.notes.map((note) => `  note: ${note}`),
  ].join("\n");
}

/**
 * A machine's guest faults: what one takes alone, and what of it is done for one vCPU at a time.
 */
function contentionLines(contention: NonNullable<ProfileListing["contention"]>): string[] {
  const { alone, parallel, rwlock, spinlock, provenance, fittedTo } = contention;
  const list = (figures: object | undefined) =>
    figures === undefined
      ? []
      : [
          Object.entries(figures)
            .map(([name, ns]) => `${name} ${Number(Number(ns).toPrecision(4))}`)
            .join(", "),
        ];
  return [
    `  guest faults, ns: alone: ${list(alone).join("")}`,
    ...list(parallel).map((text) => `    parallel (kernel 6.2 and later): ${text}`),
    ...list(rwlock).map((text) => `    rwlock (5.18 to 6.1): ${text}`),
    ...list(spinlock).map((text) => `    spinlock (until 5.17): ${text}`),
    `    ${provenance.kind}: ${provenance.how} (${provenance.source})`,
    `    fitted to ${fittedTo.join(", ")}`,
  ];
}

function labelOf(id: string): string {
  return COSTS.find((info) => info.id === id)?.label ?? id;
}

/**
 * A fitted profile: its figures with intervals, how well it models the runs, and what they cannot
 * tell.
 */
export function calibrateReport({ fit, profile, measured }: Calibration, style: Style): string {
  const { chalk } = style;
  const figures = COSTS.flatMap((info) => {
    const figure = profile.costs[info.id];
    if (figure === undefined) return [];
    const further =
      figure.nsPerFurtherIssuer === undefined ? "" : ` (+ ${formatNs(figure.nsPerFurtherIssuer)} a further issuer)`;
    const [low, high] = figure.interval ?? [null, null];
    const interval = low === null ? "none" : `${formatNs(low)} to ${formatNs(high)}`;
    const shown = fit.notSeparate.includes(info.id) ? "not separately determined" : interval;
    return [[info.label, `${formatNs(figure.ns)}${further}`, shown]];
  });
  const shown = [...fit.rows].sort((a, b) => Math.abs(b.errorPercent) - Math.abs(a.errorPercent)).slice(0, MAX_ROWS);
  const rows = fit.rows
    .filter((row) => shown.includes(row))
    .map((row) => ({
      label: row.label,
      cells: [formatNs(row.measuredNs), formatNs(row.modelledNs), errorText(row.errorPercent)],
    }));
  const worst = Math.max(...fit.rows.map((row) => Math.abs(row.errorPercent)));
  const rms = Math.sqrt(fit.rows.reduce((sum, row) => sum + row.errorPercent ** 2, 0) / fit.rows.length);
  const notes: string[] = [];
  if (profile.contention !== undefined) {
    notes.push(
      "vCPUs that wait for each other in faults are a queue in the profile, in place of the costs of a fault and " +
        "a TLBI above:",
      ...contentionLines(profile.contention),
    );
  }
  if (fit.atZero.length > 0) {
    notes.push(`Fitted as 0, and left out of the profile: ${fit.atZero.map(labelOf).join("; ")}.`);
  }
  if (fit.unexercised.length > 0) {
    notes.push(`No run exercises, and the profile lacks: ${fit.unexercised.map(labelOf).join("; ")}.`);
  }
  notes.push(INTERVALS[fit.intervals ?? "none"]);
  notes.push(...warningLines(fit.warnings).map((line) => chalk.yellow(line)));
  notes.push(...skippedLines(measured.skipped).map((line) => chalk.yellow(line)));
  notes.push(...ignoredWrites(measured.ignoredWritePercent).map((line) => chalk.yellow(line)));
  const text = [
    chalk.bold(`Profile ${profile.name}, fitted to ${fit.rows.length} measured phases`),
    grid(columnsOf(["cost"], ["each, derived"], ["95% interval"]), figures, style),
    "",
    chalk.bold(
      fit.rows.length > MAX_ROWS
        ? `Measured and modelled: the ${MAX_ROWS} largest errors of ${fit.rows.length} (all with --json)`
        : "Measured and modelled",
    ),
    "",
    phaseTables(columnsOf([], ["measured", "modelled", "error"]), rows, style),
    "",
    `Root mean square error ${rms.toFixed(1)}%, largest ${worst.toFixed(1)}%.`,
    "",
    ...notes,
  ].join("\n");
  return `${wrapLines(text, style)}\n`;
}

/**
 * What a fit leaves of a phase that has a cost to itself is of floating point: no error to show.
 */
function errorText(percent: number): string {
  return formatPercent(Math.abs(percent) < 1e-4 ? 0 : percent / 100);
}

/** More rows than these are no table to read. */
const MAX_ROWS = 20;

const INTERVALS = {
  samples: "Intervals: refitted 1000 times to medians of samples drawn again from each run's.",
  residuals:
    "Intervals: some runs have fewer than 3 samples, so that the phases were refitted 1000 times with residuals " +
    "of random sign; more --runs give better ones.",
  none: "No intervals: there are no more phases than costs.",
} as const;

function warningLines(warnings: readonly FitWarning[]): string[] {
  const few = warnings.filter((w) => w.code === "few-samples").length;
  const lines = warnings.flatMap(warningLine);
  if (few > 0) lines.push(`${few} ${few === 1 ? "phase has" : "phases have"} fewer than 3 samples.`);
  return lines;
}

function warningLine(warning: FitWarning): string[] {
  switch (warning.code) {
    case "same-counts":
      return [
        `The runs cannot tell "${labelOf(warning.a)}" from "${labelOf(warning.b)}": they always count in the ` +
          "same proportion. " +
          `The first stands for both. ${suggestion(warning.run)}`,
      ];
    case "near-collinear":
      return [
        `The runs hardly tell "${labelOf(warning.a)}" from "${labelOf(warning.b)}" (cosine ` +
          `${warning.cosine.toFixed(4)}): ` +
          `only their sum is sure. ${suggestion(warning.run)}`,
      ];
    case "dependent":
      return [
        `"${labelOf(warning.cost)}" is nearly a combination of other costs (variance inflated ${
          Number.isFinite(warning.inflation) ? `${Math.round(warning.inflation)} times` : "without bound"
        }). ${
          warning.run === null
            ? "No small run of the test would halve that: more varied runs might."
            : `Of small runs of the test this one would lower it most, to about ${Math.max(1, Math.round(warning.run.inflation))} times: ${warning.run.label}.`
        }`,
      ];
    case "few-runs":
      return [`${warning.runs} phases for ${warning.costs} costs: measure more of backing, chunk and mode.`];
    case "few-samples":
      return [];
  }
}

function suggestion(run: string | null): string {
  return run === null ? "No further small run of the test would." : `This run would: ${run}.`;
}

/** One line for each case that could not be used. */
export function skippedLines(skipped: readonly SkippedCase[]): string[] {
  return skipped.map(({ input, case: id, reason }) => `${input}: "${id}" left out: ${whySkipped(reason)}`);
}

/** Where the real guest did not do what its options say. */
export function ignoredWrites(cases: readonly string[]): string[] {
  if (cases.length === 0) return [];
  return [
    `-w had no effect (${cases.join("; ")}): the guest of the real test in Linux 7.3 never gets the seed and ` +
      "writes every page. So is it counted here.",
  ];
}

function whySkipped(reason: SkippedCase["reason"]): string {
  switch (reason.code) {
    case "no-command":
      return "its command is not known";
    case "no-guest-mode":
      return 'it has no "Testing guest mode" line with PA bits and page size';
    case "random-access":
      return "with -a, in Linux 7.3 the guest of the real test never gets the seed, and vCPU 0 touches one page only";
    case "write-percent":
      return (
        "with -w and several vCPUs, in Linux 7.3 the guest of the real test never gets the seed, and vCPU 0 writes " +
        "every page it touches: what the others write is not known"
      );
    case "nested":
      return "nested guests (-n) are not simulated";
    case "no-complete-run":
      return "it has no complete run";
    case "unknown-options":
      return `unknown options ${reason.options.join(" ")}`;
    case "not-simulated":
      return reason.message;
  }
}
