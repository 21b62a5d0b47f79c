import type { Command } from "commander";
import { EXIT } from "../../exit.js";
import type { Invocation, Io } from "../io.js";
import { measuredFrom } from "../measuredFrom.js";
import { integer } from "../options.js";

interface CalibrateOptions {
  readonly output?: string;
  readonly name: string;
  readonly force?: boolean;
  readonly costs?: string[];
  readonly seed: number;
  readonly json?: boolean;
  readonly color?: "auto" | "always" | "never";
}

const EXAMPLES = `
Examples:
  s2split calibrate measured.json --output my-box.json --name my-box
  s2split advise --backing thp --memory 64G --profile my-box.json

Each measured phase that works on page tables is simulated with the same
options; the times are then explained by non-negative least squares over its
counts. A good set of runs varies backing, chunk and mode: the report says
which costs yours cannot tell apart.`;

/** Adds `calibrate`: a cost profile from measured runs. */
export function register(program: Command, invocation: Invocation): void {
  program
    .command("calibrate")
    .description("Fit a cost profile to measured runs of the real dirty_log_perf_test on arm64.")
    .argument("<results...>", "measured results of s2split measure or import")
    .option("--output <file>", "write the profile (JSON) here, for --profile of advise and validate")
    .option("--name <name>", "name of the profile", "calibrated")
    .option("--force", "overwrite the output")
    .option(
      "--costs <list>",
      "costs to fit, by their names in a profile (default: those that the test exercises)",
      costs,
    )
    .option("--seed <n>", "seed of the intervals", integer(0, 2 ** 31 - 2), 1)
    .option("--json", "print the profile and the fit as JSON instead of the report")
    .addHelpText("after", EXAMPLES)
    .action(invocation.action(calibrateTo));
}

function costs(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), ...value.split(",").map((part) => part.trim())];
}

async function calibrateTo(io: Io, results: readonly string[], _: unknown, self: Command): Promise<number> {
  const options = self.optsWithGlobals<CalibrateOptions>();
  const { badInput, unknownName } = await import("../../errors.js");
  const { COST_IDS } = await import("../../cost/profile.js");
  if (!/^[a-z0-9][a-z0-9._-]{0,39}$/i.test(options.name)) {
    throw badInput(
      `--name "${options.name}"`,
      "not a profile name",
      "letters, digits, dot, dash and underscore, at most 40",
    );
  }
  const chosen = options.costs?.map((name) => {
    const found = COST_IDS.find((id) => id === name);
    if (found === undefined) throw unknownName("cost", name, COST_IDS);
    return found;
  });
  const { prepareOutput } = await import("../../files/write.js");
  const { refuseOverwrite } = await import("../overwrite.js");
  await refuseOverwrite(options.output, options.force);
  const target = await prepareOutput(options.output, { stdout: io.stdout, inputs: results });

  const expected = "measured runs of dirty_log_perf_test on arm64 with their commands";
  const { measured, baseline } = await measuredFrom(io, results, "nothing to fit to", expected);
  const { calibrate } = await import("../../cost/calibrate.js");
  const source = results.join(", ").slice(0, 300);
  const calibration = calibrate(measured, baseline, options.name, {
    source,
    seed: options.seed,
    ...(chosen === undefined ? {} : { costs: chosen }),
  });
  if (Object.keys(calibration.profile.costs).length === 0) {
    throw badInput(results.join(", "), "every cost is fitted as 0", "runs that exercise the costs asked for");
  }
  const { formatJson } = await import("../../files/json.js");
  await target?.write(formatJson(calibration.profile));
  if (options.json === true) {
    const { fit, profile } = calibration;
    io.stdout.write(
      formatJson({ schemaVersion: 1, kind: "s2split-calibration", profile, fit, skipped: measured.skipped }),
    );
    return EXIT.fine;
  }
  const { calibrateReport } = await import("../../report/costReport.js");
  const { styleFor } = await import("../../report/style.js");
  io.stdout.write(calibrateReport(calibration, styleFor(io, options.color ?? "auto")));
  return EXIT.fine;
}
