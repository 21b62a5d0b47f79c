import type { Command } from "commander";
import { UserError } from "../../errors.js";
import { EXIT } from "../../exit.js";
import { inputsOf } from "../inputs.js";
import type { Invocation, Io } from "../io.js";
import { list } from "../options.js";
import { refuseOverwrite } from "../overwrite.js";
import { addScenarioOptions, oneCaseFrom, type ScenarioOptions } from "../scenarioOptions.js";

interface ReproduceFlags extends ScenarioOptions {
  readonly output: string;
  readonly force?: boolean;
  readonly strategy?: string[];
}

const EXAMPLES = `
The program needs root, /dev/kvm and, on arm64, Linux 6.5. It ends with 1 and
the first block that is left if one is, with 0 if none is, and with 2 and one
line if the host cannot do it.

Examples:
  s2split reproduce fault-passed-over --output passed-over.c
  cc -O2 -o passed-over passed-over.c && sudo ./passed-over
  s2split reproduce x86-split-partial --output - | cc -O2 -o partial -x c -`;

/** Adds `s2split reproduce`. */
export function register(program: Command, invocation: Invocation): void {
  addScenarioOptions(
    program.command("reproduce").argument("[scenario]", "a scenario, as with --scenario"),
    invocation.io.registry,
  )
    .description(
      "Write a self-contained C program (KVM's ioctls, no kernel tree) that lays a scenario out on a real host, " +
        "has KVM split it, and looks at the page tables before and after.",
    )
    .option(
      "--strategy <list>",
      "strategies whose counts the program sets beside what it sees, by name or file (default: all)",
      list,
    )
    .option("--output <file>", "C file to write, - for standard output", "reproduce.c")
    .option("--force", "overwrite the output")
    .addHelpText("after", EXAMPLES)
    .action(invocation.action(writeReproduction));
}

async function writeReproduction(io: Io, path: string | undefined, flags: ReproduceFlags): Promise<number> {
  if (path !== undefined && flags.scenario !== undefined) {
    throw new UserError("reproduce: a scenario is given twice, as argument and with --scenario; expected one");
  }
  const options = path === undefined ? flags : { ...flags, scenario: [path] };
  const bound = await oneCaseFrom("reproduce", options, io);
  const { mmu } = bound;
  await refuseOverwrite(flags.output, flags.force);
  const [{ prepareOutput }, { strategyChooser }, { reproduce }, { toolVersion }] = await Promise.all([
    import("../../files/write.js"),
    import("../../load/loadStrategy.js"),
    import("../../reproduce/reproduce.js"),
    import("../../version.js"),
  ]);
  const target = await prepareOutput(flags.output, { stdout: io.stdout, inputs: inputsOf(options) });
  const strategies = (await strategyChooser(flags.strategy ?? ["all"], [mmu], io.registry))(mmu);
  await target.write(reproduce(bound, strategies, toolVersion()));
  if (flags.output === "-") return EXIT.fine;
  const name = flags.output.replace(/\.c$/, "");
  const program = name === flags.output ? `${name}.out` : name;
  const run = program.includes("/") ? program : `./${program}`;
  io.stdout.write(
    `${flags.output} is written. On ${mmu.id === "arm64" ? "an arm64" : "an x86-64"} host with KVM:\n\n  cc -O2 ` +
      `-o ${program} ${flags.output} && sudo ${run}\n`,
  );
  return EXIT.fine;
}
