import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Counts } from "../mmu/counters.js";
import { withoutZeros } from "../mmu/flow/withoutZeros.js";
import { goldenFiles } from "../testing/golden.js";
import { run } from "../testing/inProcess.js";
import { temporaryFolder } from "../testing/temporaryFolder.js";
import { runWatched } from "../testing/watched.js";

interface Step {
  readonly phase: string;
  readonly counts: Counts;
  readonly state?: { readonly digest: string };
}

interface FlowJson {
  readonly kind: string;
  readonly runs: readonly { readonly variant: string; readonly variables: object; readonly steps: readonly Step[] }[];
}

interface Golden {
  readonly input: { readonly eagerSplit: boolean };
  readonly baseline: readonly (Record<string, unknown> & { phase: string; flush?: Record<string, unknown> })[];
}

const files = new Map(goldenFiles<Golden>("riscv-flow").map(({ name, data }) => [name, data]));

/** A golden step in the form of the JSON: flushes counted, not listed. */
function told({ phase, kind: _, state, flush, ...counts }: Golden["baseline"][number]): object {
  const { log: __, logDigest: ___, ...flushes } = flush ?? {};
  return { phase, counts: withoutZeros({ ...counts, flush: flushes } as Counts), ...(state ? { state } : {}) };
}

describe("s2split run --mmu riscv", () => {
  const args = ["run", "--mmu", "riscv", "-s", "anonymous_hugetlb_2mb", "-b", "64M", "-p", "0x1fffc000000"];

  it("sets lazy splitting against eager, each step as the kernel's code counts it", async () => {
    const { code, stdout, stderr } = await run([...args, "-g", "--json", "--digest"]);
    expect([code, stderr]).toEqual([0, ""]);
    const json = JSON.parse(stdout) as FlowJson;
    expect(json.runs.map(({ variant }) => variant)).toEqual(["lazy", "eager"]);
    for (const { variant, steps } of json.runs) {
      const golden = files.get(`f-64M-of-2M-hugetlb-g-${variant}.json`)!;
      const counted = steps.map((step) => ({ ...step, counts: withoutZeros(step.counts) }));
      expect(counted, variant).toEqual(golden.baseline.map(told));
    }
  });

  it("says what it shows in the test's words, with what is known of an access that never ends", async () => {
    const { code, stdout } = await run(["run", "--mmu", "riscv", "-s", "anonymous_thp", "-b", "4M", "-w", "50", "-g"]);
    expect(code).toBe(0);
    expect(stdout).toContain("KVM/riscv G-stage: 4M of 2M at 0x40000000, 1 vCPU, no manual protect");
    expect(stdout).toMatch(/^First accesses after disable +[\d,]+ +0 +[1-9]\d* /m);
    expect(stdout).toMatch(/^End of the VM +0 .* 3$/m);
    expect(stdout.replace(/\s+/g, " ")).toContain("Found by running it in userspace, not seen on a running kernel.");
  });

  it("has a row for lazy and one for eager where they differ, none where nothing is counted, and ends in a sentence", async () => {
    const { stdout } = await run(["run", "--mmu", "riscv", "-s", "anonymous_thp", "-b", "4M", "-w", "50", "-g"]);
    expect(stdout).toMatch(/^Enabling dirty logging, lazy .*\nEnabling dirty logging, eager /m);
    expect(stdout).toMatch(/^Iteration 2 dirty memory +0 /m);
    expect(stdout).not.toContain("Disabling");
    const last = stdout.slice(stdout.lastIndexOf("\n\n")).replace(/\s+/g, " ");
    expect(last).toMatch(
      /^ baseline: all phases together, eager splits in place of lazy ones take slow faults from 2,086 to 2,084, /,
    );
  });

  it("runs one way of splitting where it is asked for, in the mode asked for", async () => {
    const options = ["--eager", "on", "--gstage", "sv57x4", "--resched-every", "5", "--svvptc", "on", "--json"];
    const { stdout } = await run([...args, ...options, "-e", "-v", "2"]);
    const json = JSON.parse(stdout) as FlowJson;
    expect(json.runs.map(({ variables }) => variables)).toEqual([{ gstage: "sv57x4", eager: "on" }]);
  });

  it.each([
    [["--chunk", "2M"], "--chunk with --mmu riscv: it is of arm64; expected it only there"],
    [["--granule", "16K"], "--granule with --mmu riscv: it is of arm64; expected it only there"],
    [["-m", "6"], "-m with --mmu riscv: it is of arm64; expected it only there"],
    [["--mmu", "x86-tdp"], "--mmu x86-tdp: has no guests that fault; expected arm64, riscv"],
    [["--mmu", "arm64", "--gstage", "sv39x4"], "--gstage with --mmu arm64: it is of riscv; expected it only there"],
    [["-b", "1T"], "the guest's memory: 1024 GiB; expected at most 64G in all"],
    [["-p", "0x1ffffe00000", "--gstage", "sv39x4"], "beyond the 41 bits of sv39x4"],
  ])("refuses %j in one line", async (given, message) => {
    const { code, stdout, stderr } = await run([...args, ...given]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});

describe("the flow that run makes of its options for riscv", () => {
  const small = ["run", "--mmu", "riscv", "-s", "anonymous_thp", "-b", "2M"];
  const guest = (name: string, iteration: number, writePercent: number, order: string) => {
    return { op: "guest", name, iteration, writePercent, order };
  };
  const backing = [{ map: "2M", size: "2M", hugetlb: false }];

  it("has each of them", async () => {
    const args = ["-v", "2", "-x", "2", "-i", "2", "-w", "40", "-a", "-o", "-g", "-e", "-r", "5", "--rule", "lehmer"];
    const { stdout } = await run([...small, ...args, "-p", "0x80000000", "--json"]);
    const json = JSON.parse(stdout);
    expect(json).toMatchObject({
      schemaVersion: 1,
      kind: "s2split-flow",
      mmu: "riscv",
      tool: { name: "s2split", version: expect.stringMatching(/^\d+\.\d+\.\d+$/), modelVersion: expect.any(Number) },
      runs: [
        { strategy: "baseline", source: "builtin", variant: "lazy", variables: { gstage: "sv39x4", eager: "off" } },
        { strategy: "baseline", source: "builtin", variant: "eager", variables: { gstage: "sv39x4", eager: "on" } },
      ],
    });
    expect(json.flow).toEqual({
      manual: 0,
      slots: [
        { base: "0x80000000", size: "2M", hva: "0x400000000000", backing },
        { base: "0x80200000", size: "2M", hva: "0x401000000000", backing },
      ],
      vcpus: 2,
      partitioned: false,
      pagesPerVcpu: 512,
      rule: "lehmer",
      seed: 5,
      steps: [
        guest("populate", 0, 100, "sequential"),
        { op: "enable", name: "enable" },
        guest("dirty1", 1, 40, "random"),
        { op: "get", name: "get1" },
        guest("dirty2", 2, 40, "random"),
        { op: "get", name: "get2" },
        { op: "disable", name: "disable", guests: guest("while_disabling", 3, 40, "random") },
        guest("after_disable", 4, 40, "random"),
      ],
    });
  });

  it("is that of the test where nothing else is asked for, and the same in a file and on standard output", async () => {
    const file = join(temporaryFolder(), "flow.json");
    const { progress, stdout } = await runWatched([...small, "--export-json", file]);
    const text = readFileSync(file, "utf8");
    expect(stdout).toMatch(/^KVM\/riscv G-stage: 2M of 2M at 0x40000000, 1 vCPU, manual protect, initially-all-set\n/);
    expect((await run([...small, "--json"])).stdout).toBe(text);
    expect(JSON.parse(text).flow).toMatchObject({
      manual: 3,
      slots: [{ base: "0x40000000", size: "2M", backing }],
      vcpus: 1,
      partitioned: true,
      rule: "hash",
      seed: 1,
    });
    const { steps } = JSON.parse(text).flow as { steps: { name: string; order?: string }[] };
    expect(steps.map(({ name }) => name)).toEqual(
      "populate enable dirty1 get1 clear1 dirty2 get2 clear2 disable after_disable".split(" "),
    );
    expect([steps[2]!.order, text.includes('"digest"')]).toEqual(["sequential", false]);
    expect(progress[0]).toMatch(/^ {2}0% {2}baseline, lazy: /);
    expect(progress.at(-1)).toMatch(/^ {2}0% {2}baseline, eager: /);
  });
});
