import type { SelftestOptions } from "./schema.js";

const PROGRAM = /^(?:.*\/)?dirty_log_perf_test\w*$/;
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*=/;
/**
 * Options of the test that take a value, and those that do not: the `getopt` string of its main in
 * Linux 7.3, and `-f` of 5.11 to 6.1.
 */
const WITH_VALUE = "bcfimprsvwx";
const FLAGS = "aeghno";
/** The variable from which some patched tests take the eager-split chunk; upstream's knows none. */
export const CHUNK_ENVIRONMENT = "KVM_EAGER_SPLIT_CHUNK";

/** A command line of the selftest taken apart. */
export interface SelftestCommand {
  readonly env: Readonly<Record<string, string>>;
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * Whether a word is the selftest's program: dirty_log_perf_test or a variant, with or without a
 * path.
 */
export function isSelftestProgram(word: string): boolean {
  return PROGRAM.test(word);
}

/**
 * Finds a command line of the selftest in a line of a log: after a prompt and wrappers such as
 * `taskset -c 3`, before pipes. Prose that names the test is none: what follows the program must be
 * an option.
 */
export function findSelftestCommand(line: string): SelftestCommand | undefined {
  if (line.length > 4096 || !line.includes("dirty_log_perf_test")) return undefined;
  const words = splitWords(line);
  const at = words.findIndex(isSelftestProgram);
  const [program, next] = [words[at], words[at + 1]];
  if (program === undefined || (next !== undefined && !/^(?:-|\||[0-9]?>|[;&])/.test(next))) return undefined;
  const end = words.findIndex((word, i) => i > at && /^(?:\||[0-9&]?>|[;&])/.test(word));
  const env: Record<string, string> = {};
  for (const word of words.slice(0, at)) {
    if (ASSIGNMENT.test(word)) env[word.slice(0, word.indexOf("="))] = word.slice(word.indexOf("=") + 1);
  }
  return { env, program, args: words.slice(at + 1, end < 0 ? undefined : end) };
}

/** The command as one would type it. */
export function formatCommand({ env, program, args }: SelftestCommand): string {
  return [...Object.entries(env).map(([name, value]) => `${name}=${quote(value)}`), program, ...args.map(quote)].join(
    " ",
  );
}

/**
 * Reads the options as the test's own `getopt` does: combined flags, values attached or apart, the
 * last one counts.
 */
export function optionsOf({ env, args }: Pick<SelftestCommand, "env" | "args">): SelftestOptions {
  const unknown: string[] = [];
  const given = new Map<string, string[]>();
  for (const { letter, value, word } of getopt(args)) {
    if (letter === undefined) unknown.push(word);
    else given.set(letter, [...(given.get(letter) ?? []), value]);
  }
  const last = (letter: string) => given.get(letter)?.at(-1);
  const int = (letter: string, normal: number) => {
    const text = last(letter);
    if (text === undefined) return normal;
    if (/^\d{1,15}$/.test(text)) return Number(text);
    unknown.push(`-${letter} ${text}`);
    return normal;
  };
  const size = (text: string | undefined, name: string): number | undefined => {
    if (text === undefined) return undefined;
    const bytes = selftestSize(text);
    if (bytes === undefined) unknown.push(`${name} ${text}`);
    return bytes;
  };
  const offset = size(last("p"), "-p");
  // A share of writes that is no percentage: known as an option, not expressed here.
  if (given.has("f")) unknown.push(`-f ${last("f")}`);
  return {
    modes: (given.get("m") ?? []).filter((text) => /^\d{1,4}$/.test(text)).map(Number),
    iterations: int("i", 2),
    manualProtect: !given.has("g"),
    memoryPerVcpuBytes: size(last("b"), "-b") ?? 2 ** 30,
    vcpus: int("v", 1),
    overlap: given.has("o"),
    backing: last("s") ?? "anonymous",
    memslots: int("x", 1),
    writePercent: int("w", 100),
    randomAccess: given.has("a"),
    runWhileDisabling: given.has("e"),
    nested: given.has("n"),
    seed: int("r", 1),
    offset: offset === undefined ? null : `0x${offset.toString(16)}`,
    pinning: last("c") ?? null,
    eagerSplitChunkBytes: size(env[CHUNK_ENVIRONMENT], CHUNK_ENVIRONMENT) ?? null,
    unknown,
  };
}

/**
 * The arguments with an option set to a value: what was given for it before is taken out.
 *
 * @param value of a flag `on` or `off`
 */
export function withOption(args: readonly string[], letter: string, value: string): string[] {
  const kept = [...getopt(args)]
    .filter((option) => option.letter !== letter)
    .flatMap(({ letter: name, value: text, word }) =>
      name === undefined ? [word] : WITH_VALUE.includes(name) ? [`-${name}`, text] : [`-${name}`],
    );
  if (FLAGS.includes(letter)) return value === "on" ? [...kept, `-${letter}`] : kept;
  return [...kept, `-${letter}`, value];
}

/** "flag", "value", or undefined where the test has no such option. */
export function kindOfOption(letter: string): "flag" | "value" | undefined {
  if (letter.length !== 1) return undefined;
  return FLAGS.includes(letter) ? "flag" : WITH_VALUE.includes(letter) ? "value" : undefined;
}

interface Option {
  readonly letter: string | undefined;
  readonly value: string;
  readonly word: string;
}

function* getopt(args: readonly string[]): Generator<Option> {
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (!/^-[A-Za-z]/.test(word)) {
      yield { letter: undefined, value: "", word };
      continue;
    }
    for (let at = 1; at < word.length; at++) {
      const letter = word[at]!;
      if (WITH_VALUE.includes(letter)) {
        yield { letter, value: at + 1 < word.length ? word.slice(at + 1) : (args[++i] ?? ""), word };
        break;
      }
      yield { letter: FLAGS.includes(letter) ? letter : undefined, value: "", word: `-${letter}` };
    }
  }
}

/** The test's `parse_size()`: any C integer with a suffix k, m or g. */
function selftestSize(text: string): number | undefined {
  const form = /^(0x[0-9a-f]{1,13}|\d{1,15})([kmgt]?)b?$/i.exec(text);
  if (form === null) return undefined;
  const bytes = Number(form[1]) * { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }[form[2]!.toLowerCase()]!;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Words of a shell line: quotes are honoured, nothing is expanded. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*'|["'])+/g)) {
    words.push(match[0].replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single ?? ""));
  }
  return words;
}

function quote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
