import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { run } from "../../testing/inProcess.js";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "s2split-reproduce-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const SCENARIO = "scenarios/fault-passed-over.json";

it("writes the program, says how to run it, and writes over none that is there", async () => {
  const output = join(folder(), "passed-over.c");
  const how = ["reproduce", SCENARIO, "--output", output];
  const written = await run(how);
  expect({ code: written.code, stderr: written.stderr }).toEqual({ code: 0, stderr: "" });
  expect(written.stdout).toContain(`cc -O2 -o ${output.slice(0, -2)} ${output} && sudo ${output.slice(0, -2)}\n`);
  const text = readFileSync(output, "utf8");
  expect(text).toMatch(/^\/\*\n \* fault-passed-over: arm64 KVM; enable dirty logging/);
  expect(await run(how)).toMatchObject({ code: 2, stderr: expect.stringContaining("is there already") });
  expect((await run([...how, "--force"])).code).toBe(0);
});

it("writes to standard output, and then nothing else", async () => {
  const { code, stdout } = await run(["reproduce", "scenarios/x86-split-partial.json", "--output", "-"]);
  expect(code).toBe(0);
  expect(stdout.startsWith("/*\n * x86-split-partial: x86 KVM; clear the dirty log")).toBe(true);
  expect(stdout.endsWith("#endif\n")).toBe(true);
});

it.each([
  ["two scenarios", [SCENARIO, "--scenario", SCENARIO], /a scenario is given twice/],
  ["several cases", ["--backing", "4k,thp"], /the options make 2 scenarios; expected one/],
  ["a zap", ["scenarios/x86-zap-hello.json"], /^s2split: workload zap: zaps a root, which splits nothing/],
  ["an MMU that userspace cannot look into", ["--mmu", "x86-shadow"], /^s2split: MMU x86-shadow: has no reproduction/],
  ["a file that would be overwritten by its own program", [SCENARIO, "--output", SCENARIO, "--force"], /is read/],
])("refuses %s in one line, and writes nothing", async (_, args, message) => {
  const output = join(folder(), "out.c");
  const { code, stdout, stderr } = await run([
    "reproduce",
    ...args,
    ...(args.includes("--output") ? [] : ["--output", output]),
  ]);
  expect({ code, stdout, lines: stderr.trimEnd().split("\n").length }).toEqual({ code: 2, stdout: "", lines: 1 });
  expect(stderr).toMatch(message);
  expect(existsSync(output)).toBe(false);
});
