import { Argument, type Command } from "commander";
import { completionScript, shells } from "../../report/completion.js";
import { LISTERS } from "./list.js";

const HELP = `
Examples:
  source <(s2split completion bash)
  s2split completion zsh > "\${fpath[1]}/_s2split"
  s2split completion fish > ~/.config/fish/completions/s2split.fish`;

/** Adds `s2split completion`. */
export function register(program: Command): void {
  program
    .command("completion")
    .summary("print a shell completion script")
    .description("Print a completion script for a shell, made from the commands and options of this version.")
    .addArgument(new Argument("<shell>").choices([...shells]))
    .addHelpText("after", HELP)
    .action(async (shell: string) => {
      const { buildProgram } = await import("../program.js");
      const full = await buildProgram([], true);
      // Machines share names: each has a baseline.
      const names = async (what: string) => [...new Set((await LISTERS[what]!()).map(({ name }) => name))];
      const values = new Map([
        ["--strategy", ["all", ...(await names("strategies"))]],
        ["--backing", await names("backings")],
        ["--profile", await names("profiles")],
      ]);
      process.stdout.write(completionScript(shell, commandsOf(full, values)));
    });
}

/** What completion needs to know of each command. */
function commandsOf(program: Command, values: ReadonlyMap<string, readonly string[]>) {
  const global = program.options.map((option) => wordsOf(option, values));
  return program.commands.map((command) => ({
    name: command.name(),
    summary: command.summary(),
    arguments: command.registeredArguments.flatMap((argument) => [...(argument.argChoices ?? [])]),
    options: [...command.options.map((option) => wordsOf(option, values)), ...global, HELP_OPTION],
  }));
}

const HELP_OPTION = { flags: ["-h", "--help"], summary: "print help", takesValue: false, values: [] };

function wordsOf(option: Command["options"][number], values: ReadonlyMap<string, readonly string[]>) {
  const flags = [option.short, option.long].filter((flag): flag is string => typeof flag === "string");
  return {
    flags,
    summary: option.description,
    takesValue: option.required || option.optional,
    values: [...(option.argChoices ?? values.get(option.long ?? "") ?? [])],
  };
}
