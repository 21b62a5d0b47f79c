import type { Command } from "commander";
import { badInput, clip } from "../errors.js";
import { loadMmu } from "../mmu/registry.js";
import type { Mmus } from "../report/benchTable.js";
import { type Exporter, exporters } from "../report/exporters/index.js";
import type { ResultFile } from "../results/types.js";
import { type OutputTarget, prepareOutput } from "../results/write.js";

/** `--json` and one `--export-<id> FILE` for each exporter, as commander names them: `exportJson`, `exportGithubBenchmark`. */
export type ExportFlags = { readonly json?: boolean } & Readonly<Record<string, unknown>>;

/** Adds `--json` and every `--export-...`; shared by the commands that have a result. */
export function addExportOptions(command: Command): Command {
  command.option("--json", "print the result as JSON, and nothing else, on stdout");
  for (const { id, summary } of exporters) command.option(`--export-${id} <file>`, `write ${summary} (- is stdout)`);
  return command;
}

/** The outputs that the flags ask for, found writable before the work. */
export class Exports {
  private constructor(private readonly targets: readonly { exporter: Exporter; output: OutputTarget }[]) {}

  /** @throws UserError for a path that cannot be written or is given to two exports */
  static async prepare(flags: ExportFlags): Promise<Exports> {
    const wanted: { exporter: Exporter; path: string }[] = [];
    for (const exporter of exporters) {
      const path = flags[optionKey(exporter.id)];
      if (typeof path === "string") wanted.push({ exporter, path });
    }
    const json = exporters.find(({ id }) => id === "json")!;
    const already = wanted.some(({ exporter, path }) => exporter === json && path === "-");
    if (flags.json === true && !already) wanted.push({ exporter: json, path: "-" });
    for (const [i, { path, exporter }] of wanted.entries()) {
      const other = wanted.slice(0, i).find((before) => before.path === path);
      if (other !== undefined) {
        const where = path === "-" ? "standard output" : clip(path, 200);
        throw badInput(where, `is given to both ${other.exporter.id} and ${exporter.id}`, "a file for each");
      }
    }
    return new Exports(
      await Promise.all(wanted.map(async ({ exporter, path }) => ({ exporter, output: await prepareOutput(path) }))),
    );
  }

  /** Whether stdout is taken, so that no table may be printed. */
  get onStdout(): boolean {
    return this.targets.some(({ output }) => output.path === "-");
  }

  /** Writes every file; what goes to stdout waits for {@link writeStdout}. */
  async writeFiles(result: ResultFile, mmus: Mmus): Promise<void> {
    for (const { exporter, output } of this.targets) {
      if (output.path !== "-") await output.write(exporter.format(result, mmus));
    }
  }

  async writeStdout(result: ResultFile, mmus: Mmus): Promise<void> {
    for (const { exporter, output } of this.targets) {
      if (output.path === "-") await output.write(exporter.format(result, mmus));
    }
  }
}

/** As commander makes it of `--export-github-benchmark`. */
function optionKey(id: string): string {
  return `export-${id}`.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The MMUs of a result's scenarios. @throws UserError for an MMU that this version does not have */
export async function mmusOf(results: readonly ResultFile[]): Promise<Mmus> {
  const ids = new Set(results.flatMap((result) => result.scenarios.map(({ mmu }) => mmu)));
  return new Map(await Promise.all([...ids].map(async (id) => [id, await loadMmu(id)] as const)));
}
