import { Argument, type Command } from "commander";
import { EXIT } from "../../exit.js";
import { type CompletedOption, completionScript, type Shell, shells } from "../../report/completion.js";
import type { Invocation, Io } from "../io.js";
import { LISTERS } from "./list.js";

const HELP = `
Examples:
  source <(s2split completion bash)
  s2split completion zsh > "\${fpath[1]}/_s2split"
  s2split completion fish > ~/.config/fish/completions/s2split.fish`;

/** Adds `s2split completion`. */
export function register(program: Command, invocation: Invocation): void {
  program
    .command("completion")
    .description("Print a completion script for a shell, made from the commands and options of this version.")
    .addArgument(new Argument("<shell>", "the shell that reads it").choices([...shells]))
    .addHelpText("after", HELP)
    .action(
      invocation.action(async (io: Io, shell: Shell) => {
        const full = await invocation.everything();
        // Mmus share names: each has a baseline.
        const names = async (what: keyof typeof LISTERS) => [
          ...new Set((await LISTERS[what](io.registry)).map(({ name }) => name)),
        ];
        const [{ declaredOptions }, { GUEST_MODES }] = await Promise.all([
          import("../scenarioOptions.js"),
          import("../../selftest/guestModes.js"),
        ]);
        // By their letters too: options of dirty_log_perf_test have no long name in `run`.
        const ofGuests = [...declaredOptions(io.registry).values()].flatMap(({ flags, suggestions = [] }) =>
          (flags.match(/--?[a-z][\w-]*/g) ?? []).map((flag) => [flag, suggestions] as const),
        );
        const values = new Map<string, readonly string[]>([
          ...ofGuests,
          ["--strategy", ["all", ...(await names("strategies"))]],
          ["-m", GUEST_MODES.map(({ id }) => String(id))],
          ["--mmu", io.registry.map(({ id }) => id)],
          ["--profile", await names("profiles")],
        ]);
        const everywhere = [...full.options.map((option) => wordsOf(option, values)), HELP_OPTION];
        io.stdout.write(completionScript(shell, commandsOf(full, values, everywhere), everywhere));
        return EXIT.fine;
      }),
    );
}

/** What completion needs to know of each command. */
function commandsOf(
  program: Command,
  values: ReadonlyMap<string, readonly string[]>,
  everywhere: readonly CompletedOption[],
) {
  return program.commands.map((command) => ({
    name: command.name(),
    summary: command.summary(),
    arguments: command.registeredArguments.flatMap((argument) => [...(argument.argChoices ?? [])]),
    options: [...command.options.map((option) => wordsOf(option, values)), ...everywhere],
  }));
}

const HELP_OPTION: CompletedOption = { flags: ["-h", "--help"], summary: "print help", takesValue: false, values: [] };

function wordsOf(option: Command["options"][number], values: ReadonlyMap<string, readonly string[]>): CompletedOption {
  const flags = [option.short, option.long].filter((flag): flag is string => typeof flag === "string");
  return {
    flags,
    summary: option.description,
    takesValue: option.required || option.optional,
    values: [...(option.argChoices ?? values.get(option.long ?? option.short ?? "") ?? [])],
  };
}
