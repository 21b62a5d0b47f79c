import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { splitWords } from "../measure/selftestCommand.js";
import { NIGHTLY } from "../testing/nightly.js";
import { ROOT, shown, temporaryFolder } from "./cli.js";

interface Step {
  readonly command: string;
  readonly expected: readonly string[];
  readonly exit: number;
}

/**
 * The `console` blocks of a document: each `$ ` line is a command, what follows is what it prints (stdout and stderr), `...` alone on a
 * line stands for any lines, `…` inside a line for any text. A trailing `# exit N` gives an exit code other than 0. Blocks of another kind are not run.
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

const said = new Map<string, Promise<{ code: number; output: string }>>();

/** What a command alone on its line prints; one with pipes, expansions or further commands goes to a shell. */
function run(command: string, cwd: string): Promise<{ code: number; output: string }> {
  const alone = /^(?:npx )?s2split ([^|&;<>$`*?(){}\\\n#]*)$/.exec(command);
  // A strategy's module is loaded once in a process, and may be written anew within a transcript.
  if (alone === null || /\.m?[jt]s\b/.test(command)) return inShell(command, cwd);
  const again = said.get(command);
  if (again !== undefined) return again;
  const now = shown(splitWords(alone[1]!), { cwd });
  // The same question gets the same answer in every document, but for what leaves or looks for files.
  if (!/--(?:output|export|save|baseline|scenario)|new-strategy/.test(command)) said.set(command, now);
  return now;
}

/** A shell command in a folder that has the clone's scenarios, results and examples, with `npx s2split` as the built program. */
function inShell(command: string, cwd: string): Promise<{ code: number; output: string }> {
  const { GITHUB_ACTIONS: _a, GITHUB_STEP_SUMMARY: _s, FORCE_COLOR: _f, COLUMNS: _c, ...env } = process.env;
  const script = `s2split() { "${process.execPath}" "${ROOT}bin/s2split.js" "$@"; }; npx() { shift; s2split "$@"; }\n${command}`;
  return new Promise((resolve) => {
    const child = execFile("bash", ["-c", `exec 2>&1\n${script}`], { cwd, env, maxBuffer: 2 ** 26 }, (error, stdout) =>
      resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, output: stdout }),
    );
    child.stdin?.end();
  });
}

function matches(expected: readonly string[], output: string): boolean {
  const escaped = expected.map((line) =>
    line === "..."
      ? "(?:.*\\n)*?"
      : `${line
          .split("…")
          .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
          .join(".*")}\\n`,
  );
  return new RegExp(`^${escaped.join("")}$`).test(output.endsWith("\n") || output === "" ? output : `${output}\n`);
}

/** `UPDATE_TRANSCRIPTS=1` writes what is printed now in place of what is not: for review as a diff. */
const UPDATE = process.env.UPDATE_TRANSCRIPTS === "1";

function rewrite(
  document: string,
  command: string,
  exit: number,
  expected: readonly string[],
  output: string,
  code: number,
): void {
  const path = join(ROOT, document);
  const text = readFileSync(path, "utf8");
  const shownAs = (ends: number, lines: readonly string[]) =>
    [`$ ${command.replaceAll("\n", "\n> ")}${ends === 0 ? "" : ` # exit ${ends}`}`, ...lines, ""].join("\n");
  const lines = output.replace(/\n$/, "").split("\n");
  const now = text.replace(shownAs(exit, expected), () => shownAs(code, lines));
  if (now === text) throw new Error(`${document}: the transcript of "${command}" was not found`);
  writeFileSync(path, now);
}

const documents = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

const withBlocks = documents
  .map((document) => ({ document, blocks: blocksOf(readFileSync(join(ROOT, document), "utf8")) }))
  .filter(({ blocks }) => blocks.length > 0);

/** A search takes seconds: by day those of the README that end soon are shown to print what they say, at night all. */
function ofTheDay(document: string, steps: readonly Step[]): readonly Step[] {
  if (NIGHTLY || UPDATE) return steps;
  const long = (command: string) => /verify .*--random \d{4}/.test(command);
  if (document === "README.md") return steps.filter(({ command }) => !long(command));
  // What follows a search may need what it has saved.
  return steps.some(({ command }) => /verify .*--(?:random|exhaustive|interleave)/.test(command)) ? [] : steps;
}

const toRun = withBlocks
  .map(({ document, blocks }) => ({
    document,
    blocks: blocks.map((steps) => ofTheDay(document, steps)).filter((steps) => steps.length > 0),
  }))
  .filter(({ blocks }) => blocks.length > 0);

describe.each(toRun)("the transcripts of $document", ({ document, blocks }) => {
  it.each(blocks.map((steps) => ({ steps, first: steps[0]?.command ?? "" })))(
    "are what is printed: $first",
    async ({ steps }) => {
      const folder = temporaryFolder();
      for (const name of ["scenarios", "results", "examples", "src", "node_modules", "package.json"]) {
        if (existsSync(join(ROOT, name))) symlinkSync(join(ROOT, name), join(folder, name));
      }
      for (const { command, expected, exit } of steps) {
        const { code, output } = await run(command, folder);
        if (!matches(expected, output)) {
          if (UPDATE) rewrite(document, command, exit, expected, output, code);
          else expect(output.split("\n"), command).toEqual([...expected, ""]);
        }
        if (!UPDATE) expect(code, command).toBe(exit);
      }
    },
  );
});

it("the README has transcripts to run", () => {
  expect(blocksOf(readFileSync(join(ROOT, "README.md"), "utf8")).length).toBeGreaterThan(3);
});
