import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { UserError } from "../errors.js";
import { arm64 } from "../mmu/arm64/index.js";
import { run } from "../testing/inProcess.js";
import { toy } from "../testing/toyMmu.js";
import { loadCase, loadScenario, parseScenario, shippedScenarios } from "./loadScenario.js";

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

  it.each([
    ["bakcing-4k.json", 'no such file, nor a scenario of s2split\'s, did you mean "backing-4k"?'],
    ["nothing-like-it", "no such file, nor a scenario of s2split's"],
    ["x".repeat(200), "no such file, nor a scenario of s2split's"],
  ])("is all that is expected where there is no file: %s", async (name, problem) => {
    await expect(loadScenario(name)).rejects.toThrow(
      new UserError(`${name}: ${problem}; expected a scenario file, or a name that s2split list scenarios has`),
    );
  });

  it("is not looked for where the file is there and cannot be read, nor by a path", async () => {
    const long = "x".repeat(300);
    await expect(loadScenario(long)).rejects.toThrow(
      new UserError(`${"x".repeat(197)}...: cannot be read: the name is too long; expected a scenario file`),
    );
    await expect(loadScenario("no\\holes")).rejects.toThrow(
      new UserError("no\\holes: no such file; expected a scenario file"),
    );
    await expect(loadCase("./holes")).rejects.toThrow(new UserError("./holes: no such file; expected a scenario file"));
  });

  it("is that of a file of JSON in the folder, in alphabetical order", async () => {
    const path = folder();
    const names = [..."zyxwvutsrqponmlkjihgfedcba"];
    for (const name of [...names, "README"])
      writeFileSync(join(path, `${name}.${name === "README" ? "md" : "json"}`), "");
    expect([...(await shippedScenarios(path))]).toEqual(
      names.reverse().map((name) => [name, join(path, `${name}.json`)]),
    );
  });

  it("is listed with the place of its file", async () => {
    const shipped = await shippedScenarios();
    const { stdout } = await run(["list", "scenarios", "--long"]);
    for (const path of shipped.values()) expect(stdout).toContain(`\n  ${path}\n`);
    const { stdout: short } = await run(["list", "scenarios"]);
    expect(short).toContain(shipped.get("holes")!.replace("holes.json", "NAME.json"));
  });
});

describe("a scenario in JSON", () => {
  const registry = [toy, arm64];

  it("is of the MMU that it names, else of the registry's first", async () => {
    expect((await parseScenario('{ "entries": 3, "holes": 0 }', "a.json", registry)).mmu.id).toBe("toy");
    expect((await parseScenario(JSON.stringify({ ...JSON.parse(LOCAL), mmu: "arm64" }), "a", registry)).mmu.id).toBe(
      "arm64",
    );
    expect((await parseScenario(LOCAL, "a.json")).mmu.id).toBe("arm64");
  });

  it.each<[text: string, message: string]>([
    ["[]", "a.json: is an array; expected a scenario"],
    ["null", "a.json: is null; expected a scenario"],
    ["3", "a.json: is a number; expected a scenario"],
    ["", "a.json: empty; expected a scenario; see scenarios/ for examples"],
    ['{ "mmu": 5 }', "a.json.mmu: is a number; expected a string"],
    ['{ "mmu": "tpy" }', 'MMU "tpy": unknown, did you mean "toy"?; expected one of toy, arm64'],
    ['{ "entries": 0 }', "a.json.entries: is 0; expected a whole number from 1 to 1000"],
    [
      '{ "kind": "s2split-interleaving" }',
      "a.json: is a schedule of verify --interleave; expected a scenario (verify and trace take schedules)",
    ],
  ])("is refused for what is wrong with it: %s", async (text, message) => {
    await expect(parseScenario(text, "a.json", registry)).rejects.toThrow(new UserError(message));
  });

  it("is named in messages by where it was read from, on one line", async () => {
    const stdin = (text: string) =>
      (async function* () {
        yield Buffer.from(text);
      })();
    const message = "standard input: is a number; expected a scenario";
    await expect(loadScenario("-", stdin("3"), registry)).rejects.toThrow(new UserError(message));
    await expect(loadCase("-", stdin("3"), registry)).rejects.toThrow(new UserError(message));
    expect((await loadScenario("-", stdin('{ "entries": 3, "holes": 0 }'), registry)).mmu.id).toBe("toy");
    const path = join(folder(), "three.json");
    writeFileSync(path, "3");
    await expect(loadScenario(path)).rejects.toThrow(new UserError(`${path}: is a number; expected a scenario`));
  });

  it("may be a schedule where schedules are taken", async () => {
    const path = join(folder(), "schedule.json");
    writeFileSync(path, '{ "kind": "s2split-interleaving" }');
    await expect(loadCase(path, undefined, registry)).rejects.toThrow(
      new UserError(`${path}.mmu: toy has no interleavings; expected another MMU`),
    );
    writeFileSync(path, '{ "entries": 3, "holes": 0 }');
    expect((await loadCase(path, undefined, registry)).mmu.id).toBe("toy");
  });
});
