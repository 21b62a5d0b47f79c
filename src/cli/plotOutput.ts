import type { Canvas } from "../report/plot/canvas.js";
import type { Style } from "../report/style.js";
import type { Io } from "./io.js";

/** Of the commands that draw with `--plot`. */
export interface PlotFlags {
  readonly plot?: boolean;
}

type Plots = typeof import("../report/plot/costPlots.js");

/** Prints a drawing of characters, for the terminal that there is. What draws is loaded only here. */
export async function showPlot(io: Io, style: Style, draw: (plots: Plots, canvas: Canvas) => string): Promise<void> {
  const [plots, { canvasFor }] = await Promise.all([
    import("../report/plot/costPlots.js"),
    import("../report/plot/canvas.js"),
  ]);
  const text = draw(plots, canvasFor(style, io.env));
  if (text !== "") io.stdout.write(`\n${text}\n`);
}
