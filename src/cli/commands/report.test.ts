import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { run } from "../../testing/inProcess.js";
import { temporaryFolder } from "../../testing/temporaryFolder.js";
import { toy } from "../../testing/toyMmu.js";

const registry = [toy];

it("report draws results as one page, to a file or to standard output, and over none that it reads", async () => {
  const cwd = temporaryFolder();
  const how = { registry, cwd };
  await run(["bench", "--no-wall", "-q", "--export-json", "a.json"], how);
  await run(["bench", "--no-wall", "-q", "--memory", "16M", "--export-json", "b.json"], how);
  expect(await run(["report", "a.json", "b.json", "--output", "page.html"], how)).toEqual({
    code: 0,
    stdout: "",
    stderr: "",
  });
  const page = readFileSync(join(cwd, "page.html"), "utf8");
  for (const text of ["toy-8M", "toy-16M", "every-other", "toys left"]) expect(page).toContain(text);
  expect((await run(["report", "a.json", "b.json", "-o", "-"], how)).stdout).toBe(page);
  const text = readFileSync(join(cwd, "a.json"), "utf8");
  const over = await run(["report", "a.json", "-o", "a.json"], how);
  expect([over.code, readFileSync(join(cwd, "a.json"), "utf8")]).toEqual([2, text]);
  writeFileSync(join(cwd, "c.json"), text.replaceAll('"toy"', '"vax"'));
  expect((await run(["report", "c.json", "-o", "x.html"], how)).stderr).toMatch(
    /^s2split: MMU "vax": unknown; expected one of toy\n$/,
  );
});
