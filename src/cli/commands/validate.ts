import type { Command } from "commander";

interface ValidateOptions {
  readonly profile?: string;
  readonly json?: boolean;
  readonly color?: "auto" | "always" | "never";
}

const EXAMPLES = `
Examples:
  s2split validate
  s2split validate --profile my-box.json
  s2split validate measured.json --profile my-box.json

Each series is modelled with the profile made for its machine, unless --profile gives another; every row is then judged.
With measured results (of s2split measure or import), the measured times of each phase stand beside the modelled ones.`;

/** Adds `validate`: modelled beside published, or beside measured. */
export function register(program: Command): void {
  program
    .command("validate")
    .summary("set the model beside what others published, or beside measured runs")
    .description("Set modelled times and simulated counts beside published measurements, or beside measured runs.")
    .argument("[results...]", "measured results of s2split measure or import; none: the published measurements")
    .option("--profile <name|file>", "cost profile (default: each series' own; altra-like for measured results)")
    .option("--json", "print JSON instead of tables")
    .addHelpText("after", EXAMPLES)
    .action(validate);
}

async function validate(results: readonly string[], _: unknown, self: Command): Promise<void> {
  const options = self.optsWithGlobals<ValidateOptions>();
  const { loadProfile } = await import("../../cost/loadProfile.js");
  const profile = options.profile === undefined ? undefined : await loadProfile(options.profile);
  if (profile !== undefined && profile.mmu !== "arm64") {
    const { badInput } = await import("../../errors.js");
    throw badInput(`--profile ${profile.name}`, `prices ${profile.mmu}`, "a profile of arm64");
  }
  const { formatJson } = await import("../../results/format.js");
  const { styleFor } = await import("../../report/style.js");
  const style = styleFor(process.stdout, options.color ?? "auto");
  if (results.length > 0) throw new Error("measured results are not compared yet");
  const { validateAll } = await import("../../cost/validate.js");
  const validation = validateAll(profile);
  if (options.json === true) {
    process.stdout.write(formatJson({ schemaVersion: 1, kind: "s2split-validation", ...validation }));
    return;
  }
  const { validateReport } = await import("../../report/validateReport.js");
  process.stdout.write(validateReport(validation, style));
}
