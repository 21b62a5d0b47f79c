import { Chalk } from "chalk";
import { describe, expect, it } from "vitest";
import { profileNamed } from "../cost/profiles.js";
import { type PricedRun, priced } from "../cost/selftestTime.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { totalAt } from "../mmu/counters.js";
import { runSelftest, sumOf } from "../selftest/run.js";
import { flowOfTest } from "../selftest/selftest.js";
import { colourStyle, marked } from "../testing/markedStyle.js";
import { descriptionOf, undrawn } from "../testing/undrawn.js";
import type { Figure } from "./html/page.js";
import { runPage } from "./html/runPage.js";
import { phaseWords } from "./runRows.js";
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

describe("all that a run says, word for word:", () => {
  const said = { mode: null, iterations: 2, writePercent: 30, random: true, whileDisabling: true };

  it("lazy against eager, modelled, with every note", () => {
    const profile = { profile: "ampereone", vcpus: 2 };
    const runs = [runWith("0", profile), runWith("4K", profile), runWith("2M", profile)];
    expect(marked(runReport(runs, said, colourStyle(110)))).toBe(`Test iterations: 2
IPA width 40, 4K guest pages
Random seed: 0x1
guest physical test memory: [0xfff7e00000, 0xffffe00000)
4K granule; 2 vCPUs, no manual protect (-g)

<bold>baseline, chunk 0</>, lazy: faults of the guest break the blocks
<bold>phase</>                            <bold>faults</>   <bold>visits</>   <bold>stores</>  <bold>broadcast</>  <bold>ranges</>   <bold>local</>  <bold>tables</>  <bold>modelled</>
Populate memory                      64      128      130          0       0       0       1    175 us
Enabling dirty logging                0       64       64          0       1       0       0   1.50 us
Iteration 1 dirty memory         32,768   98,304   65,664         64       0       0      64   89.6 ms
Iteration 1 get dirty log             0   32,768   32,768          0       1       0       0    136 us
Iteration 2 dirty memory         32,768   32,768   32,768          0       0  32,768       0    101 ms
Iteration 2 get dirty log             0   32,768   32,768          0       1       0       0    136 us
First accesses after disable         64   32,896      128          0      64       0       0    362 us
<bold>Get dirty log over 2 iterations</>       <bold>0</>   <bold>65,536</>   <bold>65,536</>          <bold>0</>       <bold>2</>       <bold>0</>       <bold>0</>    <bold>272 us</>
<bold>Guests, after populating</>         <bold>65,600</>  <bold>163,968</>   <bold>98,560</>         <bold>64</>      <bold>64</>  <bold>32,768</>      <bold>64</>    <bold>191 ms</>
<bold>Ioctls</>                                <bold>0</>   <bold>65,600</>   <bold>65,600</>          <bold>0</>       <bold>3</>       <bold>0</>       <bold>0</>    <bold>273 us</>
<bold>Whole, populating included</>       <bold>65,664</>  <bold>229,696</>  <bold>164,290</>         <bold>64</>      <bold>67</>  <bold>32,768</>      <bold>65</>    <bold>191 ms</>

<bold>baseline, chunk 4K</>, eager
<bold>phase</>                            <bold>faults</>   <bold>visits</>   <bold>stores</>  <bold>broadcast</>  <bold>ranges</>   <bold>local</>  <bold>tables</>  <bold>drops</>  <bold>modelled</>
Populate memory                      64      128      130          0       0       0       1      0    175 us
Enabling dirty logging                0   65,664   65,728         64       1       0      64     65   5.40 ms
Iteration 1 dirty memory         32,768   32,768   32,768          0       0  32,768       0      0    101 ms
Iteration 1 get dirty log             0   32,768   32,768          0       1       0       0      0    136 us
Iteration 2 dirty memory         32,768   32,768   32,768          0       0  32,768       0      0    101 ms
Iteration 2 get dirty log             0   32,768   32,768          0       1       0       0      0    136 us
First accesses after disable         64   32,896      128          0      64       0       0      0    362 us
<bold>Get dirty log over 2 iterations</>       <bold>0</>   <bold>65,536</>   <bold>65,536</>          <bold>0</>       <bold>2</>       <bold>0</>       <bold>0</>      <bold>0</>    <bold>272 us</>
<bold>Guests, after populating</>         <bold>65,600</>   <bold>98,432</>   <bold>65,664</>          <bold>0</>      <bold>64</>  <bold>65,536</>       <bold>0</>      <bold>0</>    <bold>202 ms</>
<bold>Ioctls</>                                <bold>0</>  <bold>131,200</>  <bold>131,264</>         <bold>64</>       <bold>3</>       <bold>0</>      <bold>64</>     <bold>65</>   <bold>5.67 ms</>
<bold>Whole, populating included</>       <bold>65,664</>  <bold>229,760</>  <bold>197,058</>         <bold>64</>      <bold>67</>  <bold>65,536</>      <bold>65</>     <bold>65</>    <bold>208 ms</>

<bold>baseline, chunk 2M</>, eager
<bold>phase</>                            <bold>faults</>   <bold>visits</>   <bold>stores</>  <bold>broadcast</>  <bold>ranges</>   <bold>local</>  <bold>tables</>  <bold>drops</>  <bold>modelled</>
Populate memory                      64      128      130          0       0       0       1      0    175 us
Enabling dirty logging                0   65,664   65,728         64       1       0      64     64    678 us
Iteration 1 dirty memory         32,768   32,768   32,768          0       0  32,768       0      0    101 ms
Iteration 1 get dirty log             0   32,768   32,768          0       1       0       0      0    136 us
Iteration 2 dirty memory         32,768   32,768   32,768          0       0  32,768       0      0    101 ms
Iteration 2 get dirty log             0   32,768   32,768          0       1       0       0      0    136 us
First accesses after disable         64   32,896      128          0      64       0       0      0    362 us
<bold>Get dirty log over 2 iterations</>       <bold>0</>   <bold>65,536</>   <bold>65,536</>          <bold>0</>       <bold>2</>       <bold>0</>       <bold>0</>      <bold>0</>    <bold>272 us</>
<bold>Guests, after populating</>         <bold>65,600</>   <bold>98,432</>   <bold>65,664</>          <bold>0</>      <bold>64</>  <bold>65,536</>       <bold>0</>      <bold>0</>    <bold>202 ms</>
<bold>Ioctls</>                                <bold>0</>  <bold>131,200</>  <bold>131,264</>         <bold>64</>       <bold>3</>       <bold>0</>      <bold>64</>     <bold>64</>    <bold>949 us</>
<bold>Whole, populating included</>       <bold>65,664</>  <bold>229,760</>  <bold>197,058</>         <bold>64</>      <bold>67</>  <bold>65,536</>      <bold>65</>     <bold>64</>    <bold>204 ms</>

<bold>baseline: lazy against eager, by phase</> (phases that differ)

<bold>broadcast TLBIs by IPA</>
                          <bold>chunk 0 (lazy)</>  <bold>chunk 4K</>  <bold>chunk 2M</>
Enabling dirty logging                 0        64        64
Iteration 1 dirty memory              64         0         0
Guests, after populating              64         0         0
Ioctls                                 0        64        64

<bold>visitor calls, all walks</>
                            <bold>chunk 0 (lazy)</>  <bold>chunk 4K</>  <bold>chunk 2M</>
Enabling dirty logging                  64    65,664    65,664
Iteration 1 dirty memory            98,304    32,768    32,768
Guests, after populating           163,968    98,432    98,432
Ioctls                              65,600   131,200   131,200
Whole, populating included         229,696   229,760   229,760

<bold>mmu_lock drops to top the split cache up</>
                            <bold>chunk 0 (lazy)</>  <bold>chunk 4K</>  <bold>chunk 2M</>
Enabling dirty logging                   0        65        64
Ioctls                                   0        65        64
Whole, populating included               0        65        64

<bold>modelled time, profile ampereone</>
                            <bold>chunk 0 (lazy)</>  <bold>chunk 4K</>  <bold>chunk 2M</>
Enabling dirty logging             1.50 us   5.40 ms    678 us
Iteration 1 dirty memory           89.6 ms    101 ms    101 ms
Guests, after populating            191 ms    202 ms    202 ms
Ioctls                              273 us   5.67 ms    949 us
Whole, populating included          191 ms    208 ms    204 ms

The same in every phase: guest faults.

<dim>Counts are exact. broadcast: TLBIs by IPA, each two broadcasts on hardware; ranges: slot flushes and
  collapses; drops: of mmu_lock.</>
<dim>Phases and figures that are 0 throughout are left out.</>
<dim>Times are modelled with profile ampereone (s2split list profiles --long); of guests, summed over the vCPUs,
  all 2 issuing TLBIs at once.</>
<dim>Not included, for the profile has no price for: guest accesses; ioctls, one a slot; visits while freeing a
  subtree.</>
<dim>-w 30 and -a: done here as promised; in Linux 7.3 the guest of the real test never gets the seed, and vCPU 0
  writes every page it touches and touches one page only.</>
<dim>-e: one pass of the guests, spread evenly over the time before, between and after the slots' ioctls.</>

baseline: chunk 2M costs the guests 202 ms in place of 191 ms, and the ioctls 949 us in place of 273 us
  (modelled): of all that are set against chunk 0 it takes the least time.
`);
  });

  it("one run, counted", () => {
    expect(marked(runReport([runWith("2M")], { ...heading, iterations: 1 }, colourStyle(110)))).toBe(`Test iterations: 1
IPA width 40, 4K guest pages
Random seed: 0x1
guest physical test memory: [0xfffbe00000, 0xffffe00000)
4K granule; 1 vCPU, no manual protect (-g)

<bold>baseline, chunk 2M</>, eager
<bold>phase</>                            <bold>faults</>   <bold>visits</>  <bold>stores</>  <bold>broadcast</>  <bold>ranges</>   <bold>local</>  <bold>tables</>  <bold>drops</>
Populate memory                      32       64      66          0       0       0       1      0
Enabling dirty logging                0   32,832  32,864         32       1       0      32     32
Iteration 1 dirty memory         16,384   16,384  16,384          0       0  16,384       0      0
Iteration 1 get dirty log             0   16,384  16,384          0       1       0       0      0
Iteration 2 dirty memory         16,384   16,384  16,384          0       0  16,384       0      0
Iteration 2 get dirty log             0   16,384  16,384          0       1       0       0      0
First accesses after disable         32   16,448      64          0      32       0       0      0
<bold>Get dirty log over 1 iterations</>       <bold>0</>   <bold>32,768</>  <bold>32,768</>          <bold>0</>       <bold>2</>       <bold>0</>       <bold>0</>      <bold>0</>
<bold>Guests, after populating</>         <bold>32,800</>   <bold>49,216</>  <bold>32,832</>          <bold>0</>      <bold>32</>  <bold>32,768</>       <bold>0</>      <bold>0</>
<bold>Ioctls</>                                <bold>0</>   <bold>65,600</>  <bold>65,632</>         <bold>32</>       <bold>3</>       <bold>0</>      <bold>32</>     <bold>32</>
<bold>Whole, populating included</>       <bold>32,832</>  <bold>114,880</>  <bold>98,530</>         <bold>32</>      <bold>35</>  <bold>32,768</>      <bold>33</>     <bold>32</>

<dim>Counts are exact. broadcast: TLBIs by IPA, each two broadcasts on hardware; ranges: slot flushes and
  collapses; drops: of mmu_lock.</>
<dim>Phases and figures that are 0 throughout are left out.</>

baseline, chunk 2M: 114,880 visitor calls, 32 broadcast TLBIs and 32,832 faults in all.
`);
  });

  it("what is proposed, and without prices", () => {
    const profile = { profile: "thunderx2" };
    const text = runReport([runWith("2M", profile), runWith("2M", { ...profile, bbm: 2 })], heading, colourStyle(110));
    expect(
      marked(text.slice(text.indexOf("Counts are exact"))),
    ).toBe(`Counts are exact. broadcast: TLBIs by IPA, each two broadcasts on hardware; ranges: slot flushes and
  collapses; drops: of mmu_lock.</>
<dim>Phases and figures that are 0 throughout are left out.</>
<dim>Times are modelled with profile thunderx2, in which some figures are assumed (s2split list profiles --long);
  of guests, summed over the vCPUs, one issuing TLBIs at once.</>
<dim>Not included, for the profile has no price for: map visits (faults); stores, map (faults); guest faults; cache
  maintenance of mapped memory; guest accesses; range flushes of slots; ioctls, one a slot; relax visits
  (faults); stores, relax (faults); local TLBIs; visits while freeing a subtree; range TLBIs.</>
<dim>bbm 2: proposed by Ricardo Koller on 2022-11-12 for CPUs with FEAT_BBM level 2; not in Linux. It changes eager
  splitting only.</>

baseline: chunk 2M, bbm 2 (proposed) costs guests and ioctls as much as chunk 2M (modelled).
`);
  });

  it("as a page", async () => {
    const told = (figure: Figure) => [figure.title, descriptionOf(figure)];
    expect(
      undrawn(await runPage([runWith("0", { profile: "ampereone" }), runWith("2M", { profile: "ampereone" })]), told),
    ).toEqual({
      title: "dirty_log_perf_test, simulated",
      lead: "Lazy splitting (chunk 0) against eager, over the whole test: what the ioctls do, and what is left for the guests.",
      facts: [
        { name: "Granule", value: "4K" },
        { name: "vCPUs", value: "1" },
        { name: "Memslots", value: "1" },
      ],
      notes: [
        "Counts are exact: the same on every machine; the tests of s2split hold them equal to those of the kernel's own code.",
      ],
      groups: [
        {
          title: "baseline",
          sections: [
            {
              title: "Modelled time",
              see: "Eager splitting moves work from the guests to the ioctls; the shorter the whole bar, the less of it there is.",
              unit: "nanoseconds, with profile ampereone; of guests summed over vCPUs",
              key: [
                { label: "in ioctls: userspace waits", mark: "p0", shape: "box" },
                { label: "in guests, once memory is populated", mark: "p1", shape: "box" },
              ],
              kind: "modelled",
              table: {
                columns: [
                  { heading: "case", figure: false },
                  { heading: "Populate memory", figure: true },
                  { heading: "Enabling dirty logging", figure: true },
                  { heading: "Iteration 1 dirty memory", figure: true },
                  { heading: "Iteration 1 get dirty log", figure: true },
                  { heading: "Iteration 2 dirty memory", figure: true },
                  { heading: "Iteration 2 get dirty log", figure: true },
                  { heading: "Disabling dirty logging", figure: true },
                  { heading: "First accesses after disable", figure: true },
                ],
                rows: [
                  [
                    "chunk 0",
                    { value: 86903.68, text: "86.9 us" },
                    { value: 1381.162, text: "1.38 us" },
                    { value: 44579068.16, text: "44.6 ms" },
                    { value: 68515.264, text: "68.5 us" },
                    { value: 50348032, text: "50.3 ms" },
                    { value: 68515.264, text: "68.5 us" },
                    { value: 0, text: "0" },
                    { value: 171287.68, text: "171 us" },
                  ],
                  [
                    "chunk 2M",
                    { value: 86903.68, text: "86.9 us" },
                    { value: 339479.146, text: "339 us" },
                    { value: 50348032, text: "50.3 ms" },
                    { value: 68515.264, text: "68.5 us" },
                    { value: 50348032, text: "50.3 ms" },
                    { value: 68515.264, text: "68.5 us" },
                    { value: 0, text: "0" },
                    { value: 171287.68, text: "171 us" },
                  ],
                ],
              },
              figures: [
                ["By chunk", "In ioctls and in guests. chunk 0: 138 us and 95.1 ms; chunk 2M: 477 us and 101 ms."],
              ],
            },
            {
              title: "What is done, and who waits for it",
              see: "Eager splitting moves work from the guests to the ioctls; the shorter the whole bar, the less of it there is.",
              unit: "counts, as each drawing says",
              key: [
                { label: "in ioctls: userspace waits", mark: "p0", shape: "box" },
                { label: "in guests, once memory is populated", mark: "p1", shape: "box" },
              ],
              kind: "exact",
              table: {
                columns: [
                  { heading: "figure", figure: false },
                  { heading: "case", figure: false },
                  { heading: "Populate memory", figure: true },
                  { heading: "Enabling dirty logging", figure: true },
                  { heading: "Iteration 1 dirty memory", figure: true },
                  { heading: "Iteration 1 get dirty log", figure: true },
                  { heading: "Iteration 2 dirty memory", figure: true },
                  { heading: "Iteration 2 get dirty log", figure: true },
                  { heading: "Disabling dirty logging", figure: true },
                  { heading: "First accesses after disable", figure: true },
                ],
                rows: [
                  ["guest faults", "chunk 0", 32, 0, 16384, 0, 16384, 0, 0, 32],
                  ["guest faults", "chunk 2M", 32, 0, 16384, 0, 16384, 0, 0, 32],
                  ["visitor calls, all walks", "chunk 0", 64, 32, 49152, 16384, 16384, 16384, 0, 16448],
                  ["visitor calls, all walks", "chunk 2M", 64, 32832, 16384, 16384, 16384, 16384, 0, 16448],
                  ["descriptor stores", "chunk 0", 66, 32, 32832, 16384, 16384, 16384, 0, 64],
                  ["descriptor stores", "chunk 2M", 66, 32864, 16384, 16384, 16384, 16384, 0, 64],
                  ["broadcast TLBIs by IPA", "chunk 0", 0, 0, 32, 0, 0, 0, 0, 0],
                  ["broadcast TLBIs by IPA", "chunk 2M", 0, 32, 0, 0, 0, 0, 0, 0],
                  ["TLBIs of a range", "chunk 0", 0, 1, 0, 1, 0, 1, 0, 32],
                  ["TLBIs of a range", "chunk 2M", 0, 1, 0, 1, 0, 1, 0, 32],
                  ["local TLBIs", "chunk 0", 0, 0, 0, 0, 16384, 0, 0, 0],
                  ["local TLBIs", "chunk 2M", 0, 0, 16384, 0, 16384, 0, 0, 0],
                  ["tables allocated", "chunk 0", 1, 0, 32, 0, 0, 0, 0, 0],
                  ["tables allocated", "chunk 2M", 1, 32, 0, 0, 0, 0, 0, 0],
                  ["mmu_lock drops to top the split cache up", "chunk 0", 0, 0, 0, 0, 0, 0, 0, 0],
                  ["mmu_lock drops to top the split cache up", "chunk 2M", 0, 32, 0, 0, 0, 0, 0, 0],
                ],
              },
              figures: [
                ["Guest faults", "In ioctls and in guests. chunk 0: 0 and 32800; chunk 2M: 0 and 32800."],
                [
                  "Visitor calls, all walks",
                  "In ioctls and in guests. chunk 0: 32800 and 81984; chunk 2M: 65600 and 49216.",
                ],
                ["Descriptor stores", "In ioctls and in guests. chunk 0: 32800 and 49280; chunk 2M: 65632 and 32832."],
                ["Broadcast TLBIs by IPA", "In ioctls and in guests. chunk 0: 0 and 32; chunk 2M: 32 and 0."],
                ["TLBIs of a range", "In ioctls and in guests. chunk 0: 3 and 32; chunk 2M: 3 and 32."],
                ["Local TLBIs", "In ioctls and in guests. chunk 0: 0 and 16384; chunk 2M: 0 and 32768."],
                ["Tables allocated", "In ioctls and in guests. chunk 0: 0 and 32; chunk 2M: 32 and 0."],
                [
                  "mmu_lock drops to top the split cache up",
                  "In ioctls and in guests. chunk 0: 0 and 0; chunk 2M: 32 and 0.",
                ],
              ],
            },
          ],
        },
      ],
    });
    const { groups } = await runPage([runWith("0")]);
    expect(groups[0]!.sections.map(({ title }) => title)).toEqual(["What is done, and who waits for it"]);
  });
});

it("phases have the test's words, or their own name", () => {
  const phases = [
    "populate",
    "enable",
    "disable",
    "destroy",
    "while_disabling",
    "after_disable",
    "dirty12",
    "get1",
    "clear3",
    "other",
  ];
  expect(phases.map(phaseWords)).toEqual([
    "Populate memory",
    "Enabling dirty logging",
    "Disabling dirty logging",
    "End of the VM",
    "Guests while disabling (-e)",
    "First accesses after disable",
    "Iteration 12 dirty memory",
    "Iteration 1 get dirty log",
    "Iteration 3 clear dirty log",
    "other",
  ]);
});
