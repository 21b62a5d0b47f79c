import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Command } from "commander";
import { afterAll, describe, expect, it } from "vitest";
import { memoryIo } from "../testing/inProcess.js";
import { resultFile, toyMachine } from "../testing/resultBuilder.js";
import { addExportOptions, type ExportFlags, Exports, mmusOf } from "./exportOptions.js";

const folder = mkdtempSync(join(tmpdir(), "s2split-exports-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const mmus = new Map([["toy", toyMachine]]);

it("a page is not made after each case of a sweep, but once: when the work has ended, or was interrupted", async () => {
  const [csv, html] = [join(folder, "run.csv"), join(folder, "run.html")];
  const exports = await Exports.prepare({ exportCsv: csv, exportHtml: html }, memoryIo().io, []);
  const names = (paths: readonly string[]) => paths.map((path) => basename(path).replace(".partial", ""));
  expect(names(await exports.writePartial(resultFile({ partial: true }), mmus, false))).toEqual(["run.csv"]);
  expect(existsSync(html)).toBe(false);
  const written = await exports.writePartial(resultFile({ partial: true }), mmus, true);
  expect(names(written).sort()).toEqual(["run.csv", "run.html"]);
  expect(readFileSync(written.find((path) => path.includes("html"))!, "utf8")).toContain("the run was interrupted");
});

describe("exports", () => {
  const prepared = (flags: ExportFlags, inputs: readonly string[] = []) => {
    const { io, written } = memoryIo();
    return Exports.prepare(flags, io, inputs).then((exports) => ({ exports, written }));
  };

  it("go to the file of each, and to standard output last, where no table may be then", async () => {
    const [json, bench] = [join(folder, "a.json"), join(folder, "a.bench")];
    const files = await prepared({ exportJson: json, exportGithubBenchmark: bench, exportCsv: undefined });
    expect(files.exports.onStdout).toBe(false);
    await files.exports.writeFiles(resultFile(), mmus);
    await files.exports.writeStdout(resultFile(), mmus);
    expect([existsSync(json), existsSync(bench), files.written.stdout]).toEqual([true, true, ""]);
    expect(JSON.parse(readFileSync(json, "utf8"))).toMatchObject({ kind: "s2split-result" });
    const other = join(folder, "b.csv");
    const both = await prepared({ json: true, exportCsv: other });
    expect(both.exports.onStdout).toBe(true);
    await both.exports.writeFiles(resultFile(), mmus);
    expect([existsSync(other), both.written.stdout]).toEqual([true, ""]);
    await both.exports.writeStdout(resultFile(), mmus);
    expect(both.written.stdout).toBe(readFileSync(json, "utf8"));
    expect((await both.exports.writePartial(resultFile({ partial: true }), mmus, true)).length).toBe(1);
  });

  it("are not asked for twice by --json and its own option", async () => {
    const { exports, written } = await prepared({ json: true, exportJson: "-" });
    await exports.writeStdout(resultFile(), mmus);
    expect(JSON.parse(written.stdout)).toMatchObject({ kind: "s2split-result" });
    const two = await prepared({ json: true, exportJson: join(folder, "c.json") });
    expect(two.exports.onStdout).toBe(true);
  });

  it("have a place each, by whatever name, but for a device", async () => {
    const path = join(folder, "same");
    await expect(prepared({ exportJson: path, exportBmf: join(folder, ".", "same") })).rejects.toThrow(
      `${path}: is given to both json and bmf; expected a file for each`,
    );
    await expect(prepared({ exportJson: "-", exportBmf: "-" })).rejects.toThrow(
      "standard output: is given to both json and bmf; expected a file for each",
    );
    await expect(prepared({ json: true, exportBmf: "-" })).rejects.toThrow(
      "standard output: is given to both bmf and json; expected a file for each",
    );
    expect((await prepared({ exportJson: "/dev/null", exportBmf: "/dev/null" })).exports.onStdout).toBe(false);
  });

  it("have an option each, and --json", () => {
    const { options } = addExportOptions(new Command());
    expect(options[0]!.description).toBe("print the result as JSON, and nothing else, on stdout");
    for (const { flags, description } of options.slice(1)) {
      expect(flags).toMatch(/^--export-[a-z-]+ <file>$/);
      expect(description).toMatch(/^write .* \(- is stdout\)$/);
    }
  });

  it("know the MMUs of all results, and say which they do not", async () => {
    const registry = [{ ...toyMachine, load: async () => toyMachine }] as never;
    expect(await mmusOf([resultFile(), resultFile()], registry)).toEqual(mmus);
    const foreign = resultFile({ scenarios: [{ ...resultFile().scenarios[0]!, mmu: "vax" }] });
    await expect(mmusOf([resultFile(), foreign], registry)).rejects.toThrow('MMU "vax": unknown; expected one of toy');
  });
});
