import { writeFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { badInput, clip } from "../../errors.js";
import { EXIT } from "../../exit.js";
import { newStrategyText } from "../../mmu/newStrategy.js";
import { defaultMmu, loadMmu } from "../../mmu/registry.js";
import type { Invocation, Io } from "../io.js";

interface NewStrategyFlags {
  readonly mmu: string;
  readonly ts?: boolean;
}

/** Adds `s2split new-strategy`. */
export function register(program: Command, invocation: Invocation): void {
  const { registry } = invocation.io;
  program
    .command("new-strategy")
    .description("Write NAME.mjs: a strategy that runs as it is, with comments that say what can be changed.")
    .argument("<name>", "its name in tables: letters, digits, dots and dashes")
    .addOption(
      new Option("--mmu <name>", "the MMU whose walks it steers")
        .choices(registry.map(({ id }) => id))
        .default(defaultMmu(registry)),
    )
    .option("--ts", "write NAME.ts, for Node.js 22.18 or newer, or with TypeScript installed beside it")
    .action(invocation.action(newStrategy));
}

async function newStrategy(io: Io, name: string, { mmu: id, ts: typescript = false }: NewStrategyFlags) {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(name)) {
    throw badInput(
      `name "${clip(name)}"`,
      "cannot be the name of a strategy",
      "letters, digits, dots and dashes, at most 64",
    );
  }
  const { newStrategy: start, strategies } = await loadMmu(id, io.registry);
  if (start === undefined) throw badInput(`--mmu ${id}`, "new-strategy writes none for it", "another MMU");
  if (name === "all" || strategies.some((strategy) => strategy.id === name)) {
    throw badInput(`name "${name}"`, "is that of a built-in strategy", "a name of its own");
  }
  const path = `${name}.${typescript ? "ts" : "mjs"}`;
  await writeNew(path, newStrategyText(start, name, `./${path}`, typescript));
  const { missingForTypeScript } = await import("../../load/loadStrategy.js");
  const missing = typescript ? missingForTypeScript(path) : undefined;
  const condition = missing === undefined ? "" : ` (needs ${missing})`;
  const command = start.commands[0]!.replace("MODULE", `./${path}`);
  io.stdout.write(`${path} is written. Try it${condition}:\n\n  s2split ${command}\n`);
  return EXIT.fine;
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: "wx" });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw badInput(path, "is there already", "another name");
    throw badInput(path, `cannot be written (${code ?? "unknown error"})`, "a folder that can be written");
  }
}
