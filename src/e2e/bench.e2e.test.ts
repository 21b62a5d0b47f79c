import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { totalAt } from "../mmu/counters.js";
import type { ResultFile } from "../results/types.js";
import { unwrapped } from "../testing/inProcess.js";
import { ROOT, s2split, spawned, temporaryFolder } from "./cli.js";

function resultOf(stdout: string): ResultFile {
  return JSON.parse(stdout) as ResultFile;
}

/** Totals of a counter by case name and strategy. */
function totals(result: ResultFile, path: string): Record<string, Record<string, number | undefined>> {
  const out: Record<string, Record<string, number | undefined>> = {};
  for (const scenario of result.scenarios) {
    const runs = result.runs.filter((run) => run.scenario === scenario.id);
    out[scenario.name] = Object.fromEntries(runs.map((run) => [run.strategy, totalAt(run.counts, path)]));
  }
  return out;
}

describe("s2split bench", () => {
  it("gives the headline counts of 1 GiB for pages, THP and 1G hugetlb", async () => {
    const { code, stdout, stderr } = await s2split(["bench", "--backing", "4k,thp,hugetlb-1g", "--no-wall", "--json"]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const inspected = totals(resultOf(stdout), "split/inspected");
    expect(inspected["4k-1G"]).toMatchObject({
      baseline: 262657,
      "skip-return-rfc": 514,
      "skip-return": 1025,
      "page-block-flags": 513,
      "max-level": 513,
      "split-mark": 1,
    });
    expect(inspected["thp-1G"]).toMatchObject({ baseline: 262657, "skip-return-rfc": 513, "max-level": 513 });
    expect(inspected["hugetlb-1g-1G"]).toMatchObject({
      baseline: 262657,
      "skip-return-rfc": 1,
      "max-level": 513,
      "skip-new-table": 1,
    });
  });

  it("marks the RFC as posted wrong where pages are followed by blocks, with the figure, and still exits 0", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "pages-then-blocks.json");
    const scenario = {
      granule: "4K",
      ipaBits: 40,
      memslots: [
        {
          base: "0x40000000",
          segments: [
            { map: "4K", size: "2M" },
            { map: "2M", size: "1022M" },
          ],
        },
      ],
      dirtyLog: { mode: "enable", chunk: "1G" },
    };
    writeFileSync(file, JSON.stringify(scenario));
    const { code, stdout } = await s2split(["bench", "--scenario", file, "--no-wall"]);
    expect(code).toBe(0);
    const row = stdout.split("\n").find((line) => line.startsWith("skip-return-rfc"));
    expect(row).toMatch(/ WRONG$/);
    expect(stdout).toContain("\n\nWRONG: skip-return-rfc: 511 blocks unsplit, first at 0x40200000\n\n");
    expect((await s2split(["bench", "--scenario", file, "--no-wall", "--strict", "--quiet"])).code).toBe(3);
  });

  it("says that the whole ioctl gains only half of what the split walk gains on 4K memory", async () => {
    const { stdout } = await s2split(["bench", "-s", "4k", "--no-wall", "--strategy", "max-level"]);
    expect(unwrapped(stdout)).toContain(
      "max-level inspects 99.8% fewer entries than baseline in the split walk, and 49.9% fewer in the whole " +
        "ioctl: the write-protect walk is the same",
    );
  });

  it("measures wall time of both parts for every strategy, and records the environment and raw samples", async () => {
    const { code, stdout } = await s2split(["bench", "-s", "thp", "-b", "16M", "--runs", "7", "--json"]);
    expect(code).toBe(0);
    const result = resultOf(stdout);
    expect(result.environment?.node).toBe(process.versions.node);
    for (const run of result.runs) {
      expect(Object.keys(run.wall ?? {})).toEqual(["split", "ioctl"]);
      expect(run.wall?.split?.samplesNs).toHaveLength(7);
      expect(run.wall?.ioctl?.samplesNs.every((ns) => ns > 0)).toBe(true);
    }
  });

  it("puts nothing but JSON on stdout with --json, which is valid by its own schema", async () => {
    const { stdout, stderr } = await s2split(["bench", "-s", "4k", "-b", "4M", "--no-wall", "--json"]);
    expect(stderr).toBe("");
    const { resultFile } = await import("../results/schema.js");
    expect(resultFile.safeParse(JSON.parse(stdout)).success).toBe(true);
  });

  it("runs the test's own backing names and a sweep of chunks in both modes", async () => {
    const { code, stdout } = await s2split(
      [
        "bench",
        "-s",
        "anonymous_hugetlb_2mb",
        "-b",
        "8M",
        "--mode",
        "both",
        "--chunk",
        "0,4K,2M",
        "--no-wall",
        "--json",
      ].concat(["-x", "2"]),
    );
    expect(code).toBe(0);
    const ids = resultOf(stdout).scenarios.map((scenario) => scenario.id);
    expect(ids).toEqual([
      "hugetlb-2m-8M-x2/enable/chunk=0",
      "hugetlb-2m-8M-x2/enable/chunk=4K",
      "hugetlb-2m-8M-x2/enable/chunk=2M",
      "hugetlb-2m-8M-x2/clear/chunk=0",
      "hugetlb-2m-8M-x2/clear/chunk=4K",
      "hugetlb-2m-8M-x2/clear/chunk=2M",
    ]);
  });

  it("makes exactly the asked share of the 2M regions blocks, the same for the same seed and another for another", async () => {
    const run = async (seed: string) =>
      resultOf(
        (
          await s2split([
            "bench",
            "-s",
            "thp",
            "--thp-coverage",
            "0.25",
            "--seed",
            seed,
            "-b",
            "128M",
            "--no-wall",
            "--json",
          ])
        ).stdout,
      );
    const one = await run("1");
    expect(one.scenarios[0]!.initial).toMatchObject({ leaves: { "1": 0, "2": 16, "3": 48 * 512 } });
    expect((await run("1")).runs).toEqual(one.runs);
    expect((await run("2")).scenarios[0]!.initial).toMatchObject({ leaves: { "2": 16 } });
    expect((await run("2")).scenarios[0]!.scenario).not.toEqual(one.scenarios[0]!.scenario);
  });

  it("has scenarios that each say what they show", async () => {
    const { stdout } = await s2split(["list", "scenarios", "--json"]);
    const listed = JSON.parse(stdout) as { name: string; description: string }[];
    const files = readdirSync(join(ROOT, "scenarios")).filter((name) => name.endsWith(".json"));
    expect(listed.map(({ name }) => `${name}.json`).sort()).toEqual(files.sort());
    for (const { name, description } of listed) expect(description.length, name).toBeGreaterThan(60);
  });

  it("writes what it prints to --export-json and leaves an old file alone when the work does not begin", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "result.json");
    await s2split(["bench", "-s", "4k", "-b", "4M", "--no-wall", "--export-json", file]);
    const first = readFileSync(file, "utf8");
    expect(JSON.parse(first)).toMatchObject({ kind: "s2split-result", partial: false });
    const failed = await s2split(["bench", "-s", "nonsense", "--no-wall", "--export-json", file]);
    expect(failed.code).toBe(2);
    expect(readFileSync(file, "utf8")).toBe(first);
    expect(readdirSync(folder)).toEqual(["result.json"]);
  });

  it("keeps the finished cases in a file that says it is partial when it is interrupted, and exits 130", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "partial.json");
    const args = ["bench", "-b", "16M", "-s", "thp,4k,mixed", "--time", "1", "--export-json", file, "--quiet"];
    const { code, stderr } = await spawned(args, {
      during: (child) => {
        const watcher = watch(folder, () => {
          // The file appears when the first case is done.
          if (!existsSync(file)) return;
          watcher.close();
          child.kill("SIGINT");
        });
      },
    });
    expect(code).toBe(130);
    expect(stderr).toMatch(/interrupted after [12] of 3 cases/);
    const result = resultOf(readFileSync(file, "utf8"));
    expect(result.partial).toBe(true);
    expect(result.scenarios[0]!.name).toBe("thp-16M");
  });

  it("hears Ctrl-C in the middle of a cell that would take for ever", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "endless.json");
    // Some 5 x 10^10 walks: a hole of 200T in chunks of 4K.
    const slot = { base: "0x0", segments: [{ map: "hole", size: "200T" }] };
    const dirtyLog = { mode: "enable", chunk: "4K" };
    writeFileSync(file, JSON.stringify({ granule: "4K", ipaBits: 48, memslots: [slot], dirtyLog }));
    const result = join(folder, "result.json");
    const { code, stderr } = await spawned(
      [
        "bench",
        "--no-wall",
        "--scenario",
        join(ROOT, "scenarios/backing-4k.json"),
        file,
        "--export-json",
        result,
        "--quiet",
      ],
      {
        during: (child) => {
          const watcher = watch(folder, (_event, name) => {
            // The first case is on disk: the endless one has begun.
            if (name !== "result.json") return;
            watcher.close();
            child.kill("SIGINT");
          });
        },
      },
    );
    expect(code).toBe(130);
    expect(stderr).toContain("interrupted after 1 of 2 cases");
    expect(JSON.parse(readFileSync(result, "utf8"))).toMatchObject({ partial: true });
  });

  it("says in one line that standard output is full, and exits 2, not as a regression does", async () => {
    if (!existsSync("/dev/full")) return;
    const child = spawn("sh", ["-c", `"${process.execPath}" bin/s2split.js bench -s 4k -b 4M --no-wall > /dev/full`], {
      cwd: ROOT,
    });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(stderr).toBe("s2split: standard output: cannot be written (ENOSPC)\n");
    expect(code).toBe(2);
  });

  it("does not call a run right that had nothing to do", async () => {
    const { stdout } = await s2split([
      "bench",
      "-s",
      "thp",
      "-b",
      "4M",
      "--chunk",
      "0",
      "--no-wall",
      "--strategy",
      "skip-return-rfc",
    ]);
    expect(stdout.match(/nothing was to be split$/gm)).toHaveLength(2);
    expect(stdout).not.toMatch(/right$/m);
  });

  it("cleans names of control characters before they reach a terminal", async () => {
    const scenario = {
      name: "a\u001b[31mRED\u0007\nx",
      granule: "4K",
      ipaBits: 40,
      dirtyLog: { mode: "enable", chunk: "1G" },
    };
    const memslots = [{ base: "0x0", segments: [{ map: "4K", size: "4K" }] }];
    const { stdout } = await s2split(["bench", "--no-wall", "--scenario", "-"], {
      stdin: JSON.stringify({ ...scenario, memslots }),
    });
    expect(stdout).toContain("a [31mRED x: KVM/arm64");
    expect(stdout).not.toContain("\u001b");
  });

  it("ends quietly when the reader of its output goes away", async () => {
    const child = spawn(
      "sh",
      ["-c", `"${process.execPath}" bin/s2split.js bench -s 4k -b 4M --no-wall; echo "code $?" >&2`],
      { cwd: ROOT },
    );
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdout.destroy();
    await new Promise((resolve) => child.on("close", resolve));
    expect(stderr).toMatch(/^code \d+\n$/);
  });

  it.each([
    [["--backing", "thpp"], 'backing "thpp": unknown, did you mean "thp"?'],
    [["--strategy", "max-levl"], 'strategy "max-levl": unknown, did you mean "max-level"?'],
    [["--memory", "1Q"], '--memory "1Q": not a size'],
    [["--memory", "3K"], "--memory 3K: cannot be cut into 1 memslot of whole pages"],
    [["--chunk", "64K"], 'chunk "64K": the 4K granule has no such chunk size; expected 0 (off), 4K, 2M or 1G'],
    [["--memory", "4T", "--ipa-bits", "40"], "beyond the 40-bit IPA space"],
    [["-x", "3"], "--memory 1G: cannot be cut into 3 memslots"],
    [["--base", "zzz"], '--base "zzz": not an address; expected hexadecimal with 0x'],
    [["--runs", "5"], "Expected a whole number from 6"],
    [["--mmu", "x86-tdp", "--granule", "16K"], "--granule with --mmu x86-tdp: it is of arm64"],
    [["--maxphyaddr", "39"], "--maxphyaddr with --mmu arm64: it is of x86-tdp"],
    [
      ["--mmu", "x86-tdp", "--workload", "split", "--pml", "off"],
      "--pml with --workload split: it is of enable and clear",
    ],
    [
      ["--scenario", "scenarios/x86-zap-hello.json", "--maxphyaddr", "39"],
      "--maxphyaddr with --scenario: the file gives it",
    ],
    [
      ["--mmu", "x86-tdp", "--workload", "split", "--strategy", "skip-not-present"],
      'strategy "skip-not-present": applies to no case of the plan',
    ],
    [["--memory", "7P"], "--memory 7P: does not fit the IPA space"],
    [["--base", "0x40000800"], "memslots[0].base 0x40000800: not page-aligned"],
    [["--mode", "clear", "-g"], "-g with --mode clear: contradict each other"],
    [["--scenario", "no-such-file.json"], "no-such-file.json: no such file"],
    [["--scenario", "."], ".: is a folder"],
    [["--scenario", "README.md"], "README.md: not JSON"],
    [["--export-json", "no/such/folder/x.json"], "no/such/folder/x.json: cannot be written"],
    [["--runs", "6", "--time", "1"], "--runs with --time"],
  ])("refuses %j with one line, exit 2 and nothing on stdout", async (args, message) => {
    const { code, stdout, stderr } = await s2split(["bench", "--no-wall", ...args]);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(code).toBe(2);
  });

  it.each([
    [
      "a segment too large",
      { memslots: [{ base: "0x0", segments: [{ map: "4K", size: "2T" }] }] },
      "beyond the 40-bit IPA space",
    ],
    [
      "overlapping slots",
      {
        memslots: [
          { base: "0x0", segments: [{ map: "4K", size: "2M" }] },
          { base: "0x1000", segments: [{ map: "4K", size: "4K" }] },
        ],
      },
      "memslots[1]: overlaps memslots[0]",
    ],
    ["an unknown field", { memslot: [] }, 'field "memslot": unknown, did you mean "memslots"?'],
    [
      "a mapping of another granule",
      { memslots: [{ base: "0x0", segments: [{ map: "32M", size: "32M" }] }] },
      "no such mapping size",
    ],
    ["a wrong type", { ipaBits: "40" }, ".ipaBits: is a string; expected a whole number from 32 to 52"],
    [
      "a dirty bitmap where there is none",
      { memslots: [{ base: "0x0", segments: [{ map: "4K", size: "2M" }], dirty: { runs: [[0, 1]] } }] },
      "memslots[0].dirty: enabling knows no dirty bitmap",
    ],
    ["no slots", { memslots: [] }, ".memslots: has 0 elements"],
  ])("refuses a scenario with %s, naming the field", async (_what, change, message) => {
    const folder = temporaryFolder();
    const file = join(folder, "bad.json");
    const good = {
      granule: "4K",
      ipaBits: 40,
      memslots: [{ base: "0x40000000", segments: [{ map: "4K", size: "2M" }] }],
      dirtyLog: { mode: "enable", chunk: "1G" },
    };
    writeFileSync(file, JSON.stringify({ ...good, ...change }));
    const { code, stdout, stderr } = await s2split(["bench", "--no-wall", "--scenario", file]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  it.each([
    ["prototype pollution", '{"__proto__": {"polluted": true}, "granule": "4K"}'],
    ["deep nesting", `${"[".repeat(100_000)}${"]".repeat(100_000)}`],
    ["a truncated file", '{"granule": "4K", "ipaBits": 40, "mems'],
    ["an array", "[]"],
    ["nothing", ""],
  ])("refuses hostile JSON: %s", async (_what, text) => {
    const folder = temporaryFolder();
    const file = join(folder, "hostile.json");
    writeFileSync(file, text);
    const { code, stdout, stderr } = await s2split(["bench", "--no-wall", "--scenario", file]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("hostile.json");
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(existsSync(join(folder, "result.json"))).toBe(false);
  });

  it("prints no escape sequences into a pipe, colours with --color always, and obeys NO_COLOR", async () => {
    const args = ["bench", "-s", "4k", "-b", "4M", "--no-wall"];
    const csi = "\u001b[";
    expect((await s2split(args)).stdout).not.toContain(csi);
    expect((await s2split([...args, "--color", "always"])).stdout).toContain(csi);
    expect((await s2split(args, { env: { NO_COLOR: "1", FORCE_COLOR: "1" } })).stdout).not.toContain(csi);
  });

  it("keeps a table where lines may have 60 columns only, and says once what is equal in all rows", async () => {
    const { stdout } = await s2split(["bench", "-s", "4k", "-b", "4M", "--no-wall", "--strategy", "max-level"], {
      env: { COLUMNS: "60" },
    });
    expect(unwrapped(stdout)).toContain("The same under both strategies: TLBIs 0, tables 0, lock drops 1.\n");
    expect(stdout).toMatch(/^max-level +0 +-100\.0% +3 +-99\.7% {2}right$/m);
  });
});
