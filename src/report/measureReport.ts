import type { MeasuredRun, MeasurementFile } from "../measure/schema.js";
import { type PhaseSeries, seriesOf } from "../measure/series.js";
import { isWide, WIDE_SHARE } from "../stats/statistics.js";
import { columnsOf } from "./columns.js";
import { grid } from "./grid.js";
import { noteWords } from "./measureNotes.js";
import type { Style } from "./style.js";
import { formatNs } from "./units.js";
import { wrapLines } from "./wrapLines.js";

/**
 * The report of measured runs: a table for each case and guest mode, what did not work, and what
 * makes figures mean something else than they seem to. All times are the selftest's own.
 */
export function measureReport(file: MeasurementFile, style: Style): string {
  const { chalk } = style;
  const out: string[] = [];
  const series = seriesOf(file);
  for (const { id, command } of file.cases) {
    const runs = file.runs.filter((run) => run.case === id);
    const own = series.filter((one) => one.case === id);
    for (const mode of new Set([
      ...own.map((one) => one.guestMode),
      ...runs.map((run) => run.guestMode?.text ?? null),
    ])) {
      const inMode = runs.filter((run) => (run.guestMode?.text ?? null) === mode);
      out.push(chalk.bold(command === null ? `${id} (command not known)` : id));
      out.push(`${mode ?? "guest mode not known"}; ${tally(inMode)}`);
      if (inMode.length > 1 && file.source === "import") out.push(chalk.dim(`from ${origins(file, inMode)}`));
      const rows = own.filter((one) => one.guestMode === mode);
      if (rows.length > 0) out.push(table(rows, style));
      const notes = new Set(
        inMode.flatMap((run) =>
          run.notes.map(
            (note) => `${run.status === "complete" ? "" : `${label(run)} ${run.status}: `}${noteWords(note)}`,
          ),
        ),
      );
      out.push(...[...notes].map((text) => chalk.yellow(`  note: ${text}`)), "");
    }
  }
  if (series.length > 0) {
    out.push(
      "Times are measured, by the test itself. Interval: 95% confidence of the median; (range) with fewer than 6 " +
        "runs, lowest to highest.",
    );
  }
  if (series.some((one) => one.hasInterval && isWide(one))) {
    out.push(
      `! the interval is wider than ${100 * WIDE_SHARE}% of its median: something else had the machine; make it ` +
        "quiet, or more --runs.",
    );
  }
  if (file.partial) out.push(chalk.yellow("Interrupted: the runs that were planned after this are not there."));
  return `${wrapLines(out.join("\n").trimEnd(), style)}\n`;
}

/** One line per output with lines that could not be read, each named by number. */
export function unreadReport(file: MeasurementFile): string[] {
  return file.outputs.flatMap(({ log, rawFile, unread, unreadCount }) => {
    if (unreadCount === 0) return [];
    const name = log ?? rawFile ?? "output";
    const more = unreadCount > unread.length ? [`${name}: ${unreadCount - unread.length} more lines not read`] : [];
    return [...unread.map(({ line, text }) => `${name} line ${line}: not read: "${text}"`), ...more];
  });
}

function tally(runs: readonly MeasuredRun[]): string {
  const warmups = runs.filter((run) => run.warmup).length;
  const measured = runs.filter((run) => !run.warmup);
  const complete = measured.filter((run) => run.status === "complete").length;
  const parts = [`${complete} ${complete === 1 ? "run" : "runs"}`];
  if (complete < measured.length) parts.push(`${measured.length - complete} not complete, left out`);
  if (warmups > 0) parts.push(`${warmups} warm-up`);
  return parts.join(", ");
}

/**
 * Where runs that are taken together come from: a log may have them from before and after a change.
 */
function origins(file: MeasurementFile, runs: readonly MeasuredRun[]): string {
  const shown = runs.slice(0, 8).map((run) => `${file.outputs[run.output]!.log} line ${run.firstLine}`);
  return `${shown.join(", ")}${runs.length > shown.length ? ` and ${runs.length - shown.length} more` : ""}`;
}

function label(run: MeasuredRun): string {
  if (run.round !== null) return `${run.warmup ? "warm-up" : "run"} ${run.round}`;
  return `run at line ${run.firstLine}`;
}

const ONCE = columnsOf(["phase"], ["time"]);
const REPEATED = columnsOf(["phase"], ["median", "interval", "lowest", "highest"], ["outliers"]);

function table(series: readonly PhaseSeries[], style: Style): string {
  const repeated = series.some((one) => one.samplesNs.length > 1);
  const rows = series.map((one) => {
    const name = one.iteration === null ? one.phase : `${one.phase} ${one.iteration}`;
    if (!repeated) return [name, formatNs(one.medianNs)];
    const [low, high] = one.ci95Ns;
    const interval = `${formatNs(low)} .. ${formatNs(high)}`;
    return [
      name,
      formatNs(one.medianNs),
      one.samplesNs.length === 1 ? "-" : one.hasInterval ? `${interval}${isWide(one) ? " !" : ""}` : `(${interval})`,
      formatNs(one.minNs),
      formatNs(one.maxNs),
      one.outliers.map((i) => formatNs(one.samplesNs[i]!)).join(", "),
    ];
  });
  return grid(repeated ? REPEATED : ONCE, rows, style);
}
