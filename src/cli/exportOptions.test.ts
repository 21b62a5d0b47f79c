import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { memoryIo } from "../testing/inProcess.js";
import { resultFile, toyMachine } from "../testing/resultBuilder.js";
import { Exports } from "./exportOptions.js";

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
