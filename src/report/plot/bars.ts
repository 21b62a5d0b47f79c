import { clip } from "../../errors.js";
import { type Canvas, keyText } from "./canvas.js";

export interface BarRow {
  readonly name: string;
  /** Parts of the bar, in order. */
  readonly values: readonly number[];
  /** After the bar's figure: "WRONG". */
  readonly mark?: string;
}

/** Bars of parts, a line each, as wide as the canvas; the parts are named above. */
export function barsText(
  rows: readonly BarRow[],
  parts: readonly string[],
  format: (value: number) => string,
  canvas: Canvas,
): string {
  const { glyphs, columns, style } = canvas;
  const bars = rows.map(({ name, values, mark }) => {
    const total = values.reduce((a, b) => a + b, 0);
    const figure = `${format(total)}${mark === undefined ? "" : ` ${mark}`}`;
    return { name: clip(name, Math.floor(columns / 3)), values, mark, total, figure };
  });
  const nameWidth = Math.max(...bars.map(({ name }) => name.length));
  const room = columns - nameWidth - Math.max(...bars.map(({ figure }) => figure.length)) - 2;
  const max = Math.max(...bars.map(({ total }) => total), Number.MIN_VALUE);
  const key =
    parts.length < 2
      ? []
      : [
          keyText(
            parts.map((part, i) => `${glyphs.parts[i]!.repeat(2)} ${part}`),
            canvas,
          ),
        ];
  const lines = bars.map(({ name, values, mark, figure }) => {
    const bar = barOf(values, (room - 1) / max, canvas);
    return `${name.padStart(nameWidth)} ${bar} ${mark === undefined ? figure : style.chalk.red(figure)}`;
  });
  return [...key, ...lines].join("\n");
}

/**
 * The bar's parts in whole characters, the last with a part of one where there are such characters.
 * Nothing is not drawn, little is.
 */
function barOf(values: readonly number[], scale: number, { glyphs }: Canvas): string {
  let text = "";
  let end = 0;
  for (const [part, value] of values.entries()) {
    end += value * scale;
    const whole = Math.floor(end) - text.length;
    if (whole > 0) text += glyphs.parts[part % glyphs.parts.length]!.repeat(whole);
  }
  const rest = end - text.length;
  if (glyphs.ends.length > 0)
    return (
      text +
      (rest >= 1 / 8
        ? glyphs.ends[Math.min(6, Math.floor(rest * 8) - 1)]!
        : end > 0 && text === ""
          ? glyphs.ends[0]!
          : "")
    );
  return text === "" && end > 0 ? glyphs.parts[values.findIndex((value) => value > 0)]! : text;
}
