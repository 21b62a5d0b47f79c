import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { run } from "../../testing/inProcess.js";
import { ROOT, temporaryFolder } from "../../testing/temporaryFolder.js";
import { toy } from "../../testing/toyMmu.js";

const registry = [toy];

/** Two results in a folder of their own, of which the second inspects more. */
async function results() {
  const cwd = temporaryFolder();
  await run(["bench", "--no-wall", "-q", "--export-json", "base.json"], { registry, cwd });
  const text = readFileSync(join(cwd, "base.json"), "utf8");
  writeFileSync(join(cwd, "new.json"), text.replace('"inspected": 4', '"inspected": 5'));
  return { registry, cwd };
}

it("compare prints what differs, or all, or nothing, and ends with 1 for a regression", async () => {
  const how = await results();
  const same = await run(["compare", "base.json", "base.json"], how);
  expect(same).toEqual({
    code: 0,
    stdout: "2 runs compared: 6 of 6 exact figures equal; no regression\n",
    stderr: "",
  });
  const worse = await run(["compare", "base.json", "new.json"], how);
  expect([worse.code, worse.stderr]).toEqual([1, ""]);
  expect(worse.stdout).toMatch(/inspected of the toy: 4 -> 5 entries \(\+25\.0%\)\n/);
  expect(worse.stdout).not.toContain("final/left");
  expect((await run(["compare", "base.json", "new.json", "--all"], how)).stdout).toContain("final/left of the toy");
  expect(await run(["compare", "base.json", "new.json", "--quiet"], how)).toEqual({ code: 1, stdout: "", stderr: "" });
  expect((await run(["compare", "base.json", "new.json", "-q", "--max-increase", "25%"], how)).code).toBe(0);
  expect((await run(["compare", "base.json", "new.json", "-q", "--max-increase", "24.9%"], how)).code).toBe(1);
});

it("compare is JSON alone where that is asked for, a page beside it, and tells GitHub on the other stream", async () => {
  const how = await results();
  const args = ["compare", "base.json", "new.json", "--export-html", "page.html", "--seed", "9"];
  const { code, stdout, stderr } = await run([...args, "--json"], { ...how, env: { GITHUB_ACTIONS: "true" } });
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    kind: "s2split-comparison",
    schemaVersion: 1,
    exitCode: 1,
    options: { seed: 9 },
    base: { paths: ["base.json"] },
    next: { paths: ["new.json"] },
    summary: { regressions: 1 },
  });
  // The runner reads a line: one that is broken to fit would lose its end.
  expect(stderr).toBe(
    "::error file=base.json,title=s2split%3A regression::toy-8M/split/holes=3, each: inspected of the toy: 4 -> 5 " +
      "entries (+25.0%25)\n",
  );
  expect(readFileSync(join(how.cwd, "page.html"), "utf8")).toContain("inspected of the toy");
  const plain = await run(args, { ...how, env: { GITHUB_ACTIONS: "true" } });
  expect([plain.stdout.match(/^::error /gm)?.length, plain.stderr]).toEqual([1, ""]);
});

it("compare of measured results sets phase beside phase, as text, JSON and a page", async () => {
  const cwd = temporaryFolder();
  const log = join(ROOT, "src/testing/fixtures/dirty-log-perf-test/dlpt_64M_anon_off_g.txt");
  await run(["import", log, "--command", "dirty_log_perf_test -m 6 -g -b 64M", "--output", "m.json"], { cwd });
  const text = await run(["compare", "m.json", "m.json"], { cwd });
  expect([text.code, text.stderr]).toEqual([0, ""]);
  expect(text.stdout).toMatch(/^dirty_log_perf_test -m 6 -g -b 64M\n/);
  expect((await run(["compare", "m.json", "m.json", "--quiet"], { cwd })).stdout).toBe("");
  const json = await run(["compare", "m.json", "m.json", "--json", "--export-html", "p.html"], { cwd });
  expect(JSON.parse(json.stdout)).toMatchObject({
    kind: "s2split-measurement-comparison",
    schemaVersion: 1,
    exitCode: 0,
    regressions: 0,
  });
  expect(readFileSync(join(cwd, "p.html"), "utf8")).toContain("m.json");
});
