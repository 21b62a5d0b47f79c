/**
 * What a counter is: declared once by the MMU that counts it. Tables, exports, comparisons and documentation are made
 * from the declaration, so that a counter has one name, one unit and one meaning everywhere.
 */
export interface CounterDeclaration {
  /** Where the value stands in a run's `counts`, names joined with `/`, as in the golden files: `split/visits/valid`. */
  readonly path: string;
  /** True where the value is an object from level (a decimal string) to count rather than one number. */
  readonly byLevel: boolean;
  /** A short heading: "entries inspected (split)". */
  readonly label: string;
  /** The unit of the value: "entries", "calls", "TLBIs", "pages", "stores". */
  readonly unit: string;
  /**
   * `cost`: more is worse, an increase is a regression. `outcome`: what the work left behind (the final tree): any change
   * is reported, and is a regression where {@link worse} says so.
   */
  readonly role: "cost" | "outcome";
  /** For outcomes: whether "more" is worse (blocks left unsplit) or only "different" is (a digest). */
  readonly worse?: "more" | "different";
  /** What its values are; left out: `count`. A result file with anything else is refused. */
  readonly values?: CounterValues;
  /** One sentence: what is counted, and when. */
  readonly doc: string;
}

/**
 * `count`: whole numbers from 0 to 2^53 - 1. `count-or-none`: null too, for a walk that never ends or is not made. `errno`: 0
 * or a negative errno. `address-or-none`: hexadecimal with `0x`, or null. `digest-or-none`: 64 hexadecimal digits, or null.
 */
export type CounterValues = "count" | "count-or-none" | "errno" | "address-or-none" | "digest-or-none";

/** A tree of counts, as in the golden files: numbers, nulls, hex strings, and objects of these. */
export type Counts = { readonly [name: string]: CountValue };
export type CountValue = number | string | null | Counts;

/** The value at a declaration's path, or undefined where the run has none. */
export function countAt(counts: Counts, path: string): CountValue | undefined {
  let at: CountValue | undefined = counts;
  for (const name of path.split("/")) {
    if (at === null || typeof at !== "object" || !Object.hasOwn(at, name)) return undefined;
    at = at[name];
  }
  return at;
}

/** One number for a counter: the sum over all that stands below its path. Undefined where absent or not a number. */
export function totalAt(counts: Counts, path: string): number | undefined {
  const value = countAt(counts, path);
  return value === undefined ? undefined : sumOf(value);
}

function sumOf(value: CountValue): number | undefined {
  if (typeof value === "number") return value;
  if (value === null || typeof value === "string") return undefined;
  let sum = 0;
  for (const part of Object.values(value)) {
    const partSum = sumOf(part);
    if (partSum === undefined) return undefined;
    sum += partSum;
  }
  return sum;
}
