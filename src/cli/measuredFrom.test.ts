import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { memoryIo, run } from "../testing/inProcess.js";
import { ROOT, temporaryFolder } from "../testing/temporaryFolder.js";
import { measuredFrom } from "./measuredFrom.js";

const LOG = join(ROOT, "src/testing/fixtures/dirty-log-perf-test/dlpt_64M_anon_off_g.txt");

/** A measured result of a log, with the command given. */
async function measurement(...command: string[]): Promise<string> {
  const output = join(temporaryFolder(), "m.json");
  expect((await run(["import", LOG, ...command, "--output", output])).code).toBe(0);
  return output;
}

it("measured results are phases under baseline where any of them can be used", async () => {
  const { io, written } = memoryIo();
  const usable = await measurement("--command", "dirty_log_perf_test -m 6 -g -b 64M");
  const unusable = await measurement();
  const { measured, baseline } = await measuredFrom(io, [usable, unusable], "nothing", "something");
  expect([baseline.id, measured.phases.length > 0, measured.skipped.length]).toEqual(["baseline", true, 1]);
  expect(written.both).toBe("");
});

it("measured results of which none can be used are refused, and each is said why on stderr", async () => {
  const { io, written } = memoryIo();
  const files = [await measurement(), await measurement()];
  await expect(measuredFrom(io, files, "nothing to fit to", "runs")).rejects.toThrow(
    `${files.join(", ")}: nothing to fit to; expected runs`,
  );
  expect(written.stdout).toBe("");
  expect(written.stderr.match(/its command is not known/g)).toHaveLength(2);
});

it("calibrate writes and prints the same profile, of the costs, the name and the source that were asked for", async () => {
  const cwd = temporaryFolder();
  writeFileSync(
    join(cwd, "m.json"),
    readFileSync(await measurement("--command", "dirty_log_perf_test -m 6 -g -b 64M")),
  );
  const args = ["calibrate", "m.json", "--costs", "fault, exit", "--costs", "writeProtectVisit", "--name", "my-box"];
  const { code, stdout } = await run([...args, "--json", "--output", "box.json"], { cwd });
  expect(code).toBe(0);
  const told = JSON.parse(stdout);
  expect(told).toMatchObject({ schemaVersion: 1, kind: "s2split-calibration", skipped: [] });
  expect(told.profile).toEqual(JSON.parse(readFileSync(join(cwd, "box.json"), "utf8")));
  expect(told.profile).toMatchObject({ kind: "s2split-cost-profile", name: "my-box", mmu: "arm64" });
  const asked = ["fault", "exit", "writeProtectVisit"];
  const fitted = Object.keys(told.profile.costs);
  expect(fitted.length).toBeGreaterThan(0);
  expect(asked).toEqual(expect.arrayContaining(fitted));
  expect(JSON.stringify(told.profile)).toContain("m.json");
  const again = await run([...args, "--output", "box.json"], { cwd });
  expect([again.code, again.stderr]).toEqual([
    2,
    "s2split: box.json: is there already; expected another --output, or --force\n",
  ]);
  const report = await run([...args, "--output", "box.json", "--force"], { cwd });
  expect([report.code, report.stdout.includes("Profile my-box, fitted to ")]).toEqual([0, true]);
});

it("validate sets modelled beside measured, as text, JSON and a page, and refuses what it cannot use", async () => {
  const cwd = temporaryFolder();
  const usable = readFileSync(await measurement("--command", "dirty_log_perf_test -m 6 -g -b 64M"));
  writeFileSync(join(cwd, "m.json"), usable);
  const text = await run(["validate", "m.json"], { cwd });
  expect([text.code, text.stderr]).toEqual([0, ""]);
  expect(text.stdout).toContain("ampereone");
  const json = await run(["validate", "m.json", "--json", "--export-html", "p.html"], { cwd });
  expect(JSON.parse(json.stdout)).toMatchObject({
    schemaVersion: 1,
    kind: "s2split-validation",
    measured: { profile: "ampereone" },
  });
  expect(readFileSync(join(cwd, "p.html"), "utf8")).toContain("ampereone");
  const other = await run(["validate", "m.json", "--json", "--profile", "kunpeng920"], { cwd });
  expect(JSON.parse(other.stdout).measured.profile).toBe("kunpeng920");
  const file = await measurement();
  const none = await run(["validate", file]);
  expect(none.code).toBe(2);
  expect(none.stderr).toMatch(
    /\ns2split: [^\n]*: nothing to set the model beside; expected measured runs on arm64 with their commands\n$/,
  );
});
