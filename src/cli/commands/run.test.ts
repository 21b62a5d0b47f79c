import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { atGoldenKeys, goldenFiles } from "../../testing/golden.js";
import { run } from "../../testing/inProcess.js";
import { temporaryFolder } from "../../testing/temporaryFolder.js";

interface RunJson {
  kind: string;
  runs: { strategy: string; chunk: string; bbm: 2 | null; input: unknown; steps: Record<string, unknown>[] }[];
}

const small = ["run", "-s", "anonymous_thp", "-b", "64M"];

describe("s2split run", () => {
  it("counts in every step what the kernel's code counts for the same options", async () => {
    const golden = goldenFiles<{ input: object; baseline: object[] }>("arm64-flow");
    const { data } = golden.find(({ name }) => name === "f-64M-of-2M-g-chunk2M-x2.json")!;
    const { code, stdout, stderr } = await run([...small, "-g", "-x", "2", "--chunk", "2M", "--json", "--digest"]);
    expect([code, stderr]).toEqual([0, ""]);
    const json = JSON.parse(stdout) as RunJson;
    expect(json.kind).toBe("s2split-run");
    expect(json.runs[0]!.input).toEqual(data.input);
    const steps = json.runs[0]!.steps.map((step, i) => atGoldenKeys(step, data.baseline[i]));
    expect(steps).toEqual(data.baseline);
  });

  it("sets lazy against every chunk of the granule by default, in the test's words", async () => {
    const { code, stdout } = await run([...small, "-g"]);
    expect(code).toBe(0);
    for (const chunk of ["0, lazy", "4K, eager", "2M, eager", "1G, eager"]) expect(stdout).toContain(`chunk ${chunk}`);
    expect(stdout).toContain("Testing guest mode: PA-bits:40,  VA-bits:48,  4K pages");
    expect(stdout).toContain("Iteration 2 get dirty log");
    expect(stdout).toContain("First accesses after disable");
  });

  it("offers splitting without break-before-make, labelled, beside the kernel's, with modelled time", async () => {
    const args = [...small, "--chunk", "2M", "--bbm", "2", "--profile", "ampereone"];
    const { code, stdout } = await run(args);
    expect(code).toBe(0);
    expect(stdout).toContain("chunk 2M, bbm 2 (proposed)");
    expect(stdout).toContain("modelled time, profile ampereone");
  });

  it("runs a scenario file's memory, and writes the whole as JSON", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "guest.json");
    const memslots = [{ base: "0x40000000", segments: [{ map: "2M", size: "4M" }] }];
    writeFileSync(
      file,
      JSON.stringify({ granule: "4K", ipaBits: 40, memslots, dirtyLog: { mode: "clear", chunk: "2M" } }),
    );
    const output = join(folder, "run.json");
    const { code } = await run(["run", "--scenario", file, "-v", "2", "-e", "-w", "20", "--export-json", output]);
    expect(code).toBe(0);
    const json = JSON.parse(readFileSync(output, "utf8")) as RunJson;
    expect(json.runs.map(({ chunk }) => chunk)).toEqual(["0", "4K", "2M", "1G"]);
    expect(json.runs[0]!.steps.map(({ phase }) => phase)).toContain("while_disabling");
  });

  it("says that a strategy is not right", async () => {
    const { code, stderr } = await run([...small, "--chunk", "2M", "--strategy", "skip-return-rfc"]);
    expect([code, stderr]).toEqual([0, expect.stringContaining("skip-return-rfc is not right: ")]);
  });

  it.each([
    [["-b", "1X"], '-b "1X": not a size'],
    [["-b", "64M", "-x", "3"], "64M in 3 memslots: cannot be cut evenly"],
    [["-i", "1"], "Expected a whole number from 2"],
    [["-m", "40"], "-m 40: no arm64 guest mode"],
    [["-m", "6", "--ipa-bits", "40"], "-m with --ipa-bits"],
    [["--chunk", "8M"], 'chunk "8M": the 4K granule has no such chunk size'],
    [["-s", "anonymus_thp"], 'did you mean "anonymous_thp"?'],
    [["-b", "1T", "--ipa-bits", "48"], "the guest's memory: 1024 GiB; expected at most 128G"],
    [["-b", "512G"], "the guest's memory"],
    [["--profile", "x86-tdp"], "--profile x86-tdp: prices x86-tdp; expected a profile of arm64"],
    [["--scenario", "no.json", "-b", "1G"], "-b with --scenario"],
    [["--scenario", "no.json"], "no.json: no such file"],
    [["--bbm", "1"], "Allowed choices are 2"],
  ])("refuses %j in one line and writes nothing", async (args, message) => {
    const output = join(temporaryFolder(), "out.json");
    const { code, stdout, stderr } = await run(["run", ...args, "--export-json", output]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
    expect(existsSync(output)).toBe(false);
  });
});
