import type { Advice } from "../../advise/advise.js";
import { isRight } from "../../advise/row.js";
import type { PricedRun } from "../../cost/selftestTime.js";
import type { Validation } from "../../cost/validate.js";
import { caseName, FIGURES, figureOf } from "../runRows.js";
import { formatNs } from "../units.js";
import { barsText } from "./bars.js";
import type { Canvas } from "./canvas.js";

/** Who waits for what in the selftest: bars of ioctls and guests, a drawing a figure. */
export function runPlot(runs: readonly PricedRun[], canvas: Canvas): string {
  const parts = ["in ioctls", "in guests"];
  const strategies = new Set(runs.map(({ strategy }) => strategy));
  const nameOf = (run: PricedRun) => (strategies.size > 1 ? `${run.strategy}, ${caseName(run)}` : caseName(run));
  const counted = FIGURES.filter((figure) =>
    runs.some(({ totals }) => figureOf(figure, totals.ioctl) + figureOf(figure, totals.guest) > 0),
  );
  const drawings = counted.map((figure) => {
    const rows = runs.map((run) => ({
      name: nameOf(run),
      values: [figureOf(figure, run.totals.ioctl), figureOf(figure, run.totals.guest)],
    }));
    return `${canvas.style.chalk.bold(figure.title)}\n${barsText(rows, parts, String, canvas)}`;
  });
  const timed = runs.flatMap((run) => {
    if (run.modelled === null) return [];
    const { ioctl, guest } = run.modelled.totalsNs;
    return [{ name: nameOf(run), values: [ioctl, guest] }];
  });
  if (timed.length === runs.length)
    drawings.push(`${canvas.style.chalk.bold("modelled time")}\n${barsText(timed, parts, formatNs, canvas)}`);
  return drawings.join("\n\n");
}

/** What each choice costs, by who pays; wrong ones are left out. */
export function advisePlot(advice: Advice, canvas: Canvas): string {
  const strategies = new Set(advice.rows.map(({ strategy }) => strategy));
  const rows = advice.rows.filter(isRight).map((row) => {
    const choice = `${row.mode}, ${row.chunk === "0" ? "off" : row.chunk}`;
    return {
      name: strategies.size > 1 ? `${row.strategy}, ${choice}` : choice,
      values: [row.enableNs, row.firstClearNs ?? 0, row.guest.vcpuNs],
    };
  });
  if (rows.length === 0) return "";
  return barsText(rows, ["enabling", "first clear", "first pass of all vCPUs"], formatNs, canvas);
}

/** Published and modelled changes, a pair of bars a row: how much of the time is left. */
export function validatePlot({ split }: Validation, canvas: Canvas): string {
  return split
    .map(({ series, rows }) => {
      const bars = rows.flatMap((row) => {
        const name = `${row.mode} ${row.backing}`;
        return [
          { name: `${name}, published`, values: [100 + row.publishedPercent] },
          { name: `${row.role}, modelled`, values: [100 + row.modelledPercent] },
        ];
      });
      const title = `${series.author}, ${series.date}: time under ${series.strategy}, per cent of baseline's`;
      return `${canvas.style.chalk.bold(title)}\n${barsText(bars, [], (value) => `${value.toFixed(1)}%`, canvas)}`;
    })
    .join("\n\n");
}
