import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../../testing/inProcess.js";
import { ROOT, temporaryFolder } from "../../testing/temporaryFolder.js";

const FIXTURES = join(ROOT, "src/testing/fixtures");
const fixture = (name: string) => join(FIXTURES, name);

it("prints the times of published logs, several at once", async () => {
  const { code, stdout, stderr } = await run([
    "import",
    fixture("published/gardon-2021-11-x86-96vcpu-hugetlb-1gb.txt"),
    fixture("published/sharma-2023-02-160vcpu.txt"),
    fixture("published/loongarch-kselftest-wrapped.txt"),
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^disable +45\.7 s$/m);
  expect(stdout).toMatch(/^set-mode +52(?:\.0)? ns$/m);
  expect(stdout).toContain("PA-bits:36, VA-bits:47, 16K pages; 1 run");
});

it("writes a measured result that has the raw output and the options", async () => {
  const output = join(temporaryFolder(), "m.json");
  const log = fixture("dirty-log-perf-test/dlpt_64M_anon_thp_chunk2M_g.txt");
  const command = "KVM_EAGER_SPLIT_CHUNK=0x200000 dirty_log_perf_test -m 6 -g -b 64M -s anonymous_thp";
  const { code } = await run(["import", log, "--command", command, "--output", output]);
  expect(code).toBe(0);
  const file = JSON.parse(readFileSync(output, "utf8"));
  expect(file).toMatchObject({
    kind: "s2split-measurement",
    schemaVersion: 1,
    source: "import",
    cases: [{ command, options: { backing: "anonymous_thp", manualProtect: false, eagerSplitChunkBytes: 2 ** 21 } }],
    runs: [{ status: "complete" }],
  });
  expect(file.outputs[0].text).toBe(readFileSync(log, "utf8"));
});

it("names on stderr, by log and line, what it cannot read", async () => {
  const log = join(temporaryFolder(), "mail.txt");
  writeFileSync(
    log,
    `Hello,\n\n$ ./dirty_log_perf_test -b 64M -g\n${readFileSync(fixture("dirty-log-perf-test/dlpt_64M_anon_off_g.txt"))}Regards\n`,
  );
  const { code, stdout, stderr } = await run(["import", log]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^dirty_log_perf_test -b 64M -g\n/);
  expect(stderr).toBe(`${log} line 1: not read: "Hello,"\n${log} line 18: not read: "Regards"\n`);
});

it("says beside figures of -w and -a what the real test does with them", async () => {
  const log = fixture("dirty-log-perf-test/var_64M_i5_w50_random_manual.txt");
  const { stdout } = await run([
    "import",
    log,
    "--command",
    "dirty_log_perf_test -b 64M -i 5 -w 50 -a -s anonymous_thp",
  ]);
  expect(stdout).toMatch(/note: -w 50 had no effect: .*7\.3/);
  expect(stdout).toMatch(/note: -a touched one page only: .*7\.3/);
});

describe("a run that lacks phases", () => {
  const whole = readFileSync(fixture("dirty-log-perf-test/dlpt_64M_anon_off_g.txt"), "utf8");
  const cut = whole.slice(0, whole.indexOf("Iteration 2"));
  const files = () => {
    const folder = temporaryFolder();
    const [good, bad, output] = ["good.log", "bad.log", "m.json"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(good, `$ ./dirty_log_perf_test -b 64M -g\n${whole}`);
    writeFileSync(bad, `$ ./dirty_log_perf_test -b 64M -g\n${cut}`);
    return { good, bad, output };
  };

  it("ends import with code 1 beside a complete one, and both are in the result", async () => {
    const { good, bad, output } = files();
    const { code, stdout } = await run(["import", good, bad, "--output", output]);
    expect(code).toBe(1);
    expect(stdout).toContain("1 run, 1 not complete, left out");
    const { runs } = JSON.parse(readFileSync(output, "utf8"));
    expect(runs.map((run: { status: string }) => run.status)).toEqual(["complete", "incomplete"]);
  });

  it("ends import with code 2 where no other is complete, and nothing is written", async () => {
    const { bad, output } = files();
    for (const logs of [[bad], [bad, bad]]) {
      const { code, stdout, stderr } = await run(["import", ...logs, "--output", output]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(
        /^s2split: [^\n]*incomplete; missing: dirty 2, [^\n]*; expected a run with all its phases[^\n]*\n$/,
      );
      expect(existsSync(output)).toBe(false);
    }
  });
});

it("reads standard input and prints JSON", async () => {
  const { code, stdout } = await run(["import", "-", "--json"], {
    stdin: readFileSync(fixture("dirty-log-perf-test/var_allmodes_64M_anon_chunk2M_g.txt"), "utf8"),
  });
  expect(code).toBe(0);
  expect(JSON.parse(stdout).runs).toHaveLength(10);
});

describe("wrong input ends with code 2 and one line:", () => {
  it.each([
    ["the test's help", [fixture("dirty-log-perf-test/var_help.txt")], /has the help of the test \(line 3\), no run/],
    ["a log of something else", ["package.json"], /package\.json: has no run of dirty_log_perf_test/],
    ["no such log", ["./nowhere"], /nowhere: no such file/],
    ["a command that is none", ["package.json", "--command", "sleep 1"], /not a command of the selftest/],
    [
      "another run's command",
      [fixture("dirty-log-perf-test/dlpt_64M_anon_off_g.txt"), "--command", "dirty_log_perf_test -b 1G"],
      /line 3: not the output of --command: -g, -b differ/,
    ],
  ])("%s", async (_, args, message) => {
    const { code, stdout, stderr } = await run(["import", ...args]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});
