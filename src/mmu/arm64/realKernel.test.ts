import { describe, expect, it } from "vitest";
import { formatAddress, parseSize } from "../../guest/sizes.js";
import { flowOfTest, type TestOptions } from "../../selftest/selftest.js";
import { goldenFiles } from "../../testing/golden.js";
import { totalAt } from "../counters.js";
import { runFlow } from "./flow.js";
import { countsOfStep, type FlowStep } from "./flowStep.js";
import { strategies } from "./strategies/index.js";

type KernelCounts = Readonly<Record<string, number>>;
interface KernelRun {
  region?: readonly [string, string];
  phases: Readonly<Record<string, KernelCounts>>;
}

const runs = Object.entries(goldenFiles<Record<string, KernelRun>>("real-kernel")[0]!.data);
const baseline = strategies.find(({ id }) => id === "baseline")!;

/**
 * The options of a run, from its name. The real guest ignores -w unless it is 0, and vCPU 0 then
 * writes every page.
 */
function optionsOf(name: string): TestOptions {
  const words = name.split("_");
  const backing = /hugetlb_1gb/.test(name) ? "hugetlb-1g" : /hugetlb_2mb|slots_2mb/.test(name) ? "hugetlb-2m" : "4k";
  return {
    granule: "4K",
    ipaBits: words.includes("pa48") ? 48 : 40,
    backing: words.includes("thp") ? "thp" : backing,
    bytesPerVcpu: parseSize(words.includes("1G") ? "1G" : "64M"),
    vcpus: words.includes("2vcpu") ? 2 : 1,
    memslots: words.includes("4slots") ? 4 : 1,
    iterations: 2,
    writePercent: words.includes("w0") ? 0 : 100,
    random: false,
    overlap: false,
    manual: words.at(-1) === "g" ? 0 : 3,
    whileDisabling: false,
    seed: 1,
    chunk: /chunk(\w+?)_/.exec(name)?.[1] ?? "0",
    rule: "lehmer",
  };
}

/** The phases of the file, and the steps of the flow that they are. */
const PHASES: Readonly<Record<string, string>> = {
  enable: "enable",
  dirty1: "dirty1",
  dirtyN: "dirty2",
  getlog1: "get1",
  getlogN: "get2",
  clear1: "clear1",
  clearN: "clear2",
};

/** What was counted in the kernel, from the counts of a step. */
function kernelCounts(step: FlowStep): KernelCounts {
  const counts = countsOfStep(step);
  const at = (...paths: string[]) => paths.reduce((sum, path) => sum + (totalAt(counts, path) ?? 0), 0);
  return {
    splitVisits: at("split/visits"),
    splitWalks: at("split/walks"),
    splitCalls: at("split/calls"),
    // One subtree is built unlinked for each block that is broken.
    unlinkedTreesBuilt: at("split/tlbi"),
    mapVisits: at("split/nested/visits", "map/visits"),
    attrVisits: at("writeProtect/visits", "relax/visits"),
    writeProtectWalks: at("writeProtect/walks"),
    tlbiIpa: at("split/tlbi", "tlbi"),
    tlbiVmid: at("flush/memslot"),
    tlbiRange: at("tlbiRange"),
    clearWords: at("masks"),
    guestAborts: at("faults"),
  };
}

/**
 * One run has no aborts in its file although it has as many relaxations as the others: they were
 * not recorded.
 */
const ABORTS_NOT_RECORDED = "1G_anon_hugetlb_2mb_chunk1G_g";

const withRegion = runs.flatMap(([name, { region }]) => (region === undefined ? [] : [{ name, region }]));

it.each(withRegion)("real kernel, $name, places its memory where the test placed it", ({ name, region }) => {
  const options = optionsOf(name);
  const { base } = flowOfTest(options).slots[0]!;
  expect([base, formatAddress(Number(base) + options.bytesPerVcpu)]).toEqual(region);
});

describe.each(runs)("real kernel, %s", (name, run) => {
  const input = flowOfTest(optionsOf(name));
  const steps = new Map(runFlow(input, baseline, { digest: false }).map((step) => [step.phase, step]));

  it.each(Object.keys(run.phases))("%s counts what the running kernel counted", (phase) => {
    const { topups, ...expected } = run.phases[phase]!;
    const step = steps.get(PHASES[phase]!)!;
    const counted = kernelCounts(step);
    const { guestAborts, ...rest } = counted;
    if (name === ABORTS_NOT_RECORDED) {
      expect({ ...rest, guestAborts: 0 }).toEqual(expected);
      expect(guestAborts).toBe(totalAt(countsOfStep(step), "relax/calls") ?? 0);
    } else {
      expect(counted).toEqual(expected);
    }
    // A resched that was due drops the lock, and tops up, too.
    if (/^(enable|clear)/.test(phase)) {
      expect(totalAt(countsOfStep(step), "split/topups") ?? 0).toBeLessThanOrEqual(topups!);
    }
  });
});
