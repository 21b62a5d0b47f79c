import type { PlotOptions } from "@observablehq/plot";
import { type Markup, markup, trusted } from "../markup.js";
import { SvgDocument, type SvgElement } from "./svgDocument.js";

/** The chart library. It is loaded only where something is drawn. */
export type Plot = typeof import("@observablehq/plot");

export function loadPlot(): Promise<Plot> {
  return import("@observablehq/plot");
}

/** What a chart says to those who cannot see it. */
export interface ChartText {
  readonly title: string;
  readonly description: string;
}

/** Width of a chart in its own units, which are about pixels: the column that a phone has. */
export const CHART_WIDTH = 360;

/**
 * Draws a chart as static SVG. Colours are left to the page's style, by class or by variable, so
 * that they follow its scheme.
 */
export function drawChart(plot: Plot, { title, description }: ChartText, options: PlotOptions): Markup {
  const document = new SvgDocument();
  const svg = plot.plot({
    width: CHART_WIDTH,
    ...options,
    document: document as never,
  }) as unknown as SvgElement;
  for (const name of ["class", "aria-label", "font-family", "font-size", "fill"]) svg.removeAttribute(name);
  svg.setAttribute("role", "img");
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const inner = svg.childNodes.map((child) => child.markup()).join("");
  svg.childNodes = [];
  const open = svg.markup().replace(/\/>$/, ">");
  // role="img" takes its name from the first title, and what is in it from nowhere else.
  return markup`${trusted(open)}<title>${title}</title><desc>${description}</desc>${trusted(inner)}</svg>`;
}

/**
 * Room for the longest of some labels at 12 pixels, in an axis to the left; system fonts differ,
 * and this fits the wide ones.
 */
export function labelRoom(labels: readonly string[]): number {
  return Math.ceil(Math.max(...labels.map((label) => label.length)) * 7) + 14;
}

/** Shortens a name from outside to what an axis has room for. */
export function shortName(name: string, max = 22): string {
  return name.length <= max ? name : `${name.slice(0, max - 1)}…`;
}
