import { clip } from "../errors.js";
import { type CounterDeclaration, type CounterValues, type Counts, type CountValue, countAt } from "../mmu/counters.js";

/** A value that no MMU counts. */
export interface CountsProblem {
  /** Where it stands, names joined with `/`. */
  readonly path: string;
  /** The value as it stands in JSON, in one short line. */
  readonly value: string;
  readonly expected: string;
}

/** The most negative errno of Linux (include/linux/err.h, MAX_ERRNO). */
const MIN_ERRNO = -4095;

const isCount = (value: CountValue): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isErrno = (value: CountValue): boolean =>
  Number.isInteger(value) && (value as number) <= 0 && (value as number) >= MIN_ERRNO;
const isDigest = (value: CountValue): boolean => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
const isAddress = (value: CountValue): boolean => typeof value === "string" && /^0x[0-9a-f]{1,16}$/.test(value);

interface Kind {
  readonly holds: (value: CountValue) => boolean;
  readonly expected: string;
}

const COUNT = "a whole number from 0 to 2^53 - 1";

const KINDS: Readonly<Record<CounterValues, Kind>> = {
  count: { holds: isCount, expected: COUNT },
  "count-or-none": { holds: (value) => value === null || isCount(value), expected: `${COUNT}, or null` },
  errno: { holds: isErrno, expected: `0 or a negative errno, from ${MIN_ERRNO}` },
  "address-or-none": { holds: (value) => value === null || isAddress(value), expected: "an address with 0x, or null" },
  "digest-or-none": {
    holds: (value) => value === null || isDigest(value),
    expected: "64 hexadecimal digits in lower case, or null",
  },
};

/** What no declaration covers: details of an MMU, and the tree before the work. */
const UNDECLARED: Kind = {
  holds: (value) => value === null || isCount(value) || isDigest(value) || isAddress(value),
  expected: `${COUNT}, an address, a digest or null`,
};

/**
 * The first value of a tree of counts that its declaration does not allow. A counter that is absent
 * is no problem: which are there depends on the workload.
 *
 * @param declarations of the MMU that counted; empty where it is not known
 */
export function countsProblem(counts: Counts, declarations: readonly CounterDeclaration[]): CountsProblem | undefined {
  for (const { path, byLevel, values = "count" } of declarations) {
    const value = countAt(counts, path);
    if (value === undefined) continue;
    const problem = byLevel ? levelsProblem(value, path, KINDS[values]) : leafProblem(value, path, KINDS[values]);
    if (problem !== undefined) return problem;
  }
  return restProblem(counts, "", new Set(declarations.map(({ path }) => path))) ?? contradiction(counts, declarations);
}

/** The first counter that exceeds one of which it counts a part. */
function contradiction(counts: Counts, declarations: readonly CounterDeclaration[]): CountsProblem | undefined {
  for (const { path, upTo } of declarations) {
    if (upTo === undefined) continue;
    const whole = numbersOf(countAt(counts, upTo));
    for (const [level, value] of Object.entries(numbersOf(countAt(counts, path)))) {
      const limit = whole[level];
      if (limit === undefined || value <= limit) continue;
      const expected = `no more than ${upTo.replaceAll("/", ".")}, which is ${limit}`;
      return { path: path + level, value: String(value), expected };
    }
  }
  return undefined;
}

/** Numbers by what follows the path: `/level`, or nothing for one number. */
function numbersOf(value: CountValue | undefined): Readonly<Record<string, number>> {
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [["", value] as const];
  return Object.fromEntries(
    entries.flatMap(([level, one]) => (typeof one === "number" ? [[level && `/${level}`, one]] : [])),
  );
}

function levelsProblem(value: CountValue, path: string, kind: Kind): CountsProblem | undefined {
  if (typeof value !== "object" || value === null) {
    return { path, value: shown(value), expected: "an object from level to count" };
  }
  for (const [level, count] of Object.entries(value)) {
    const at = `${path}/${level}`;
    if (!/^\d$/.test(level)) return { path: at, value: shown(count), expected: "names of levels: one digit" };
    const problem = leafProblem(count, at, kind);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function leafProblem(value: CountValue, path: string, { holds, expected }: Kind): CountsProblem | undefined {
  return holds(value) ? undefined : { path, value: shown(value), expected };
}

/** The leaves that no declaration covers. */
function restProblem(node: Counts, prefix: string, declared: ReadonlySet<string>): CountsProblem | undefined {
  for (const [name, value] of Object.entries(node)) {
    const path = prefix + name;
    if (declared.has(path)) continue;
    const problem =
      typeof value === "object" && value !== null
        ? restProblem(value, `${path}/`, declared)
        : leafProblem(value, path, declared.size === 0 && name === "returnCode" ? KINDS.errno : UNDECLARED);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function shown(value: CountValue): string {
  return typeof value === "object" && value !== null ? "an object" : clip(JSON.stringify(value), 40);
}
