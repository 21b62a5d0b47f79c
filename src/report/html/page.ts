import type { TableColumn } from "../columns.js";
import type { Markup } from "./markup.js";

/**
 * A report as data: what commands and result files become before anything is HTML. Texts are plain
 * and come from anywhere; the renderer escapes them. Figures are SVG that this project has made.
 */
export interface Page {
  readonly title: string;
  /** What the reader has before them, in a sentence or two. */
  readonly lead: string;
  /** Where it comes from: tool, time, host, options. */
  readonly facts: readonly Fact[];
  readonly groups: readonly Group[];
  /** What holds for all of it: what kind of figures these are. */
  readonly notes: readonly string[];
}

export interface Fact {
  readonly name: string;
  readonly value: string;
}

/** Pictures of one thing: a case, a comparison. With more than one group the page has an index. */
export interface Group {
  readonly title: string;
  readonly lead?: string;
  /** What is wrong with it, in the index and below the title. */
  readonly alarms?: readonly string[];
  /** What an alarm is, in a word; default WRONG. */
  readonly alarmWord?: string;
  readonly sections: readonly Section[];
}

/**
 * How a figure was got. `exact` and `modelled` are the same on every machine; `measured` is of one
 * host.
 */
export type Kind = "exact" | "measured" | "modelled";

/**
 * One picture: what to see in it, its unit and kind, the drawing, and the figures that it is drawn
 * from.
 */
export interface Section {
  readonly title: string;
  /** One sentence. */
  readonly see: string;
  readonly unit: string;
  readonly kind: Kind;
  readonly key?: readonly KeyEntry[];
  readonly figures?: readonly Figure[];
  readonly warnings?: readonly string[];
  readonly table?: FigureTable;
  /** Whether the table is shown rather than folded: where it is the picture. */
  readonly open?: boolean;
  /** Text that is shown as it is: a scenario to copy. */
  readonly listing?: string;
  /** What the page's script needs for stepping; the picture stands without it. */
  readonly steps?: Markup;
}

export interface Figure {
  /** Above the drawing; the SVG's title too. */
  readonly title: string;
  readonly svg: Markup;
  /** The same on a linear scale where `svg` has a log scale: the script offers both. */
  readonly linear?: Markup;
  /** Takes the whole width rather than a column. */
  readonly wide?: boolean;
}

/**
 * An entry of a key. Marks of the figures that carry the class `name` can be hidden where `hides`.
 */
export interface KeyEntry {
  readonly label: string;
  /** Class of the marks: `s0` to `s8` by strategy, `p0`.. by part, `l1`.. by level. */
  readonly mark: string;
  readonly shape: KeyShape;
  readonly hides?: boolean;
}

export type KeyShape = "box" | "line" | "hollow" | "stripes" | number;

export interface FigureTable {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A number is shown with its digits grouped; `null` is not there. */
export type Cell = string | number | null | FigureCell;

export interface FigureCell {
  readonly value: number;
  readonly text: string;
}
