import { Argument, type Command } from "commander";
import { EXIT } from "../../exit.js";
import { type CompletedOption, completionScript, shells } from "../../report/completion.js";
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
    .summary("print a shell completion script")
    .description("Print a completion script for a shell, made from the commands and options of this version.")
    .addArgument(new Argument("<shell>").choices([...shells]))
    .addHelpText("after", HELP)
    .action(
      invocation.action(async (io: Io, shell: string) => {
        const { buildProgram } = await import("../program.js");
        const full = await buildProgram([], invocation, true);
        // Mmus share names: each has a baseline.
        const names = async (what: string) => [...new Set((await LISTERS[what]!()).map(({ name }) => name))];
        const [{ backings }, { GRANULES, legalChunks }, { GUEST_MODES }, { formatSize }, { mmuIds }] =
          await Promise.all([
            import("../../guest/backings.js"),
            import("../../guest/geometry.js"),
            import("../../selftest/guestModes.js"),
            import("../../guest/sizes.js"),
            import("../../mmu/registry.js"),
          ]);
        const backingNames = backings.flatMap(({ id, testNames }) => [id, ...testNames]);
        const values = new Map<string, readonly string[]>([
          ["--strategy", ["all", ...(await names("strategies"))]],
          ["--backing", backingNames],
          // The letters of dirty_log_perf_test that have no long name.
          ["-s", backingNames],
          ["-m", GUEST_MODES.map(({ id }) => String(id))],
          ["--chunk", ["0", ...GRANULES.flatMap(legalChunks).map(formatSize)]],
          ["--mmu", mmuIds],
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
