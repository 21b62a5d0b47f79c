import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { atGoldenKeys, goldenFiles } from "../../testing/golden.js";
import { run } from "../../testing/inProcess.js";
import { temporaryFolder } from "../../testing/temporaryFolder.js";
import { runWatched } from "../../testing/watched.js";

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

describe("the flow that run makes of its options", () => {
  const runsOf = async (...args: string[]) =>
    (JSON.parse((await run(["run", "-s", "thp", "-b", "2M", "--json", ...args])).stdout) as RunJson).runs;

  it("has each of them", async () => {
    const args = ["-v", "2", "-x", "2", "-i", "3", "-w", "40", "-a", "-o", "-g", "-e", "-r", "0x10"];
    const [only, ...others] = await runsOf(...args, "-p", "0x40000000", "--rule", "lehmer", "--chunk", "2M");
    expect(others).toEqual([]);
    const guest = (name: string, iteration: number) => {
      return { op: "guest", name, iteration, writePercent: 40, order: "random" };
    };
    const backing = [{ map: "2M", size: "2M" }];
    expect(only).toMatchObject({ strategy: "baseline", source: "builtin", chunk: "2M", bbm: null });
    expect(only!.input).toEqual({
      granule: "4K",
      ipaBits: 40,
      chunk: "2M",
      manual: 0,
      slots: [
        { base: "0x40000000", size: "2M", hva: "0x400000000000", backing },
        { base: "0x40200000", size: "2M", hva: "0x401000000000", backing },
      ],
      vcpus: 2,
      partitioned: false,
      pagesPerVcpu: 512,
      rule: "lehmer",
      seed: 16,
      steps: [
        { op: "guest", name: "populate", iteration: 0, writePercent: 100, order: "sequential" },
        { op: "enable", name: "enable" },
        guest("dirty1", 1),
        { op: "get", name: "get1" },
        guest("dirty2", 2),
        { op: "get", name: "get2" },
        guest("dirty3", 3),
        { op: "get", name: "get3" },
        { op: "disable", name: "disable", guests: guest("while_disabling", 4) },
        guest("after_disable", 5),
      ],
    });
  });

  it("is that of the test where nothing else is asked for", async () => {
    const runs = await runsOf();
    expect(runs.map(({ chunk, bbm }) => [chunk, bbm])).toEqual([
      ["0", null],
      ["4K", null],
      ["2M", null],
      ["1G", null],
    ]);
    expect(runs[0]!.input).toMatchObject({
      ipaBits: 40,
      manual: 3,
      slots: [{ base: "0xffffc00000" }],
      vcpus: 1,
      partitioned: true,
      rule: "hash",
      seed: 1,
    });
    const { steps } = runs[0]!.input as { steps: { name: string; order?: string }[] };
    expect(steps.map(({ name }) => name)).toEqual(
      "populate enable dirty1 get1 clear1 dirty2 get2 clear2 disable after_disable".split(" "),
    );
    expect(steps[2]!.order).toBe("sequential");
    // No digest unless it is asked for.
    expect(JSON.stringify(runs)).not.toContain('"digest"');
    expect(JSON.stringify(await runsOf("--digest", "--chunk", "0"))).toContain('"digest"');
  });

  it("takes chunks once each, and eager ones a second time without break-before-make", async () => {
    const runs = await runsOf("--chunk", "0,2M,2048K", "--bbm", "2", "--strategy", "baseline,max-level");
    expect(runs.map(({ strategy, chunk, bbm }) => [strategy, chunk, bbm])).toEqual(
      ["baseline", "max-level"].flatMap((strategy) => [
        [strategy, "0", null],
        [strategy, "2M", null],
        [strategy, "2M", 2],
      ]),
    );
  });

  it("has the width and the guest's pages of a mode of the test", async () => {
    const heading = async (...args: string[]) =>
      (await run(["run", "-s", "4k", "-b", "2M", "--chunk", "0", ...args])).stdout.split("\n")[1];
    expect(await heading("-m", "1")).toMatch(/^Testing guest mode: PA-bits:52,/);
    expect(await heading("-m", "6")).toBe("Testing guest mode: PA-bits:40,  VA-bits:48,  4K pages");
    expect(await heading("--ipa-bits", "48")).toMatch(/^Testing guest mode: PA-bits:48, {2}VA-bits:48, {2}4K pages$/);
    expect(await heading("--ipa-bits", "41")).toBe("IPA width 41, 4K guest pages");
    expect(await heading("--granule", "16K")).toMatch(/^Testing guest mode: PA-bits:40, {2}VA-bits:48, 16K pages$/);
  });

  it("takes a scenario's memory, and sets the proposal that it asks for against the kernel's way", async () => {
    const scenario = {
      name: "asks",
      granule: "4K",
      ipaBits: 40,
      memslots: [{ base: "0x40000000", segments: [{ map: "2M", size: "2M" }] }],
      dirtyLog: { mode: "clear", chunk: "2M", bbm: 2 },
    };
    const args = ["run", "--scenario", "-", "--chunk", "0,2M", "--json"];
    const { stdout } = await run(args, { stdin: JSON.stringify(scenario) });
    const { runs } = JSON.parse(stdout) as RunJson;
    expect(runs.map(({ chunk, bbm }) => [chunk, bbm])).toEqual([
      ["0", null],
      ["2M", null],
      ["2M", 2],
    ]);
    const plain = await run([...args.slice(0, -1), "-g"], { stdin: JSON.stringify(scenario) });
    expect(plain.stdout.split("\n").slice(1, 5)).toEqual([
      "IPA width 40, 4K guest pages",
      "Random seed: 0x1",
      "guest physical test memory: [0x40000000, 0x40200000)",
      "4K granule; 1 vCPU, no manual protect (-g)",
    ]);
  });
});

describe("what run prints and writes", () => {
  const args = ["run", "-s", "thp", "-b", "2M", "--chunk", "0,2M"];

  it("is the same JSON on standard output and in a file, tables beside the file, and drawings below them", async () => {
    const folder = temporaryFolder();
    const [json, html] = [join(folder, "run.json"), join(folder, "run.html")];
    const written = await run([...args, "--export-json", json, "--export-html", html]);
    const shown = await run([...args, "--json", "--plot"]);
    expect(readFileSync(json, "utf8")).toBe(shown.stdout);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      schemaVersion: 1,
      kind: "s2split-run",
      tool: { name: "s2split", version: expect.stringMatching(/^\d+\.\d+\.\d+$/), modelVersion: expect.any(Number) },
    });
    expect(written.stdout).toMatch(/^Test iterations: 2\nTesting guest mode: /);
    const plot = await run([...args, "--plot"]);
    expect(plot.stdout.slice(0, written.stdout.length + 1)).toBe(`${written.stdout}\n`);
    expect(plot.stdout.length).toBeGreaterThan(written.stdout.length + 100);
    expect(readFileSync(html, "utf8")).toContain("Iteration 2");
  });

  it("says of each strategy that is not right that it is not, once, and of no other", async () => {
    const { stderr } = await run([...args, "--strategy", "max-level,skip-return-rfc"]);
    expect(stderr.replace(/\n +/g, " ")).toBe(
      "skip-return-rfc is not right: pages followed by blocks: blocks stay unsplit; slot base off the 2M grid: TLBIs " +
        "go to a wrong IPA; 1G block with a 2M chunk: the first 2M stays a block (s2split verify)\n",
    );
  });

  it("tells a terminal how far it is, by all steps of all cases", async () => {
    const { progress, stderr } = await runWatched(args);
    expect(progress).toHaveLength(20);
    expect([progress[0], progress[10], progress[19]]).toEqual([
      expect.stringMatching(/^ {2}0% {2}baseline, chunk 0: /),
      expect.stringMatching(/^ 50% {2}baseline, chunk 2M: /),
      expect.stringMatching(/^ 95% {2}baseline, chunk 2M: /),
    ]);
    expect(stderr).toBe("");
  });

  it("adds modelled time with a profile", async () => {
    expect((await run([...args, "--profile", "ampereone"])).stdout).toContain("modelled time, profile ampereone");
    expect((await run(args)).stdout).not.toContain("modelled time");
  });
});
