import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run, unwrapped } from "../../testing/inProcess.js";
import { ROOT, temporaryFolder } from "../../testing/temporaryFolder.js";

const LOGS = join(ROOT, "src/testing/fixtures/dirty-log-perf-test");

/** A measured result of some of the real logs, each with its command. */
async function measuredFile(folder: string, names: readonly string[]): Promise<string> {
  const index = JSON.parse(readFileSync(join(LOGS, "index.json"), "utf8")) as Record<string, { command: string }>;
  const logs = names.map((name) => {
    const path = join(folder, name);
    writeFileSync(path, `$ ${index[name]!.command}\n${readFileSync(join(LOGS, name), "utf8")}`);
    return path;
  });
  const output = join(folder, "measured.json");
  const { code, stderr } = await run(["import", ...logs, "--output", output]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return output;
}

const SOME = [
  "dlpt_64M_anon_chunk2M_g.txt",
  "dlpt_64M_anon_chunk2M_manual.txt",
  "dlpt_64M_anon_off_g.txt",
  "dlpt_64M_anon_off_manual.txt",
  "dlpt_64M_anon_thp_chunk2M_g.txt",
  "dlpt_64M_anon_thp_chunk2M_manual.txt",
  "dlpt_64M_anon_thp_off_g.txt",
];

describe("s2split calibrate", () => {
  it("fits a profile to real logs, which validate and advise then take", async () => {
    const folder = temporaryFolder();
    const measured = await measuredFile(folder, SOME);
    const profile = join(folder, "box.json");
    const fitted = await run(["calibrate", measured, "--output", profile, "--name", "emulated"]);
    expect({ code: fitted.code, stderr: fitted.stderr }).toEqual({ code: 0, stderr: "" });
    expect(fitted.stdout).toMatch(/Profile emulated, fitted to \d+ measured phases/);
    expect(fitted.stdout).toContain("Root mean square error");
    const written = JSON.parse(readFileSync(profile, "utf8"));
    expect(written).toMatchObject({ kind: "s2split-cost-profile", name: "emulated", mmu: "arm64" });
    // A fault under emulation takes tens of microseconds in every log.
    expect(written.costs.fault.ns).toBeGreaterThan(10_000);
    expect(written.costs.fault.ns).toBeLessThan(200_000);

    const beside = await run(["validate", measured, "--profile", profile, "--json"]);
    expect(beside.code).toBe(0);
    const { rows } = JSON.parse(beside.stdout).measured;
    const dirty = rows.filter((row: { label: string }) => row.label.endsWith("dirty 2"));
    expect(dirty.length).toBe(SOME.length);
    for (const row of dirty) expect(Math.abs(row.errorPercent), row.label).toBeLessThan(50);

    const advice = await run(["advise", "--backing", "thp", "--profile", profile]);
    expect(advice.code).toBe(0);
    expect(advice.stdout).toContain("modelled with profile emulated");
  });

  it("does not write over a file, and writes nothing when it fails", async () => {
    const folder = temporaryFolder();
    const there = join(folder, "there.json");
    writeFileSync(there, "mine");
    const measured = await measuredFile(folder, SOME.slice(0, 1));
    const refused = await run(["calibrate", measured, "--output", there]);
    expect(refused.code).toBe(2);
    expect(readFileSync(there, "utf8")).toBe("mine");
  });

  it("names what it cannot use", async () => {
    const folder = temporaryFolder();
    const log = join(folder, "log.txt");
    writeFileSync(log, readFileSync(join(LOGS, SOME[0]!), "utf8"));
    const measured = join(folder, "m.json");
    await run(["import", log, "--output", measured]);
    const { code, stderr } = await run(["calibrate", measured]);
    expect(code).toBe(2);
    expect(stderr).toContain("its command is not known");
    expect(stderr).toContain("nothing to fit to");
  });

  it("leaves out runs of several vCPUs with -w, and counts those of one as all writes", async () => {
    const folder = temporaryFolder();
    const log = (name: string, command: string) => {
      const path = join(folder, name);
      writeFileSync(path, `$ ${command}\n${readFileSync(join(LOGS, "dlpt_64M_anon_off_g.txt"), "utf8")}`);
      return path;
    };
    const one = "dirty_log_perf_test -m 6 -b 64M -g -w 30";
    const measured = join(folder, "m.json");
    // Cut in half, two vCPUs have the memory that the log names.
    const logs = [log("one.txt", one), log("two.txt", "dirty_log_perf_test -m 6 -v 2 -b 32M -g -w 30")];
    expect((await run(["import", ...logs, "--output", measured])).code).toBe(0);
    for (const args of [
      ["calibrate", measured],
      ["validate", measured],
    ]) {
      const { code, stdout } = await run(args);
      expect(code).toBe(0);
      expect(unwrapped(stdout)).toMatch(
        /"dirty_log_perf_test [^"]*-v 2[^"]*" left out: with -w and several vCPUs, .*vCPU 0 writes every/,
      );
      expect(unwrapped(stdout)).toContain(
        `-w had no effect (${one}): the guest of the real test in Linux 7.3 never gets the seed`,
      );
      expect(stdout).not.toContain("-b 32M -v 2");
    }
  });

  it("refuses an unknown cost and a result of another kind with one line", async () => {
    const folder = temporaryFolder();
    const other = join(folder, "other.json");
    writeFileSync(other, "{}");
    const unknown = await run(["calibrate", other, "--costs", "splitVist"]);
    expect(unknown.stderr).toMatch(/^s2split: cost "splitVist": unknown.*did you mean "splitVisit"/);
    const kind = await run(["calibrate", other]);
    expect(kind.code).toBe(2);
    expect(kind.stderr.trim().split("\n")).toHaveLength(1);
  });
});
