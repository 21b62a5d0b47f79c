import { formatNs } from "../units.js";
import type { Cell } from "./page.js";

/** A change in points, signed. */
export const signed = (points: number): string => `${points > 0 ? "+" : ""}${points.toFixed(1)}`;
export const percentCell = (value: number): Cell => ({ value, text: `${signed(value)}%` });
export const ns = (value: number): Cell => ({ value, text: formatNs(value) });
