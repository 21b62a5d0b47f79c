/**
 * What a counter is: declared once by the MMU that counts it. Tables, exports, comparisons and
 * documentation are made from the declaration, so that a counter has one name, one unit and one
 * meaning everywhere.
 */
export interface CounterDeclaration {
  /**
   * Where the value stands in a run's `counts`, names joined with `/`, as in the golden files:
   * `split/visits/valid`.
   */
  readonly path: string;
  /**
   * True where the value is an object from level (a decimal string) to count rather than one
   * number.
   */
  readonly byLevel: boolean;
  /** A short heading: "entries inspected (split)". */
  readonly label: string;
  /** The unit of the value: "entries", "calls", "TLBIs", "pages", "stores". */
  readonly unit: string;
  /**
   * `cost`: more is worse, an increase is a regression. `outcome`: what the work left behind (the
   * final tree): any change is reported, and is a regression where {@link worse} says so.
   */
  readonly role: "cost" | "outcome";
  /**
   * For outcomes: whether "more" is worse (blocks left unsplit) or only "different" is (a digest).
   */
  readonly worse?: "more" | "different";
  /** What its values are; left out: `count`. A result file with anything else is refused. */
  readonly values?: CounterValues;
  /**
   * The path of a counter that this one never exceeds, level by level: a result file where it does
   * contradicts itself, and is refused.
   */
  readonly upTo?: string;
  /** One sentence: what is counted, and when. */
  readonly doc: string;
}

/**
 * `count`: whole numbers from 0 to 2^53 - 1. `count-or-none`: null too, for a walk that never ends
 * or is not made. `errno`: 0 or a negative errno. `address-or-none`: hexadecimal with `0x`, or
 * null. `digest-or-none`: 64 hexadecimal digits, or null.
 */
export type CounterValues = "count" | "count-or-none" | "errno" | "address-or-none" | "digest-or-none";

/**
 * How a change of a counter is judged: `cost`, or an outcome of which `more` or anything
 * `different` is worse.
 */
export type Judgement = "cost" | "more" | "different";

type Storage = "number" | "number-or-none" | "levels" | "text" | "derived";

/** A line of a {@link CounterTable}: a declaration, and how its value is stored. */
export interface Counter<S extends Storage = Storage> extends CounterDeclaration {
  readonly storage: S;
  /** False for what only the engine looks at: it is stored, but stands in no result. */
  readonly told: boolean;
  /** False for what stands in results, as in the golden files, and is no counter of the MMU. */
  readonly declared: boolean;
  /** Where nothing is stored: the value, from the other fields of the table. */
  value?(tally: Readonly<Record<string, unknown>>): number;
}

/**
 * Counters by the name of the field that holds each; what belongs together (a walk) is a table in
 * the table. **The line of a counter is all there is to it**: storage ({@link newTally}), reset,
 * JSON, table headings, checks of result files and documentation are made from it.
 *
 * ```ts
 * const COUNTERS = {
 *   walks: count("split/walks", "split walks", "walks", "cost", "Walks: one per chunk."),
 * };
 * ```
 */
export interface CounterTable {
  readonly [field: string]: Counter | CounterTable;
}

interface Stored {
  number: number;
  "number-or-none": number | null;
  text: string | null;
}

/**
 * The storage of a table: a number, an array from level to number, or a text; plain fields, which a
 * hot loop may count in.
 */
export type Tally<T extends CounterTable> = {
  -readonly [F in keyof T as T[F] extends Counter<keyof Stored> ? F : never]: T[F] extends Counter<
    infer S extends keyof Stored
  >
    ? Stored[S]
    : never;
} & {
  readonly [F in keyof T as T[F] extends Counter<"levels"> ? F : never]: Float64Array;
} & {
  readonly [F in keyof T as T[F] extends Counter ? never : F]: T[F] extends CounterTable ? Tally<T[F]> : never;
};

function counter<S extends Storage>(
  storage: S,
  [path, label, unit, judged, doc]: CounterLine,
  values?: CounterValues,
): Counter<S> {
  const role = judged === "cost" ? ({ role: "cost" } as const) : ({ role: "outcome", worse: judged } as const);
  return {
    path,
    byLevel: storage === "levels",
    label,
    unit,
    ...role,
    ...(values === undefined ? {} : { values }),
    doc,
    storage,
    told: true,
    declared: true,
  };
}

/**
 * Path, heading, unit, judgement and one sentence of documentation: see {@link CounterDeclaration}.
 */
type CounterLine = [path: string, label: string, unit: string, judged: Judgement, doc: string];

/** A counter of one number. */
export function count(...line: CounterLine): Counter<"number"> {
  return counter("number", line);
}

/** A counter of one number that is null where a walk never ends, or is not made. */
export function countOrNone(...line: CounterLine): Counter<"number-or-none"> {
  return counter("number-or-none", line, "count-or-none");
}

/** A counter with a number for each level. */
export function byLevel(...line: CounterLine): Counter<"levels"> {
  return counter("levels", line);
}

/** One number that is no count: an errno. */
export function number(values: CounterValues, ...line: CounterLine): Counter<"number"> {
  return counter("number", line, values);
}

/** What is no number: a digest, an address; null until it is set. */
export function text(values: CounterValues, ...line: CounterLine): Counter<"text"> {
  return counter("text", line, values);
}

/** A number that follows from others of its table. */
export function derived<T>(value: (tally: T) => number, ...line: CounterLine): Counter<"derived"> {
  return { ...counter("derived", line), value: value as (tally: never) => number };
}

/** The same counter, which never exceeds that at `path`: what it counts is some of that. */
export function upTo<S extends Storage>(path: string, one: Counter<S>): Counter<S> {
  return { ...one, upTo: path };
}

/** The same counter, stored and told to nobody. */
export function untold<S extends Storage>(one: Counter<S>): Counter<S> {
  return { ...one, told: false };
}

/** The same counter, told in results but not declared. */
export function undeclared<S extends Storage>(one: Counter<S>): Counter<S> {
  return { ...one, declared: false };
}

function isCounter(entry: Counter | CounterTable): entry is Counter {
  return typeof entry.storage === "string";
}

/**
 * Storage for a table, all zero. All tallies of one table have one hidden class in V8, with plain
 * fields.
 *
 * @param levels length of the arrays of counters by level: the deepest or highest level, plus one
 */
export function newTally<T extends CounterTable>(table: T, levels: number): Tally<T> {
  let plan = PLANS.get(table);
  if (plan === undefined) {
    plan = planOf(table);
    PLANS.set(table, plan);
  }
  const tally = { ...plan.zeros };
  for (const field of plan.byLevel) tally[field] = new Float64Array(levels);
  for (const [field, inner] of plan.tables) tally[field] = newTally(inner, levels);
  return tally as Tally<T>;
}

/**
 * How a tally is made: its fields with their zeros, and those of which each tally has an object of
 * its own.
 */
interface TallyPlan {
  readonly zeros: Record<string, unknown>;
  readonly byLevel: readonly string[];
  readonly tables: readonly (readonly [field: string, inner: CounterTable])[];
}

/**
 * Made once for each table: walks of a few entries count too, and would take longer to make a tally
 * than to walk.
 */
const PLANS = new WeakMap<CounterTable, TallyPlan>();

function planOf(table: CounterTable): TallyPlan {
  const stored = Object.entries(table).filter(([, entry]) => entry.storage !== "derived");
  const byLevel = stored.filter(([, entry]) => isCounter(entry) && entry.storage === "levels").map(([field]) => field);
  return {
    // Not field by field: V8 makes a dictionary of an object that is given more than some 16 fields
    // by computed names.
    zeros: Object.fromEntries(stored.map(([field, entry]) => [field, zeroOf(entry)])),
    byLevel,
    tables: stored.flatMap(([field, entry]) => (isCounter(entry) ? [] : [[field, entry] as const])),
  };
}

function zeroOf(entry: Counter | CounterTable): unknown {
  if (!isCounter(entry)) return {};
  if (entry.storage === "levels") return new Float64Array();
  return entry.storage === "text" ? null : 0;
}

/** Sets everything to zero again. */
export function resetTally<T extends CounterTable>(table: T, tally: Tally<T>): void {
  const fields = tally as Record<string, unknown>;
  for (const [field, entry] of Object.entries(table)) {
    if (!isCounter(entry)) resetTally(entry, fields[field] as Tally<typeof entry>);
    else if (entry.storage === "levels") (fields[field] as Float64Array).fill(0);
    else if (entry.storage !== "derived") fields[field] = entry.storage === "text" ? null : 0;
  }
}

/**
 * The counts of a table, nested by path, in the order of the table. Tables in the table of which
 * the tally has none are left out.
 *
 * @param levelsOf levels as keys, for counters by level
 */
export function tallyCounts<T extends CounterTable>(
  table: T,
  tally: Partial<Tally<T>>,
  levelsOf: (values: Float64Array) => Counts,
): Counts {
  const counts: MutableCounts = {};
  put(table, tally as Record<string, unknown>, levelsOf, counts);
  return counts as Counts;
}

interface MutableCounts {
  [name: string]: CountValue | MutableCounts;
}

function put(
  table: CounterTable,
  fields: Readonly<Record<string, unknown>>,
  levelsOf: (values: Float64Array) => Counts,
  into: MutableCounts,
): void {
  for (const [field, entry] of Object.entries(table)) {
    if (!isCounter(entry)) {
      if (fields[field] !== undefined) put(entry, fields[field] as Record<string, unknown>, levelsOf, into);
      continue;
    }
    if (!entry.told) continue;
    const names = entry.path.split("/");
    let at = into;
    for (const name of names.slice(0, -1)) {
      at[name] ??= {};
      at = at[name] as MutableCounts;
    }
    at[names.at(-1)!] = valueTold(entry, fields, field, levelsOf);
  }
}

function valueTold(
  entry: Counter,
  fields: Readonly<Record<string, unknown>>,
  field: string,
  levelsOf: (values: Float64Array) => Counts,
): CountValue {
  if (entry.value !== undefined) return entry.value(fields);
  if (entry.storage === "levels") return levelsOf(fields[field] as Float64Array);
  return fields[field] as number | string | null;
}

/** What a table tells, in its order: for {@link Mmu.counters}. */
export function declarationsOf(table: CounterTable): CounterDeclaration[] {
  return Object.values(table).flatMap((entry): CounterDeclaration[] => {
    if (!isCounter(entry)) return declarationsOf(entry);
    if (!entry.told || !entry.declared) return [];
    const { storage: _s, told: _t, declared: _d, value: _v, ...declaration } = entry;
    return [declaration];
  });
}

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

/**
 * One number for a counter: the sum over all that stands below its path. Undefined where absent or
 * not a number.
 */
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
