import { stat } from "node:fs/promises";
import type { Command } from "commander";
import { badInput, clip } from "../errors.js";
import { placeOf } from "../files/sameFile.js";
import { type OutputTarget, prepareOutput } from "../files/write.js";
import { withId } from "../lists.js";
import { loadMmu, type Registry } from "../mmu/registry.js";
import type { Mmus } from "../report/benchTable.js";
import { type Exporter, exporters } from "../report/exporters/index.js";
import type { ResultFile } from "../results/types.js";
import type { Io } from "./io.js";

/**
 * `--json` and one `--export-<id> FILE` for each exporter, as commander names them: `exportJson`,
 * `exportGithubBenchmark`.
 */
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

  /**
   * @param inputs paths that the command reads
   * @throws UserError for a path that cannot be written, is read too, or is given to two exports
   */
  static async prepare(flags: ExportFlags, { stdout }: Io, inputs: readonly string[]): Promise<Exports> {
    const wanted: { exporter: Exporter; path: string }[] = [];
    for (const exporter of exporters) {
      const path = flags[optionKey(exporter.id)];
      if (typeof path === "string") wanted.push({ exporter, path });
    }
    const json = withId(exporters, "json");
    const already = wanted.some(({ exporter, path }) => exporter === json && path === "-");
    if (flags.json === true && !already) wanted.push({ exporter: json, path: "-" });
    await refuseSharing(wanted);
    return new Exports(
      await Promise.all(
        wanted.map(async ({ exporter, path }) => ({ exporter, output: await prepareOutput(path, { stdout, inputs }) })),
      ),
    );
  }

  /** Whether stdout is taken, so that no table may be printed. */
  get onStdout(): boolean {
    return this.targets.some(({ output }) => output.path === "-");
  }

  /** Writes every file; what goes to stdout waits for {@link writeStdout}. */
  async writeFiles(result: ResultFile, mmus: Mmus): Promise<void> {
    for (const { exporter, output } of this.targets) {
      if (output.path !== "-") await output.write(await exporter.format(result, mmus));
    }
  }

  /**
   * Writes what there is of unfinished work, each where nothing complete can be lost.
   *
   * @param ended whether no more will come: until then exports that are `late` wait
   * @returns the files that have it
   */
  async writePartial(result: ResultFile, mmus: Mmus, ended: boolean): Promise<string[]> {
    const paths: string[] = [];
    for (const { exporter, output } of this.targets) {
      if (exporter.late === true && !ended) continue;
      if (output.path !== "-") paths.push(await output.writePartial(await exporter.format(result, mmus)));
    }
    return paths;
  }

  async writeStdout(result: ResultFile, mmus: Mmus): Promise<void> {
    for (const { exporter, output } of this.targets) {
      if (output.path === "-") await output.write(await exporter.format(result, mmus));
    }
  }
}

/**
 * @throws UserError where two exports would go to one file, by whatever names, or both to standard
 *   output
 */
async function refuseSharing(wanted: readonly { exporter: Exporter; path: string }[]): Promise<void> {
  const takers = new Map<string, Exporter>();
  for (const { path, exporter } of wanted) {
    const place = path === "-" ? path : await placeOf(path);
    const other = takers.get(place);
    // A device, such as /dev/null, takes what comes.
    if (other !== undefined && !(await isDevice(path))) {
      const where = path === "-" ? "standard output" : clip(path, 200);
      throw badInput(where, `is given to both ${other.id} and ${exporter.id}`, "a file for each");
    }
    takers.set(place, exporter);
  }
}

/** As commander makes it of `--export-github-benchmark`. */
function optionKey(id: string): string {
  return `export-${id}`.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Whether it is there and no plain file. */
async function isDevice(path: string): Promise<boolean> {
  const info = path === "-" ? undefined : await stat(path).catch(() => undefined);
  return info?.isFile() === false;
}

/**
 * The MMUs of a result's scenarios.
 *
 * @throws UserError for an MMU that this version does not have
 */
export async function mmusOf(results: readonly ResultFile[], registry: Registry): Promise<Mmus> {
  const ids = new Set(results.flatMap((result) => result.scenarios.map(({ mmu }) => mmu)));
  return new Map(await Promise.all([...ids].map(async (id) => [id, await loadMmu(id, registry)] as const)));
}
