import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { MeasurementFile } from "../../measure/schema.js";
import { type FakeBehaviour, makeFakeSelftest } from "../../testing/fakeSelftest.js";
import { run } from "../../testing/inProcess.js";
import { runWatched } from "../../testing/watched.js";

function fakeTest(behaviour: Readonly<Record<string, FakeBehaviour>> = {}) {
  const fake = makeFakeSelftest(behaviour);
  onTestFinished(() => fake.remove());
  const output = join(fake.folder, "m.json");
  return { ...fake, output, args: ["measure", "--output", output] };
}

const read = (path: string) => JSON.parse(readFileSync(path, "utf8")) as MeasurementFile;
/** What is said beside warnings of the machine. */
const said = (stderr: string) =>
  stderr
    .replace(/\n +/g, " ")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("warning: "));

describe("measure", () => {
  it("runs each case as often as it is to, warm-ups first, and writes what was planned and what came of it", async () => {
    const { args, output, program } = fakeTest();
    const more = ["--runs", "2", "--vary", "s=anonymous,anonymous_thp", "--timeout", "30", "--", program, "-g"];
    const { code, stdout, stderr } = await run([...args, ...more], { env: { PATH: process.env.PATH } });
    expect([code, said(stderr)]).toEqual([0, []]);
    expect(stderr).toContain("warning: vCPUs are not pinned (-c): the scheduler adds to the spread\n");
    const raw = output.replace(/\.json$/, ".raw");
    expect(stdout.endsWith(`\nWritten: ${output}, raw output in ${raw}\n`)).toBe(true);
    const file = read(output);
    expect(file).toMatchObject({
      kind: "s2split-measurement",
      source: "measure",
      tool: { name: "s2split", version: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
      partial: false,
      plan: { warmup: 1, runs: 2, timeoutMs: 30_000 },
    });
    expect(file.cases.map(({ variables, command, options }) => [variables, command, options!.backing])).toEqual(
      ["anonymous", "anonymous_thp"].map((backing) => [{ s: backing }, `${program} -g -s ${backing}`, backing]),
    );
    expect(file.runs.map(({ warmup }) => warmup)).toEqual([true, true, false, false, false, false]);
    expect(file.runs.map(({ status }) => status)).toEqual(Array(6).fill("complete"));
    expect(file.outputs).toHaveLength(6);
    expect(readdirSync(raw).sort()).toEqual(file.outputs.map(({ rawFile }) => rawFile!.slice("m.raw/".length)).sort());
    for (const { rawFile, text } of file.outputs) {
      expect(readFileSync(join(output, "..", rawFile!), "utf8")).toBe(text);
    }
  });

  it("has no limit of time where that is 0, and 10 minutes where none is given", async () => {
    const { args, output, program } = fakeTest();
    const once = ["--runs", "1", "--warmup", "0", "--force"];
    await run([...args, ...once, "--timeout", "0", "--", program]);
    expect(read(output).plan).toEqual({ warmup: 0, runs: 1, timeoutMs: null });
    await run([...args, ...once, "--", program]);
    expect(read(output).plan).toEqual({ warmup: 0, runs: 1, timeoutMs: 600_000 });
  });

  it("names a run that fails when it does, goes on, and ends with 1", async () => {
    const { args, output, program } = fakeTest({ 2: "assert" });
    const { code, stderr, stdout, progress, released } = await runWatched([
      ...args,
      ...["--runs", "3", "--warmup", "0", "--", program, "-g"],
    ]);
    expect([code, released]).toEqual([1, true]);
    expect(said(stderr)).toEqual([
      expect.stringMatching(/^run 2: failed \(exit code 254\): .*errno = 12; output in m\.raw\/0002-run2\.txt$/),
    ]);
    expect(stdout).toContain("2 runs, 1 not complete, left out");
    expect(read(output).runs.map(({ status }) => status)).toEqual(["complete", "failed", "complete"]);
    expect(progress).toEqual([
      "  0%  1/3 run 1",
      expect.stringMatching(/^ 33% {2}2\/3 run 2, about [\d.]+ (?:ms|s) left$/),
      expect.stringMatching(/^ 66% {2}3\/3 run 3, about [\d.]+ (?:ms|s) left$/),
    ]);
    // What is left is as many times the mean as there are runs to come.
    const left = progress.slice(1).map((line) => {
      const [, amount, unit] = /about ([\d.]+) (ms|s)/.exec(line)!;
      return Number(amount) * (unit === "s" ? 1e9 : 1e6);
    });
    const [first, second] = read(output).outputs.map(({ durationNs }) => durationNs!);
    expect(left[0]! / (2 * first!)).toBeCloseTo(1, 2);
    expect(left[1]! / ((first! + second!) / 2)).toBeCloseTo(1, 2);
  });

  it("that is interrupted writes what was measured, as partial, and ends with 130", async () => {
    const { args, output, program } = fakeTest();
    const how = ["--runs", "9", "--warmup", "0", "--", program];
    let before: MeasurementFile | undefined;
    const { code, stdout, stderr, released } = await runWatched([...args, ...how], {
      at: "2/9 run 2",
      atProgress: () => {
        before = read(output);
      },
    });
    expect([code, released]).toEqual([130, true]);
    expect(before).toMatchObject({ partial: true, runs: [{ status: "complete" }] });
    expect(said(stderr)[0]).toBe("interrupted: ending the run, then writing what there is");
    expect(stdout).toMatch(/\nWritten: [^\n]*m\.json, raw output in [^\n]*m\.raw\n$/);
    const file = read(output);
    expect([file.partial, file.runs[0]!.status, file.runs.length < 9]).toEqual([true, "complete", true]);
  });

  it("that is interrupted before any run is finished writes no result, and keeps none that is there", async () => {
    const { args, output, program } = fakeTest();
    writeFileSync(output, "mine");
    const how = ["--force", "--runs", "2", "--warmup", "0", "--", program];
    const { code, stdout } = await runWatched([...args, ...how], { at: "" });
    expect([code, readFileSync(output, "utf8")]).toEqual([130, "mine"]);
    expect(stdout).toMatch(/\nWritten: no result, for no run was finished, raw output in [^\n]*\.raw\n$/);
  });

  it("writes over no result, and leaves no folder where it does not begin", async () => {
    const { args, output, program } = fakeTest();
    writeFileSync(output, "mine");
    const { code, stderr } = await run([...args, "--", program]);
    expect([code, said(stderr)]).toEqual([
      2,
      [`s2split: ${output}: is there already; expected another --output, or --force`],
    ]);
    expect(existsSync(output.replace(/\.json$/, ".raw"))).toBe(false);
  });
});
