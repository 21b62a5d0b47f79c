import { Command, Option } from "commander";
import { printable, unknownName } from "../errors.js";
import { toolVersion } from "../version.js";
import { helpLayout } from "./help.js";
import type { Invocation } from "./io.js";

interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ register(program: Command, invocation: Invocation): void }>;
}

/**
 * Every command by the heading of its kind, in the order of the README. Only the module of the one
 * that is invoked is loaded; help needs no more than this table.
 */
const COMMANDS: Readonly<Record<string, readonly CommandEntry[]>> = {
  "Walkers:": [
    {
      name: "bench",
      summary: "count, exactly, what each walker strategy costs, and say whether it is right",
      load: () => import("./commands/bench.js"),
    },
    {
      name: "verify",
      summary: "check every invariant of the finished tree, on given or random layouts",
      load: () => import("./commands/verify.js"),
    },
    {
      name: "trace",
      summary: "tell a walk visit by visit, and why it goes where it goes",
      load: () => import("./commands/trace.js"),
    },
    {
      name: "reproduce",
      summary: "write a C program that shows a scenario on a real host",
      load: () => import("./commands/reproduce.js"),
    },
  ],
  "Guests and machines:": [
    {
      name: "run",
      summary: "simulate all of dirty_log_perf_test, guests included: lazy against eager",
      load: () => import("./commands/run.js"),
    },
    {
      name: "advise",
      summary: "say whether to split eagerly, with which chunk, for a given guest",
      load: () => import("./commands/advise.js"),
    },
    {
      name: "validate",
      summary: "set the model beside what others published, or beside measured runs",
      load: () => import("./commands/validate.js"),
    },
    {
      name: "measure",
      summary: "run the real dirty_log_perf_test repeatedly and summarise it",
      load: () => import("./commands/measure.js"),
    },
    {
      name: "import",
      summary: "read saved output of the real dirty_log_perf_test",
      load: () => import("./commands/import.js"),
    },
    {
      name: "calibrate",
      summary: "fit a cost profile to measured runs",
      load: () => import("./commands/calibrate.js"),
    },
    {
      name: "import-layout",
      summary: "turn a real guest's memory (stage-2 dump or smaps) into a scenario",
      load: () => import("./commands/importLayout.js"),
    },
  ],
  "Results, and CI:": [
    {
      name: "compare",
      summary: "compare two results and exit 1 on a regression",
      load: () => import("./commands/compare.js"),
    },
    {
      name: "merge",
      summary: "put the parts of a sharded sweep together",
      load: () => import("./commands/merge.js"),
    },
    {
      name: "noise",
      summary: "run the same benchmark twice and suggest a wall threshold",
      load: () => import("./commands/noise.js"),
    },
    {
      name: "report",
      summary: "draw results as one HTML page",
      load: () => import("./commands/report.js"),
    },
  ],
  "And:": [
    {
      name: "list",
      summary: "list strategies, scenarios, backings or cost profiles",
      load: () => import("./commands/list.js"),
    },
    {
      name: "completion",
      summary: "print a shell completion script",
      load: () => import("./commands/completion.js"),
    },
    {
      name: "new-strategy",
      summary: "write a commented starting point for a custom strategy",
      load: () => import("./commands/newStrategy.js"),
    },
  ],
};
const NAMES = Object.values(COMMANDS).flatMap((entries) => entries.map(({ name }) => name));

const EXIT_CODES = `
Exit codes:
  0    fine
  1    a regression (compare, bench --baseline), a strategy that is not right
       (verify), or a run that is not complete (measure, import)
  2    usage, configuration or unreadable input
  3    a model invariant failed, or bench --strict met a wrong result
  70   internal error (a bug of s2split)
  130  interrupted

s2split COMMAND --help has a command's options. Modelled on Linux's
dirty_log_perf_test. Counts are exact and checked against the kernel's own
code; times say what they are.`;

/**
 * The commander program with the command that `args` invokes, the others as names with summaries.
 *
 * @param invocation what its commands run in
 * @param all load every command's options, as shell completion needs them
 */
export async function buildProgram(args: readonly string[], invocation: Invocation, all = false): Promise<Command> {
  const { stdout, stderr } = invocation.io;
  const program = new Command("s2split")
    .description(
      "Simulate how KVM walks and splits its page tables for dirty logging: what it costs, and whether it is right.",
    )
    .version(toolVersion(), "-V, --version", "print the version")
    .addOption(new Option("--color <when>", "colour in tables").choices(["auto", "always", "never"]).default("auto"))
    .helpOption("-h, --help", "print help")
    .helpCommand(false)
    .configureHelp(helpLayout)
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 80,
      getErrHelpWidth: () => stderr.columns ?? 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      // One line, as every other user error has.
      outputError: (text, write) => write(`s2split: ${printable(text.replace(/^error: /, "").trim())}\n`),
    })
    .addHelpText("after", EXIT_CODES)
    .exitOverride();
  const wanted = all ? NAMES : [args.find((arg) => NAMES.includes(arg))];
  for (const [heading, entries] of Object.entries(COMMANDS)) {
    program.commandsGroup(heading);
    for (const { name, summary, load } of entries) {
      if (wanted.includes(name)) (await load()).register(program, invocation);
      else program.command(name).description(summary).allowUnknownOption().helpOption(false);
      program.commands.at(-1)!.summary(summary);
    }
  }
  addHelpCommand(program);
  for (const command of program.commands) command.exitOverride();
  return program;
}

/** In place of commander's own, which answers a name that is none with the help of everything. */
function addHelpCommand(program: Command): void {
  program
    .command("help")
    .description("print help, of a command")
    .argument("[command]", "its name")
    .action((name?: string) => {
      const command = name === undefined ? program : program.commands.find((known) => known.name() === name);
      if (command === undefined) throw unknownName("command", name!, NAMES);
      command.outputHelp();
    });
}
