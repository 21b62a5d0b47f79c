import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { splitWords } from "../measure/selftestCommand.js";
import { makeFakeSelftest } from "../testing/fakeSelftest.js";
import { NIGHTLY } from "../testing/nightly.js";
import { ROOT, shown, temporaryFolder } from "./cli.js";
import { unpack } from "./packed.js";

interface Step {
  readonly command: string;
  readonly expected: readonly string[];
  readonly exit: number;
}

/**
 * The `console` blocks of a document: each `$ ` line is a command, what follows is what it prints
 * (stdout and stderr), `...` alone on a line stands for any lines, `…` inside a line for any text.
 * A trailing `# exit N` gives an exit code other than 0.
 */
function blocksOf(text: string): Step[][] {
  return [...text.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, body]) => {
    const steps: { command: string; expected: string[]; exit: number }[] = [];
    for (const line of body!.replace(/\n$/, "").split("\n")) {
      const match = /^\$ (.*?)(?:\s+# exit (\d+))?$/.exec(line);
      if (match !== null) steps.push({ command: match[1]!, expected: [], exit: Number(match[2] ?? 0) });
      else if (steps.length > 0 && steps.at(-1)!.command.endsWith("\\"))
        steps.at(-1)!.command += `\n${line.replace(/^> /, "")}`;
      else steps.at(-1)!.expected.push(line);
    }
    return steps;
  });
}

/** Where the program is that the commands run: at night the packed one, outside the clone. */
let program = ROOT;
if (NIGHTLY) {
  const packed = unpack();
  program = packed.root;
  afterAll(() => packed.remove());
}

const said = new Map<string, Promise<{ code: number; output: string }>>();

/**
 * What a command alone on its line prints, whatever the width; one with pipes, expansions or
 * further commands goes to a shell.
 */
function run(command: string, cwd: string): Promise<{ code: number; output: string }> {
  // A search takes less than half the time in a process of its own, where V8 has met the types of
  // one MMU alone.
  if (NIGHTLY || /verify .*--random/.test(command)) return inShell(command, cwd);
  const alone = /^(?:COLUMNS=(\d+) )?(?:npx )?s2split ([^|&;<>$`*?(){}\\\n#]*)$/.exec(command);
  // A strategy's module is loaded once in a process, and may be written anew within a transcript:
  // but for the package's examples.
  if (alone === null || /\.m?[jt]s\b/.test(command.replaceAll(/\bexamples\/[\w-]+\.mjs\b/g, "")))
    return inShell(command, cwd);
  const again = said.get(command);
  if (again !== undefined) return again;
  const [, columns, words] = alone;
  const now = shown(splitWords(words!), { cwd, env: columns === undefined ? {} : { COLUMNS: columns } });
  // The same question gets the same answer in every document, but for what leaves or looks for
  // files.
  if (!/--(?:output|export|save|baseline|scenario)|new-strategy/.test(command)) said.set(command, now);
  return now;
}

/** A shell command, with `npx s2split` as the built program. */
function inShell(command: string, cwd: string): Promise<{ code: number; output: string }> {
  const { GITHUB_ACTIONS: _a, GITHUB_STEP_SUMMARY: _s, FORCE_COLOR: _f, COLUMNS: _c, ...env } = process.env;
  const script =
    `s2split() { "${process.execPath}" "${join(program, "bin/s2split.js")}" "$@"; }; npx() { shift; s2split "$@"; ` +
    `}\n${command}`;
  return new Promise((resolve) => {
    const child = execFile(
      "bash",
      ["-c", `exec 2>&1; set -o pipefail\n${script}`],
      { cwd, env, maxBuffer: 2 ** 26 },
      (error, stdout) =>
        resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, output: stdout }),
    );
    child.stdin?.end();
  });
}

const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
/** What a line of a transcript may stand for: `…` for any text. */
const patternOf = (line: string): string => line.split("…").map(quoted).join(".*");
const stands = (line: string | undefined, printed: string): line is string =>
  line !== undefined && new RegExp(`^${patternOf(line)}$`).test(printed);

function matches(expected: readonly string[], output: string): boolean {
  const pattern = expected.map((line) => (line === "..." ? "(?:.*\\n)*?" : `${patternOf(line)}\\n`));
  return new RegExp(`^${pattern.join("")}$`).test(output.endsWith("\n") || output === "" ? output : `${output}\n`);
}

/**
 * `UPDATE_TRANSCRIPTS=1` writes what is printed now in place of what is not: for review as a diff.
 */
const UPDATE = process.env.UPDATE_TRANSCRIPTS === "1";

function rewrite(document: string, { command, expected, exit }: Step, output: string, code: number): void {
  const path = join(ROOT, document);
  const text = readFileSync(path, "utf8");
  const [first, body] = [`$ ${command.replaceAll("\n", "\n> ")}`, expected.map((line) => `${line}\n`).join("")];
  const now = text.replace(
    new RegExp(`^(${quoted(first)})( +# exit \\d+)?\n${quoted(body)}`, "m"),
    (_, shown: string, ends = "") => {
      const exits = code === exit ? ends : code === 0 ? "" : ` # exit ${code}`;
      return [`${shown}${exits}`, ...shortened(output.replace(/\n$/, "").split("\n"), expected), ""].join("\n");
    },
  );
  if (now === text) throw new Error(`${document}: the transcript of "${command}" was not found`);
  writeFileSync(path, now);
}

/**
 * What is printed, with that left out which a transcript leaves out: between parts that begin with
 * the same line, or are as long.
 */
function shortened(printed: readonly string[], transcript: readonly string[]): string[] {
  const parts: string[][] = [[]];
  for (const line of transcript) {
    if (line === "...") parts.push([]);
    else parts.at(-1)!.push(line);
  }
  const last = parts.length - 1;
  if (last === 0) return printed.map((line, i) => (stands(transcript[i], line) ? transcript[i] : line));
  let at = 0;
  return parts.flatMap((part, i) => {
    const from =
      i === 0 ? 0 : i < last ? printed.findIndex((line, k) => k >= at && stands(part[0], line)) : -part.length;
    if (i > 0 && i < last && from < 0) throw new Error(`no line is printed as "${part[0]}": rewrite it by hand`);
    const lines = part.length === 0 ? [] : printed.slice(from).slice(0, part.length);
    at = from + part.length;
    return [...(i === 0 ? [] : ["..."]), ...lines.map((line, k) => (stands(part[k], line) ? part[k]! : line))];
  });
}

/** Folders that the package does not have, or that are not looked for where the reader is. */
const OF_A_CLONE = ["src", "scenarios", "results"];

const documents = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

const withBlocks = documents
  .map((document) => ({ document, blocks: blocksOf(readFileSync(join(ROOT, document), "utf8")) }))
  .filter(({ blocks }) => blocks.length > 0);

/**
 * A search takes seconds: by day those of the README that end soon are shown to print what they
 * say, at night all.
 */
function ofTheDay(document: string, steps: readonly Step[]): readonly Step[] {
  if (NIGHTLY || UPDATE) return steps;
  const long = (command: string) => /verify .*--(?:random \d{4}|exhaustive)/.test(command);
  if (document === "README.md") return steps.filter(({ command }) => !long(command));
  // What follows a search may need what it has saved.
  const searches = /verify .*--(?:random|exhaustive|interleave)|npm run -s verify/;
  return steps.some(({ command }) => searches.test(command)) ? [] : steps;
}

const toRun = withBlocks
  .map(({ document, blocks }) => ({
    document,
    blocks: blocks.map((steps) => ofTheDay(document, steps)).filter((steps) => steps.length > 0),
  }))
  .filter(({ blocks }) => blocks.length > 0);

/**
 * A folder as a reader has it: with a copy of the package's examples, which find the package, and
 * nothing else; with what only a clone has where the commands name that, and a program that stands
 * in for the real test where they run it.
 */
function readersFolder(steps: readonly Step[]): string {
  const folder = temporaryFolder();
  const text = steps.map(({ command }) => command).join("\n");
  cpSync(join(program, "examples"), join(folder, "examples"), { recursive: true });
  mkdirSync(join(folder, "node_modules", ".bin"), { recursive: true });
  for (const [name, target] of [
    ["s2split", "."],
    [".bin/s2split", "bin/s2split.js"],
    ["typescript", "node_modules/typescript"],
    [".bin/tsc", "node_modules/typescript/bin/tsc"],
  ] as const) {
    symlinkSync(join(target.startsWith("node_modules") ? ROOT : program, target), join(folder, "node_modules", name));
  }
  for (const name of OF_A_CLONE) if (text.includes(` ${name}/`)) symlinkSync(join(ROOT, name), join(folder, name));
  if (text.includes("./dirty_log_perf_test")) {
    const fake = makeFakeSelftest({ 9: "assert" });
    onTestFinished(fake.remove);
    symlinkSync(fake.program, join(folder, "dirty_log_perf_test"));
  }
  return folder;
}

describe.each(toRun)("the transcripts of $document", ({ document, blocks }) => {
  it.each(blocks.map((steps) => ({ steps, first: steps[0]?.command ?? "" })))(
    "are what is printed: $first",
    async ({ steps }) => {
      const folder = readersFolder(steps);
      for (const step of steps) {
        const { command, expected, exit } = step;
        const { code, output } = await run(command, folder);
        if (!matches(expected, output)) {
          if (UPDATE) rewrite(document, step, output, code);
          else expect(output.split("\n"), command).toEqual([...expected, ""]);
        }
        if (!UPDATE) expect(code, command).toBe(exit);
      }
    },
  );
});

const texts = documents.map((document) => ({ document, text: readFileSync(join(ROOT, document), "utf8") }));

it("the README has transcripts to run", () => {
  expect(blocksOf(texts[0]!.text).length).toBeGreaterThan(3);
});

it.each(texts)("$document has no transcript that no test runs", ({ text }) => {
  const fenced = [...text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].filter(([, kind]) => kind !== "console");
  expect(fenced.map(([, , body]) => body!).filter((body) => /^\$ /m.test(body))).toEqual([]);
});

it.each(texts)("$document says what needs a clone", ({ text }) => {
  for (const match of text.matchAll(/^```console\n([\s\S]*?)^```$/gm)) {
    const commands = match[1]!.split("\n").filter((line) => line.startsWith("$ "));
    const names = OF_A_CLONE.filter((name) => commands.some((command) => command.includes(` ${name}/`)));
    if (names.length > 0) expect(text.slice(0, match.index), commands.join("\n")).toMatch(/in a clone/i);
  }
});

it("documents can be followed one after the other in one folder: no command would write over another's file", () => {
  const written = texts.flatMap(({ text }) =>
    blocksOf(text).flatMap((steps) => steps.flatMap(({ command }) => filesOf(command))),
  );
  expect(written.length).toBeGreaterThan(4);
  expect(written.filter((file, i) => written.indexOf(file) < i)).toEqual([]);
});

/** The files that a command writes and would not write over. */
function filesOf(command: string): string[] {
  const named = [...command.matchAll(/--(?:save|output) (\S+)|> (\S+)/g)].map(([, one, other]) => one ?? other!);
  const strategy = /new-strategy (\S+)/.exec(command);
  return [...named, ...(strategy === null ? [] : [`${strategy[1]}.mjs`])].filter((file) => file !== "-");
}
