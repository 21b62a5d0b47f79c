import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { run } from "../testing/inProcess.js";
import { loadScenario, shippedScenarios } from "./loadScenario.js";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "s2split-scenario-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const LOCAL = JSON.stringify({
  name: "a local one",
  granule: "4K",
  ipaBits: 40,
  memslots: [{ base: "0x0", segments: [{ map: "2M", size: "2M" }] }],
  dirtyLog: { mode: "enable", chunk: "2M" },
});

describe("the name of a scenario that comes with s2split", () => {
  it.each(["holes", "holes.json"])("is its file in any folder: %s", async (name) => {
    const cwd = folder();
    const { code, stdout } = await run(["verify", "--scenario", name, "--strategy", "max-level"], { cwd });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^holes\//)]);
  });

  it.each(["holes", "holes.json"])("means a local file where there is one: %s", async (name) => {
    const cwd = folder();
    writeFileSync(join(cwd, "holes.json"), LOCAL);
    const { stdout } = await run(["verify", "--scenario", name, "--strategy", "max-level"], { cwd });
    expect(stdout).toMatch(/^a local one\//);
  });

  it.each([
    ["bench", "--no-wall", "-q", "--scenario", "backing-thp"],
    ["verify", "--strategy", "max-level", "--scenario", "backing-thp"],
    ["trace", "--limit", "1", "--scenario", "backing-thp"],
    ["run", "--chunk", "0", "--scenario", "fault-passed-over"],
    ["advise", "--mode", "clear", "--chunk", "2M", "--scenario", "holes"],
    ["reproduce", "fault-passed-over", "--output", "-"],
  ])("is taken by %s", async (...args) => {
    expect(await run(args, { cwd: folder() })).toMatchObject({ code: 0, stderr: "" });
  });

  it("is asked back where one is near", async () => {
    await expect(loadScenario("bakcing-4k")).rejects.toThrow(
      /^bakcing-4k: no such file, nor a scenario of s2split's, did you mean "backing-4k"\?; expected a scenario file, or/,
    );
    await expect(loadScenario("no/backing-4k.json")).rejects.toThrow(/^no\/backing-4k\.json: no such file; expected/);
  });

  it("is listed with the place of its file", async () => {
    const shipped = await shippedScenarios();
    const { stdout } = await run(["list", "scenarios", "--long"]);
    for (const path of shipped.values()) expect(stdout).toContain(`\n  ${path}\n`);
    const { stdout: short } = await run(["list", "scenarios"]);
    expect(short).toContain(shipped.get("holes")!.replace("holes.json", "NAME.json"));
  });
});
