import type { Command } from "commander";
import type { CostProfile } from "../../cost/profile.js";
import type { MeasuredValidation } from "../../cost/validateMeasured.js";
import { EXIT } from "../../exit.js";
import type { HtmlFlags } from "../htmlOutput.js";
import type { Invocation, Io } from "../io.js";
import { measuredFrom } from "../measuredFrom.js";
import { type PlotFlags, showPlot } from "../plotOutput.js";

interface ValidateOptions extends HtmlFlags, PlotFlags {
  readonly profile?: string;
  readonly leaveOut?: string;
  readonly table?: string;
  readonly json?: boolean;
  readonly color?: "auto" | "always" | "never";
}

const EXAMPLES = `
Examples:
  s2split validate
  s2split validate --leave-out koller-2023-read-mostly
  s2split validate --leave-out koller-2023-sparse/lazy/152
  s2split validate --profile my-box.json
  s2split validate measured.json --profile my-box.json

Each series is modelled with the profile made for its machine, unless --profile
gives another; every row is then judged. With measured results (of s2split
measure or import), the measured times of each phase stand beside the modelled
ones.`;

/** Adds `validate`: modelled beside published, or beside measured. */
export function register(program: Command, invocation: Invocation): void {
  program
    .command("validate")
    .description("Set modelled times and simulated counts beside published measurements, or beside measured runs.")
    .argument("[results...]", "measured results of s2split measure or import; none: the published measurements")
    .option("--profile <name|file>", "cost profile (default: each series' own; ampereone for measured results)")
    .option("--table <file>", "a table over vCPUs of your own (see docs/contention.md) in place of the published ones")
    .option("--leave-out <name>", "a post, table, column or row: fit without it, and judge it")
    .option("--json", "print JSON instead of tables")
    .option("--export-html <file>", "write one page with pictures, for any browser, offline")
    .option("--plot", "draw bars of characters below the tables")
    .addHelpText("after", EXAMPLES)
    .action(invocation.action(validate));
}

async function validate(io: Io, results: readonly string[], _: unknown, self: Command): Promise<number> {
  const options = self.optsWithGlobals<ValidateOptions>();
  const { loadProfile } = await import("../../cost/loadProfile.js");
  const profile = options.profile === undefined ? undefined : await loadProfile(options.profile);
  if (profile !== undefined && profile.mmu !== "arm64") {
    const { badInput } = await import("../../errors.js");
    throw badInput(`--profile ${profile.name}`, `prices ${profile.mmu}`, "a profile of arm64");
  }
  const { formatJson } = await import("../../files/json.js");
  const { styleFor } = await import("../../report/style.js");
  const style = styleFor(io, options.color ?? "auto");
  if (options.leaveOut !== undefined && (results.length > 0 || profile !== undefined)) {
    const { UserError } = await import("../../errors.js");
    throw new UserError("--leave-out with measured results or --profile: nothing is fitted then; expected it alone");
  }
  if (options.table !== undefined) {
    if (results.length > 0 || options.leaveOut !== undefined) {
      const { UserError } = await import("../../errors.js");
      throw new UserError("--table with measured results or --leave-out: they are judged apart; expected one of them");
    }
    const { readJson } = await import("../../files/read.js");
    const { parseTable } = await import("../../cost/tableSchema.js");
    const value = await readJson(options.table, { expected: "a table over vCPUs", maxBytes: 2 ** 20, stdin: io.stdin });
    const { validateContention } = await import("../../cost/validateContention.js");
    const tables = [parseTable(value, options.table)];
    const contention = validateContention({ tables, ...(profile === undefined ? {} : { profile }) });
    if (options.json === true) {
      io.stdout.write(formatJson({ schemaVersion: 1, kind: "s2split-validation", contention }));
      return EXIT.fine;
    }
    const { contentionReport } = await import("../../report/contentionReport.js");
    const { wrapLines } = await import("../../report/wrapLines.js");
    io.stdout.write(wrapLines(`${contentionReport(contention, style)}\n`, style));
    return EXIT.fine;
  }
  const { htmlOutput } = await import("../htmlOutput.js");
  const writePage = await htmlOutput(options, io, results);
  if (results.length > 0) {
    const validation = await againstMeasured(io, results, profile);
    await writePage(async () =>
      (await import("../../report/html/validateMeasuredPage.js")).validateMeasuredPage(validation),
    );
    const { validateMeasuredReport } = await import("../../report/validateMeasuredReport.js");
    io.stdout.write(
      options.json === true
        ? formatJson({ schemaVersion: 1, kind: "s2split-validation", measured: validation })
        : validateMeasuredReport(validation, style),
    );
    return EXIT.fine;
  }
  const { validateAll } = await import("../../cost/validate.js");
  const validation = validateAll(profile, options.leaveOut);
  await writePage(async () => (await import("../../report/html/validatePage.js")).validatePage(validation));
  if (options.json === true) {
    io.stdout.write(formatJson({ schemaVersion: 1, kind: "s2split-validation", ...validation }));
    return EXIT.fine;
  }
  const { validateReport } = await import("../../report/validateReport.js");
  io.stdout.write(validateReport(validation, style));
  if (options.plot === true) {
    const { validatePlot } = await import("../../report/plot/costPlots.js");
    await showPlot(io, style, (canvas) => validatePlot(validation, canvas));
  }
  return EXIT.fine;
}

async function againstMeasured(
  io: Io,
  results: readonly string[],
  given: CostProfile | undefined,
): Promise<MeasuredValidation> {
  const expected = "measured runs on arm64 with their commands";
  const { measured } = await measuredFrom(io, results, "nothing to set the model beside", expected);
  const { builtinProfile, DEFAULT_PROFILE } = await import("../../cost/profiles.js");
  const { validateMeasured } = await import("../../cost/validateMeasured.js");
  return validateMeasured(measured, given ?? builtinProfile(DEFAULT_PROFILE));
}
