import type { Canvas } from "../report/plot/canvas.js";
import type { Style } from "../report/style.js";
import type { Io } from "./io.js";

/** Of the commands that draw with `--plot`. */
export interface PlotFlags {
  readonly plot?: boolean;
}

/** Prints a drawing of characters, for the terminal that there is. */
export async function showPlot(io: Io, style: Style, draw: (canvas: Canvas) => string): Promise<void> {
  // Loaded only where something is drawn, as the drawings are.
  const { canvasFor } = await import("../report/plot/canvas.js");
  const text = draw(canvasFor(style, io.env));
  if (text !== "") io.stdout.write(`\n${text}\n`);
}
