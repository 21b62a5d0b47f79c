import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import type { MeasurementFile } from "../measure/schema.js";
import { type FakeBehaviour, type FakeSelftest, makeFakeSelftest } from "../testing/fakeSelftest.js";
import { unwrapped } from "../testing/inProcess.js";
import { s2split, spawned } from "./cli.js";

function fakeTest(behaviour: Readonly<Record<string, FakeBehaviour>> = {}): FakeSelftest & { readonly output: string } {
  const fake = makeFakeSelftest(behaviour);
  onTestFinished(() => fake.remove());
  return { ...fake, output: join(fake.folder, "m.json") };
}

const read = (path: string): MeasurementFile => JSON.parse(readFileSync(path, "utf8")) as MeasurementFile;

it("measures every case, writes the result and all raw output, and prints medians", async () => {
  const { program, output } = fakeTest();
  const args = ["--runs", "6", "--vary", "s=anonymous,anonymous_thp", "--output", output, "--", program, "-g"];
  const { code, stdout, stderr } = await s2split(["measure", ...args]);
  expect({ code, stderr: stderr.replace(/^warning: .*\n/gm, "") }).toEqual({ code: 0, stderr: "" });
  // 40 ms and the backing's factor, 3 or 5, with a microsecond or two of the call.
  expect(stdout).toMatch(
    /^dirty_log_perf_test -g -s anonymous\nPA-bits:40, VA-bits:48, 4K pages; 6 runs, 1 warm-up\n/m,
  );
  expect(stdout).toMatch(/^enable +120 ms +120 ms \.\. 120 ms/m);
  expect(stdout).toMatch(/^enable +200 ms/m);
  const file = read(output);
  expect(file).toMatchObject({
    kind: "s2split-measurement",
    source: "measure",
    partial: false,
    plan: { runs: 6, warmup: 1 },
  });
  expect(file.machine!.kernel).not.toBe("");
  expect(file.outputs).toHaveLength(14);
  for (const { rawFile, text } of file.outputs) {
    expect(readFileSync(join(output, "..", rawFile!), "utf8")).toBe(text);
  }
  expect(readdirSync(output.replace(".json", ".raw"))[0]).toBe("0001-s=anonymous-warmup1.txt");
});

it("names a run that fails, counts the others, and exits 1", async () => {
  const { program, output } = fakeTest({ 2: "assert" });
  const { code, stdout, stderr } = await s2split([
    "measure",
    "--runs",
    "3",
    "--warmup",
    "0",
    "--output",
    output,
    "--",
    program,
    "-g",
  ]);
  expect(code).toBe(1);
  expect(unwrapped(stderr)).toMatch(
    /^run 2: failed \(exit code 254\): .*KVM_SET_USER_MEMORY_REGION2 failed, errno = 12; output in m\.raw\/0002-run2\.txt$/m,
  );
  expect(stdout).toContain("2 runs, 1 not complete, left out");
  expect(read(output).runs.map(({ status }) => status)).toEqual(["complete", "failed", "complete"]);
});

it("ends a run that hangs after --timeout and goes on", async () => {
  const { program, output } = fakeTest({ 1: "hang" });
  const { code, stderr } = await s2split([
    "measure",
    "--runs",
    "2",
    "--warmup",
    "0",
    "--timeout",
    "1",
    "--output",
    output,
    "--",
    program,
  ]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^run 1: timeout: missing: enable/m);
  expect(read(output).runs.map(({ status }) => status)).toEqual(["timeout", "complete"]);
});

it("on Ctrl-C writes what was measured, marked partial, exits 130 and leaves no process behind", async () => {
  const { program, output, marker, folder } = fakeTest({ 3: "hang" });
  const { code, stdout, stderr } = await spawned(
    ["measure", "--runs", "9", "--warmup", "0", "--output", output, "--", program],
    {
      during: (child) => {
        vi.waitFor(() => expect(existsSync(marker)).toBe(true), { timeout: 60_000 }).then(() => child.kill("SIGINT"));
      },
    },
  );
  expect(code).toBe(130);
  expect(stderr).toContain("interrupted: ending the run");
  expect(stdout).toContain("2 runs, 1 not complete, left out");
  expect(stdout).toContain("Interrupted: the runs that were planned after this are not there.");
  const file = read(output);
  expect(file.partial).toBe(true);
  expect(file.runs.map(({ status }) => status)).toEqual(["complete", "complete", "interrupted"]);
  const left = readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, "utf8").includes(`${folder}/state`);
    } catch {
      return false;
    }
  });
  expect(left).toEqual([]);
});

it("has the result of finished runs on disk while a later one is running", async () => {
  const { program, output, marker } = fakeTest({ 2: "hang" });
  let seen: MeasurementFile | undefined;
  await spawned(["measure", "--runs", "5", "--warmup", "0", "--output", output, "--", program], {
    during: (child) => {
      vi.waitFor(() => expect(existsSync(marker)).toBe(true), { timeout: 60_000 }).then(() => {
        seen = read(output);
        child.kill("SIGTERM");
      });
    },
  });
  expect(seen).toMatchObject({ partial: true, runs: [{ status: "complete" }] });
});

it("refuses, before any run, what it cannot do", async () => {
  const { program, output, folder } = fakeTest();
  const refused = async (...args: string[]) => {
    const { code, stderr } = await s2split(["measure", ...args]);
    const lines = stderr
      .trimEnd()
      .split("\n")
      .filter((line) => !line.startsWith("warning:"));
    return `${code} ${lines.join("|")}`;
  };
  expect(await refused("--output", output, "--", "./nowhere/dirty_log_perf_test")).toMatch(
    /^2 s2split: \.\/nowhere\/dirty_log_perf_test: no such program[^|]*$/,
  );
  expect(await refused("--output", "/nowhere/m.json", "--", program)).toMatch(
    /^2 s2split: \/nowhere\/m\.json: cannot be written[^|]*$/,
  );
  expect(await refused("--vary", "q=1", "--output", output, "--", program)).toMatch(
    /^2 s2split: --vary q: no option of dirty_log_perf_test[^|]*$/,
  );
  const foreign = join(folder, "other", "dirty_log_perf_test");
  mkdirSync(join(folder, "other"));
  writeFileSync(foreign, Buffer.from(`7f454c4602010100${"00".repeat(8)}02000f27${"00".repeat(44)}`, "hex"), {
    mode: 0o755,
  });
  expect(await refused("--output", output, "--", foreign)).toMatch(
    /^2 s2split: .*dirty_log_perf_test: is built for machine 9999, and this machine is \w+; expected a test built for \w+$/,
  );
  // Nothing was measured, so nothing is left: no empty folder for raw output, no result.
  expect([existsSync(output), existsSync(output.replace(".json", ".raw"))]).toEqual([false, false]);
  writeFileSync(output, "mine");
  expect(await refused("--output", output, "--", program)).toMatch(/^2 s2split: .*is there already[^|]*$/);
  expect(readFileSync(output, "utf8")).toBe("mine");
  expect(existsSync(join(folder, "state"))).toBe(false);
});

it("gives results that compare reads: a slower kernel exits 1, the same one 0", async () => {
  const { program, folder } = fakeTest();
  const measured = async (name: string, chunk: string) => {
    const output = join(folder, name);
    await s2split([
      "measure",
      "--runs",
      "6",
      "--warmup",
      "0",
      "--env",
      "A=1",
      "--output",
      output,
      "--",
      program,
      "-g",
      "-s",
      chunk,
    ]);
    return output;
  };
  const base = await measured("base.json", "anonymous");
  const same = await measured("same.json", "anonymous");
  // The stand-in takes longer for this backing; the command is made the same, as of another kernel.
  const slower = join(folder, "slower.json");
  writeFileSync(
    slower,
    readFileSync(await measured("thp.json", "anonymous_thp"), "utf8").replaceAll("-s anonymous_thp", "-s anonymous"),
  );

  const equal = await s2split(["compare", base, same, "--wall-threshold", "5%"]);
  expect(equal.code).toBe(0);
  const regressed = await s2split(["compare", base, slower, "--wall-threshold", "5%"]);
  expect(regressed.code).toBe(1);
  expect(regressed.stdout).toMatch(/^enable +120 ms +200 ms +\+66\.7% .*6\/6 {2}SLOWER$/m);
  const mixed = await s2split(["compare", base, "package.json"]);
  expect({ code: mixed.code, lines: mixed.stderr.trimEnd().split("\n").length }).toEqual({ code: 2, lines: 1 });
});
