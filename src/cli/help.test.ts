import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { memoryIo, run } from "../testing/inProcess.js";
import { Invocation } from "./io.js";
import { buildProgram } from "./program.js";

const invocation: Invocation = new Invocation(memoryIo().io, () => buildProgram([], invocation, true));
const program = await invocation.everything();
const names = program.commands.map((command) => command.name());
const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

/** Headings, and the long options under each. */
function groupsOf(help: string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [, heading, body] of help.matchAll(/^(\S.*):\n((?: {2}.*\n)+)/gm)) {
    groups.set(
      heading!,
      [...body!.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option!),
    );
  }
  return groups;
}

describe("help", () => {
  it.each([["--help"], ...names.map((name) => [name, "--help"])])("of %s %s fits 80 columns", async (...args) => {
    const { code, stdout } = await run(args);
    expect(code).toBe(0);
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  it("has commands in the order of the README, by kind", async () => {
    const rows = README.match(/^\| .*$/gm)!.filter((row) => row.includes("`"));
    const inReadme = rows
      .flatMap((row) => [...row.split("|")[1]!.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name!))
      .filter((name) => names.includes(name));
    expect(names).toEqual([...inReadme, "help"]);
    expect((await run(["--help"])).stdout).toMatch(/^Walkers:$.*^Guests and machines:$.*^Results, and CI:$.*^And:$/ms);
  });

  it("of run names the MMUs that have flows, and which one is meant where none is given", async () => {
    const { stdout } = await run(["run", "--help"]);
    expect(stdout).toMatch(/--mmu <id> +simulated MMU: arm64 \(default\), riscv$/m);
  });

  it("of bench tells what its options are for, those of every command last", async () => {
    const groups = groupsOf((await run(["bench", "--help"])).stdout);
    expect([...groups.keys()]).toEqual([
      "Options",
      "Guest",
      "Dirty logging",
      "Guest of arm64",
      "Guest of x86",
      "Guest of riscv",
      "Sampling",
      "Sharing the work",
      "Output",
      "Gate",
      "Of every command",
      "Examples",
    ]);
    expect(groups.get("Sampling")).toEqual(["--runs", "--time", "--no-wall"]);
    expect(groups.get("Of every command")).toEqual(["--help", "--version", "--color"]);
  });

  it("says what list and completion take", async () => {
    expect((await run(["list", "--help"])).stdout).toMatch(/^Arguments:\n {2}what .*"strategies", "scenarios"/m);
    expect((await run(["completion", "--help"])).stdout).toMatch(/^Arguments:\n {2}shell .*"bash", "zsh", "fish"/m);
  });

  it("is that of the command that is named, and says in one line that there is none of a name", async () => {
    expect((await run(["help", "merge"])).stdout).toBe((await run(["merge", "--help"])).stdout);
    expect((await run(["help"])).stdout).toBe((await run(["--help"])).stdout);
    expect(await run(["help", "nonsense"])).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/^s2split: command "nonsense": unknown; expected one of bench, .*\n$/),
    });
  });
});
