import { type Markup, markup } from "./markup.js";
import type { KeyShape } from "./page.js";

/**
 * Names of the chart library's symbols, told apart without colour; strategy n has the n-th, from
 * the start again beyond.
 */
export const SYMBOLS = ["circle", "square", "triangle", "diamond", "star", "plus", "wye", "times", "asterisk"] as const;

const OUTLINES: readonly string[] = [
  "M9 3a4 4 0 1 1 0 8a4 4 0 1 1 0-8z",
  "M5.5 3.5h7v7h-7z",
  "M9 2.5l4.5 8h-9z",
  "M9 2l3.5 5l-3.5 5l-3.5-5z",
  "M9 2l1.4 3.2 3.4.3-2.6 2.3.8 3.4L9 9.4l-3 1.8.8-3.4L4.2 5.5l3.4-.3z",
  "M9 2.5v9M4.5 7h9",
  "M9 7v4.5M9 7l4-3M9 7l-4-3",
  "M5.5 3.5l7 7M12.5 3.5l-7 7",
  "M9 2.5v9M5 4.5l8 5M13 4.5l-8 5",
];

/** Symbols that are strokes only. */
const OPEN_FROM = 5;

/** A sample of a mark for the key of a picture. */
export function keyMark(mark: string, shape: KeyShape): Markup {
  return markup`<svg class="${mark}" width="18" height="14" viewBox="0 0 18 14" aria-hidden="true">${shapeOf(shape)}</svg>`;
}

function shapeOf(shape: KeyShape): Markup {
  switch (shape) {
    case "box":
      return markup`<rect x="1" y="1" width="16" height="12" class="swatch"/>`;
    case "stripes":
      return markup`<rect x="1" y="1" width="16" height="12" class="stripe-ground"/><path d="M1 13L9 1M7 13L15 1M13 13L17 7" class="stripe-line"/>`;
    case "line":
      return markup`<path d="M1 7h16" class="stroke"/>`;
    case "hollow":
      return markup`<path d="${OUTLINES[0]!}" class="stroke"/>`;
    default: {
      const at = shape % OUTLINES.length;
      return markup`<path d="${OUTLINES[at]!}" class="${at < OPEN_FROM ? "swatch" : "stroke"}"/>`;
    }
  }
}
