import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { badInput, clip } from "../../errors.js";
import { EXIT } from "../../exit.js";
import { strategies } from "../../mmu/arm64/strategies/index.js";
import type { Invocation, Io } from "../io.js";
import { newStrategyText } from "../newStrategyTemplate.js";

/** Adds `s2split new-strategy`. */
export function register(program: Command, invocation: Invocation): void {
  program
    .command("new-strategy")
    .summary("write a commented starting point for a custom strategy")
    .description("Write NAME.mjs: a strategy that runs as it is, with comments that say what can be changed.")
    .argument("<name>", "its name in tables: letters, digits, dots and dashes")
    .option("--ts", "write NAME.ts, for Node.js 22.18 or newer, or with TypeScript installed beside it")
    .action(invocation.action(newStrategy));
}

async function newStrategy(io: Io, name: string, { ts: typescript = false }: { ts?: boolean }): Promise<number> {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(name)) {
    throw badInput(
      `name "${clip(name)}"`,
      "cannot be the name of a strategy",
      "letters, digits, dots and dashes, at most 64",
    );
  }
  if (name === "all" || strategies.some(({ id }) => id === name)) {
    throw badInput(`name "${name}"`, "is that of a built-in strategy", "a name of its own");
  }
  const path = `${name}.${typescript ? "ts" : "mjs"}`;
  try {
    await writeFile(path, newStrategyText(name, typescript), { flag: "wx" });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw badInput(path, "is there already", "another name");
    throw badInput(path, `cannot be written (${code ?? "unknown error"})`, "a folder that can be written");
  }
  const { missingForTypeScript } = await import("../../load/loadStrategy.js");
  const missing = typescript ? missingForTypeScript(path) : undefined;
  const condition = missing === undefined ? "" : ` (needs ${missing})`;
  io.stdout.write(`${path} is written. Try it${condition}:\n\n  s2split verify --strategy ./${path} --random 1000\n`);
  return EXIT.fine;
}
