import { Chalk } from "chalk";
import { describe, expect, it } from "vitest";
import { profileNamed } from "../cost/profiles.js";
import { type PricedRun, priced } from "../cost/selftestTime.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { totalAt } from "../mmu/counters.js";
import { runSelftest, sumOf } from "../selftest/run.js";
import { flowOfTest } from "../selftest/selftest.js";
import { type RunHeading, runReport } from "./runTable.js";

const style = { chalk: new Chalk({ level: 0 }), columns: Number.POSITIVE_INFINITY };
const baseline = strategies.find(({ id }) => id === "baseline")!;
const heading: RunHeading = { mode: null, iterations: 2, writePercent: 100, random: false, whileDisabling: false };

function runWith(chunk: string, more: { bbm?: 2; profile?: string; vcpus?: number } = {}): PricedRun {
  const memory = { granule: "4K", ipaBits: 40, backing: "thp", bytesPerVcpu: 2 ** 26, memslots: 1 } as const;
  const how = { iterations: 2, writePercent: 100, random: false, overlap: false, whileDisabling: false } as const;
  const vcpus = more.vcpus ?? 1;
  const input = flowOfTest({ ...memory, ...how, vcpus, manual: 0, seed: 1, rule: "hash", chunk, bbm: more.bbm });
  const profile = more.profile === undefined ? null : profileNamed(more.profile);
  return priced(runSelftest({ strategy: baseline, input }, { digest: false }), profile);
}

/** Cells of the first line that begins with a label, below a heading. */
function cells(text: string, below: string, label: string): string[] {
  const line = text
    .slice(text.indexOf(below))
    .split("\n")
    .find((each) => each.startsWith(label))!;
  return line.slice(label.length).trim().split(/\s{2,}/); // biome-ignore format: one line
}

describe("a run of the simulated test", () => {
  it("sums guests after populating, ioctls, the whole, and get and clear over iterations", () => {
    const run = runWith("0");
    const faults = (total: keyof PricedRun["totals"]) => totalAt(run.totals[total], "faults") ?? 0;
    expect([faults("guest"), faults("ioctl"), faults("whole")]).toEqual([
      16384 + 16384 + 32,
      0,
      32 + 16384 + 16384 + 32,
    ]);
    expect(totalAt(run.totals.get, "masks")).toBe(2 * 256);
    expect(run.totals.clear).toEqual({});
  });

  it("adds counts name by name, at any depth", () => {
    expect(
      sumOf([
        { a: 1, b: { c: 2 } },
        { b: { c: 3, d: 4 }, e: "text" },
      ]),
    ).toEqual({ a: 1, b: { c: 5, d: 4 } });
  });

  it("prices guests with as many vCPUs as fault at the same time, ioctls with one", () => {
    const ns = (vcpus: number) => runWith("0", { profile: "ampereone", vcpus }).modelled!.stepsNs;
    const eager = (vcpus: number) => runWith("2M", { profile: "ampereone", vcpus }).modelled!.stepsNs;
    // Dirty 1: two vCPUs wait for each other, a little.
    expect(ns(2)[2]! / (2 * ns(1)[2]!)).toBeGreaterThan(1);
    expect(ns(2)[2]! / (2 * ns(1)[2]!)).toBeLessThan(1.02);
    // Enabling: as much work twice, but for what is paid once an ioctl (a walk, a flush).
    expect(Math.abs(eager(2)[1]! - 2 * eager(1)[1]!)).toBeLessThan(2000);
  });

  it("has the test's phases in its order, in its words where it has words", () => {
    const text = runReport([runWith("0")], heading, style);
    const phases = [
      "Populate memory",
      "Enabling dirty logging",
      "Iteration 1 dirty memory",
      "Iteration 1 get dirty log",
    ];
    const later = ["Iteration 2 dirty memory", "Iteration 2 get dirty log"];
    const ours = [
      "First accesses after disable",
      "Get dirty log over 2 iterations",
      "Guests, after populating",
      "Ioctls",
    ];
    const places = [...phases, ...later, ...ours, "Whole, populating included"].map((words) => text.indexOf(words));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
    expect(text).toContain("guest physical test memory: [0xfffbe00000, 0xffffe00000)");
    expect(text).not.toContain("clear dirty log");
  });

  it("counts each phase", () => {
    const text = runReport([runWith("0")], heading, style);
    expect(cells(text, "baseline, chunk 0", "Iteration 1 dirty memory").slice(0, 4)).toEqual([
      ...["16,384", "49,152", "32,832", "32"],
    ]);
  });

  it("leaves out what is 0 throughout, and has one table for chunks that count the same", () => {
    const text = runReport([runWith("0"), runWith("2M"), runWith("2M")], heading, style);
    expect(text).not.toContain("Disabling dirty logging");
    expect(text).toMatch(
      /^baseline, chunk 0, lazy: .*\nphase +faults +visits +stores +broadcast +ranges +local +tables$/m,
    );
    expect(text).toContain("baseline, chunks 2M and 2M, eager (both count the same)\n");
    expect(text.match(/^phase /gm)).toHaveLength(2);
    expect(text).toMatch(/^visitor calls, all walks\n +chunk 0 \(lazy\) +chunks 2M and 2M$/m);
  });

  it("ends in a sentence that sets the best of the eager chunks against lazy splitting", () => {
    const last = (runs: readonly PricedRun[]) => runReport(runs, heading, style).trim().split("\n\n").at(-1);
    const counted = last([runWith("0"), runWith("2M")])!.replace(/\n +/g, " ");
    expect(counted).toMatch(/^baseline: chunk 2M costs the guests 49,216 visitor calls in place of 81,984 and no /);
    expect(counted).toMatch(/, and the ioctls 65,600 visitor calls in place of 32,800 and 32 .* in place of 0\.$/);
    const profile = { profile: "ampereone" };
    expect(
      last([runWith("0", profile), runWith("4K", profile), runWith("2M", profile)])!.replace(/\n +/g, " "),
    ).toMatch(
      /^baseline: chunk 2M costs the guests .* in place of .*, and the ioctls .* in place of .* \(modelled\): of all that are set against chunk 0 it takes the least time\.$/,
    );
    expect(last([runWith("2M")])).toBe(
      "baseline, chunk 2M: 114,880 visitor calls, 32 broadcast TLBIs and 32,832 faults in all.",
    );
  });

  it("sets lazy against eager by phase, only where they differ, and names what does not", () => {
    const text = runReport([runWith("0"), runWith("2M")], heading, style);
    expect(cells(text, "broadcast TLBIs by IPA\n", "Enabling dirty logging")).toEqual(["0", "32"]);
    expect(cells(text, "broadcast TLBIs by IPA\n", "Iteration 1 dirty memory")).toEqual(["32", "0"]);
    expect(text.slice(text.indexOf("lazy against eager"))).not.toContain("Iteration 2");
    expect(text).toContain("The same in every phase: guest faults.");
  });

  it("does not speak of lazy splitting where every run is eager, and heads no table that is not there", () => {
    const text = runReport([runWith("2M"), runWith("1G")], heading, style);
    expect(text).not.toMatch(/lazy/);
    expect(text).toMatch(/^baseline: eager splits against each other, by phase \(phases that differ\)\n\n/m);
    expect(runReport([runWith("2M"), runWith("2M")], heading, style)).toMatch(
      /^baseline: eager splits against each other, by phase\nThe same in every phase: guest faults; [^.]*\.\n\nCounts/m,
    );
  });

  it("labels what is proposed, and shows its effect beside what it replaces", () => {
    const text = runReport([runWith("2M"), runWith("2M", { bbm: 2 })], heading, style);
    expect(cells(text, "broadcast TLBIs by IPA\n", "Enabling dirty logging")).toEqual(["32", "0"]);
    expect(text).toContain("chunk 2M, bbm 2 (proposed)");
    expect(text).toContain("not in Linux");
    expect(runReport([runWith("2M")], heading, style)).not.toContain("proposed");
  });

  it("labels times as modelled, with the profile, its assumptions and what it has no price for", () => {
    const text = runReport([runWith("2M", { profile: "thunderx2" })], heading, style);
    expect(text).toContain("Times are modelled with profile thunderx2, in which some figures are assumed");
    expect(text).toMatch(/^Not included, for the profile has no price for: .*guest faults/m);
    expect(runReport([runWith("2M")], heading, style)).not.toContain("modelled");
  });

  it("says in one line where the guest of the real test does not do what its options promise", () => {
    const lines = (more: Partial<RunHeading>) =>
      runReport([runWith("0")], { ...heading, ...more }, style).replace(/\n +/g, " ");
    expect(lines({ writePercent: 30, random: true })).toContain(
      "-w 30 and -a: done here as promised; in Linux 7.3 the guest of the real test never gets the seed, and " +
        "vCPU 0 writes every page it touches and touches one page only.",
    );
    expect(lines({ writePercent: 0 })).not.toContain("never gets the seed");
    expect(lines({})).not.toContain("never gets the seed");
  });
});
