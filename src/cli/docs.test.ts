import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { memoryIo } from "../testing/inProcess.js";
import { Invocation } from "./io.js";
import { buildProgram } from "./program.js";

const docs = fileURLToPath(new URL("../../docs/", import.meta.url));

/** Every command line of s2split in the code blocks of a page, continued lines joined. */
function commandLines(page: string): string[] {
  const blocks = page.match(/^```(?:sh|yaml)\n[\s\S]*?^```$/gm) ?? [];
  const joined = blocks
    .join("\n")
    .replaceAll(/\\\n\s*/g, " ")
    .replaceAll(/>\n\s*/g, "")
    .replaceAll(/\n\s+--/g, " --");
  return joined.split("\n").flatMap((line) => {
    const match =
      /(?:npx s2split|s2split\.js|BENCH:) +((?:bench|compare|merge|noise|list|completion)\b.*|\$BENCH.*)$/.exec(line);
    return match === null ? [] : [match[1]!.replace(/^\$BENCH/, "bench")];
  });
}

const pages = ["../README.md", ...readdirSync(docs).filter((name) => name.endsWith(".md"))];

describe.each(pages)("docs/%s", (name) => {
  const lines = commandLines(readFileSync(docs + name, "utf8"));

  test("names only options that its commands have", async () => {
    const invocation: Invocation = new Invocation(memoryIo().io, () => buildProgram([], invocation, true));
    const program = await invocation.everything();
    for (const line of lines) {
      const command = program.commands.find((candidate) => candidate.name() === line.split(" ")[0])!;
      const known = new Set([...program.options, ...command.options].flatMap(({ long }) => (long ? [long] : [])));
      const used = line.replace(/#.*$/, "").match(/(?<=\s)--[a-z-]+/g) ?? [];
      for (const option of used) expect(known, line).toContain(option);
    }
  });
});

test("the README has the commands of a perf job", () => {
  const lines = commandLines(readFileSync(`${docs}../README.md`, "utf8"));
  for (const command of ["bench", "compare", "noise", "merge"]) {
    expect(lines.some((line) => line.startsWith(command))).toBe(true);
  }
});
