import { describe, expect, it } from "vitest";
import { compareResults } from "../compare/compare.js";
import { noiseOf } from "../compare/noise.js";
import { DEFAULT_COMPARE_OPTIONS } from "../compare/types.js";
import type { Mmu } from "../mmu/contract.js";
import type { ResultFile, RunResult } from "../results/types.js";
import { colourStyle, marked } from "../testing/markedStyle.js";
import {
  environment,
  resultFile,
  runResult,
  scenarioResult,
  toyCounters,
  toyCounts,
  toyMachine,
  unsplit,
  wall,
  withCount,
} from "../testing/resultBuilder.js";
import { descriptionOf, undrawn } from "../testing/undrawn.js";
import { namesOf } from "./benchClosing.js";
import { benchTables } from "./benchTable.js";
import { compareText } from "./compareTable.js";
import { benchPage } from "./html/benchPage.js";
import { comparePage } from "./html/comparePage.js";
import { noisePage } from "./html/noisePage.js";
import type { Figure } from "./html/page.js";
import { longTables } from "./longTable.js";
import { benchPlot } from "./plot/benchPlot.js";
import { canvasFor } from "./plot/canvas.js";
import { summaryMarkdown } from "./summaryMarkdown.js";

/** The toy with all that an MMU can have for tables. */
const mmu: Mmu = {
  ...toyMachine,
  totals: {
    title: "whole ioctl",
    wallPart: "ioctl",
    comparedHeading: "inspected",
    commonPart: "the write-protect walk",
    columns: [
      { paths: ["split/inspected", "split/tlbi"], heading: "inspected", change: true },
      { paths: ["split/lockDrops"], heading: "lock drops" },
    ],
  },
  shared: {
    workload: "split",
    fromRoot: () => 7,
    inspected: ["split/inspected"],
    tables: ["final/tables"],
    flushes: ["nowhere"],
    lockDrops: ["split/lockDrops", "split/lockDrops"],
    note: "lock drops are counted twice",
  },
  details: (runs: readonly unknown[]) =>
    runs.length < 3
      ? undefined
      : {
          title: "passes",
          headings: ["pass", "loops"],
          rows: [
            ["one", "12345"],
            ["two", "-"],
          ],
        },
  parse: () => ({ bound: true, scenario: {}, mmu, applies: () => true }),
} as unknown as Mmu;
const mmus = new Map([["toy", mmu]]);
const ten = (from: number, step = 1) => Array.from({ length: 10 }, (_, i) => from + step * i);
const timed = (split: readonly number[], ioctl: readonly number[]) => ({ ...wall(split), ioctl: wall(ioctl).split });
const run = (strategy: string, inspected: number, more: Partial<RunResult> = {}) =>
  runResult({ strategy, counts: withCount(toyCounts, "split/inspected/3", inspected), ...more });
const plain = resultFile();
const full = resultFile({
  options: { wall: true, runs: 10, timeMs: null, seed: 1 },
  runs: [
    run("baseline", 262144, { wall: timed(ten(1000), ten(2000, 3)) }),
    run("close", 262144, { wall: timed(ten(1005), ten(100, 30)) }),
    run("fast", 512, { wall: timed(ten(500), ten(1000)) }),
    run("slow", 300000, { wall: timed(ten(3000), ten(4000)) }),
    run("idle", 0, { verdict: { code: "idle", reason: "chunk 0" } }),
    run("known", 100, { verdict: { code: "right-here", knownFaults: ["one", "two"] } }),
    run("custom", 600, { verdict: { code: "unsearched", search: "s2split verify --strategy x" } }),
    run("wrong", 10, { findings: [unsplit, unsplit] }),
  ],
});

describe("a result", () => {
  it("has a table of the split, one of the whole, details, and what it comes to", () => {
    expect(marked(benchTables(plain, mmus, colourStyle()))).toBe(`<bold>thp</>: a toy, enable, mode enable, chunk 1G

The same under every strategy: TLBIs 512.

<bold>strategy</>         <bold>inspected</>          <bold>result</>
baseline           262,657          <green>right</>
max-level              513  <green>-99.8%</>  <green>right</>
skip-return-rfc    262,657       <dim>=</>  <red>WRONG</>

<red>WRONG: skip-return-rfc: 511 blocks unsplit, first at 0x40200000</>

<bold>passes:</>
<bold>pass</>   <bold>loops</>
 one  12,345
 two       -

<bold>whole ioctl:</>
The same under every strategy: lock drops 2.

<bold>strategy</>         <bold>inspected</>
baseline           263,169
max-level            1,025  <green>-99.6%</>
skip-return-rfc    263,169       <dim>=</>

max-level inspects 99.8% fewer entries than baseline in the split walk, and 99.6% fewer in the whole ioctl.

<dim>Counts are exact: the same on every machine; the tests hold them equal to those of the kernel's own code.</>`);
  });

  it("has wall times beside the counts where there is room, and notes on each verdict", () => {
    expect(marked(benchTables(full, mmus, colourStyle(200)))).toBe(`<bold>thp</>: a toy, enable, mode enable, chunk 1G

The same under every strategy: TLBIs 512.

<bold>strategy</>  <bold>inspected</>            <bold>wall, split</>           <bold>result</>
baseline    262,657          1.00 us ±0.3%           <green>right</>
close       262,657       =  1.01 us ±0.3%        ~  <green>right</>
fast          1,025  <green>-99.6%</>   505 ns ±0.7%   <green>-49.8%</>  <green>right</>
slow        300,513  <red>+14.4%</>  3.00 us ±0.1%  <red>+199.1%</>  <green>right</>
idle            513  <green>-99.8%</>              -           <dim>idle</>
known           613  <green>-99.8%</>              -           <yellow>wrong elsewhere</>
custom        1,113  <green>-99.6%</>              -           <yellow>right here</>
wrong           523  <dim>-99.8%</>              -           <red>WRONG</>

idle: idle: chunk 0
<red>WRONG: wrong: 511 blocks unsplit, first at 0x40200000; 511 blocks unsplit, first at 0x40200000</>

<bold>passes:</>
<bold>pass</>   <bold>loops</>
 one  12,345
 two       -

<bold>whole ioctl:</>
The same under every strategy: lock drops 2.

<bold>strategy</>  <bold>inspected</>            <bold>wall, ioctl</>
baseline    263,169          2.01 us ±0.5%
close       263,169       =  235 ns ±45% !  <green>-88.3%</>
fast          1,537  <green>-99.4%</>  1.00 us ±0.3%  <green>-50.1%</>
slow        301,025  <red>+14.4%</>  4.00 us ±0.1%  <red>+98.9%</>
idle          1,025  <green>-99.6%</>              -
known         1,125  <green>-99.6%</>              -
custom        1,625  <green>-99.4%</>              -
wrong         1,035  <dim>-99.6%</>              -

fast inspects 99.6% fewer entries than baseline in the split walk, and 99.4% fewer in the whole ioctl.

wrong elsewhere: right in this case, and known to be wrong in others:
  known: one; two
right here: bench searches no other layouts for faults of custom; this does:
  s2split verify --strategy x

<dim>Counts are exact: the same on every machine; the tests hold them equal to those of the kernel's own code.</>
<dim>Wall times are measured: of this simulation on this host (Example CPU, 2 CPUs, node v20.20.2), median ± half the 95%
  interval; not times of any kernel. ~ means that the intervals overlap.</>
<dim>! the interval is wider than 20% of its median: something else had the host; a quiet one, or more --runs.</>`);
  });

  it("has wall times in a table of their own where there is none", () => {
    expect(marked(benchTables(full, mmus, colourStyle(60)))).toBe(`<bold>thp</>: a toy, enable, mode enable, chunk 1G

The same under every strategy: TLBIs 512.

<bold>strategy</>  <bold>inspected</>          <bold>result</>
baseline    262,657          <green>right</>
close       262,657       =  <green>right</>
fast          1,025  <green>-99.6%</>  <green>right</>
slow        300,513  <red>+14.4%</>  <green>right</>
idle            513  <green>-99.8%</>  <dim>idle</>
known           613  <green>-99.8%</>  <yellow>wrong elsewhere</>
custom        1,113  <green>-99.6%</>  <yellow>right here</>
wrong           523  <dim>-99.8%</>  <red>WRONG</>

idle: idle: chunk 0
<red>WRONG: wrong: 511 blocks unsplit, first at 0x40200000; 511
  blocks unsplit, first at 0x40200000</>

<bold>passes:</>
<bold>pass</>   <bold>loops</>
 one  12,345
 two       -

<bold>whole ioctl:</>
The same under every strategy: lock drops 2.

<bold>strategy</>  <bold>inspected</>
baseline    263,169
close       263,169       =
fast          1,537  <green>-99.4%</>
slow        301,025  <red>+14.4%</>
idle          1,025  <green>-99.6%</>
known         1,125  <green>-99.6%</>
custom        1,625  <green>-99.4%</>
wrong         1,035  <dim>-99.6%</>

<bold>wall time of this simulation, measured:</>
<bold>strategy</>    <bold>wall, split</>             <bold>wall, ioctl</>
baseline  1.00 us ±0.3%           2.01 us ±0.5%
close     1.01 us ±0.3%        ~  235 ns ±45% !  <green>-88.3%</>
fast       505 ns ±0.7%   <green>-49.8%</>  1.00 us ±0.3%  <green>-50.1%</>
slow      3.00 us ±0.1%  <red>+199.1%</>  4.00 us ±0.1%  <red>+98.9%</>
idle                  -                       -
known                 -                       -
custom                -                       -
wrong                 -                       -

fast inspects 99.6% fewer entries than baseline in the split
  walk, and 99.4% fewer in the whole ioctl.

wrong elsewhere: right in this case, and known to be wrong
  in others:
  known: one; two
right here: bench searches no other layouts for faults of
  custom; this does:
  s2split verify --strategy x

<dim>Counts are exact: the same on every machine; the tests hold
  them equal to those of the kernel's own code.</>
<dim>Wall times are measured: of this simulation on this host
  (Example CPU, 2 CPUs, node v20.20.2), median ± half the
  95% interval; not times of any kernel. ~ means that the
  intervals overlap.</>
<dim>! the interval is wider than 20% of its median: something
  else had the host; a quiet one, or more --runs.</>`);
  });

  it("that is a sweep has matrices and who is best; its assumptions are told", () => {
    const ids = ["thp", "4k"].flatMap((name) => ["1G", "2M"].map((chunk) => ({ name, chunk, id: `${name}/${chunk}` })));
    const scenarios = ids.map(({ id, name, chunk }) =>
      scenarioResult(id, {
        name,
        variables: { mode: "enable", chunk },
        initial: name === "4k" ? { leaves: { "3": 0 } } : { leaves: { "2": 512, "3": 1024 } },
        scenario: name === "4k" ? { assumed: ["no holes", 3] } : {},
      }),
    );
    const runs = ids.flatMap(({ id, chunk }) =>
      full.runs
        .filter(({ strategy }) => chunk === "2M" || strategy !== "slow")
        .map((one) => ({ ...one, scenario: id })),
    );
    const sweep = { ...full, scenarios, runs };
    expect(marked(benchTables(sweep, mmus, colourStyle(150)))).toBe(`4 cases: a toy, enable, mode enable

<bold>thp</>: chunk 1G, leaves: 512 at level 2, 1,024 at level 3
The same under every strategy: TLBIs 512.
<bold>strategy</>  <bold>inspected</>          <bold>result</>
baseline    262,657          <green>right</>
close       262,657       =  <green>right</>
fast          1,025  <green>-99.6%</>  <green>right</>
idle            513  <green>-99.8%</>  <dim>idle</>
known           613  <green>-99.8%</>  <yellow>wrong elsewhere</>
custom        1,113  <green>-99.6%</>  <yellow>right here</>
wrong           523  <dim>-99.8%</>  <red>WRONG</>
idle: idle: chunk 0
<red>WRONG: wrong: 511 blocks unsplit, first at 0x40200000; 511 blocks unsplit, first at 0x40200000</>

<bold>thp</>: chunk 2M, leaves: 512 at level 2, 1,024 at level 3
The same under every strategy: TLBIs 512.
<bold>strategy</>  <bold>inspected</>          <bold>result</>
baseline    262,657          <green>right</>
close       262,657       =  <green>right</>
fast          1,025  <green>-99.6%</>  <green>right</>
slow        300,513  <red>+14.4%</>  <green>right</>
idle            513  <green>-99.8%</>  <dim>idle</>
known           613  <green>-99.8%</>  <yellow>wrong elsewhere</>
custom        1,113  <green>-99.6%</>  <yellow>right here</>
wrong           523  <dim>-99.8%</>  <red>WRONG</>
idle: idle: chunk 0
<red>WRONG: wrong: 511 blocks unsplit, first at 0x40200000; 511 blocks unsplit, first at 0x40200000</>

<bold>4k</>: chunk 1G, nothing mapped
<yellow>Assumed: no holes</>
The same under every strategy: TLBIs 512.
<bold>strategy</>  <bold>inspected</>          <bold>result</>
baseline    262,657          <green>right</>
close       262,657       =  <green>right</>
fast          1,025  <green>-99.6%</>  <green>right</>
idle            513  <green>-99.8%</>  <dim>idle</>
known           613  <green>-99.8%</>  <yellow>wrong elsewhere</>
custom        1,113  <green>-99.6%</>  <yellow>right here</>
wrong           523  <dim>-99.8%</>  <red>WRONG</>
idle: idle: chunk 0
<red>WRONG: wrong: 511 blocks unsplit, first at 0x40200000; 511 blocks unsplit, first at 0x40200000</>

<bold>4k</>: chunk 2M, nothing mapped
<yellow>Assumed: no holes</>
The same under every strategy: TLBIs 512.
<bold>strategy</>  <bold>inspected</>          <bold>result</>
baseline    262,657          <green>right</>
close       262,657       =  <green>right</>
fast          1,025  <green>-99.6%</>  <green>right</>
slow        300,513  <red>+14.4%</>  <green>right</>
idle            513  <green>-99.8%</>  <dim>idle</>
known           613  <green>-99.8%</>  <yellow>wrong elsewhere</>
custom        1,113  <green>-99.6%</>  <yellow>right here</>
wrong           523  <dim>-99.8%</>  <red>WRONG</>
idle: idle: chunk 0
<red>WRONG: wrong: 511 blocks unsplit, first at 0x40200000; 511 blocks unsplit, first at 0x40200000</>

wrong elsewhere: right in this case, and known to be wrong in others:
  known: one; two
right here: bench searches no other layouts for faults of custom; this does:
  s2split verify --strategy x

<dim>Strategies with equal figures share a row, cases with equal tables a table; --full prints every table whole.</>
<dim>Counts are exact: the same on every machine; the tests hold them equal to those of the kernel's own code.</>
<dim>Wall times are measured: of this simulation on this host (Example CPU, 2 CPUs, node v20.20.2), median ± half the 95%
  interval; not times of any kernel. ~ means that the intervals overlap.</>
<dim>! the interval is wider than 20% of its median: something else had the host; a quiet one, or more --runs.</>

<bold>4 cases: inspected, change against baseline, of the whole ioctl</>

<bold>strategy</>  <bold>thp chunk 1G</>  <bold>thp chunk 2M</>  <bold>4k chunk 1G</>  <bold>4k chunk 2M</>
close                =             =            =            =
fast            <green>-99.4%</>        <green>-99.4%</>       <green>-99.4%</>       <green>-99.4%</>
idle       <dim>-99.6% idle</>   <dim>-99.6% idle</>  <dim>-99.6% idle</>  <dim>-99.6% idle</>
known †         <yellow>-99.6%</>        <yellow>-99.6%</>       <yellow>-99.6%</>       <yellow>-99.6%</>
custom          <green>-99.4%</>        <green>-99.4%</>       <green>-99.4%</>       <green>-99.4%</>
wrong         <red>-99.6% ✗</>      <red>-99.6% ✗</>     <red>-99.6% ✗</>     <red>-99.6% ✗</>
slow                          <red>+14.4%</>                    <red>+14.4%</>

<bold>4 cases: wall time of this simulation (measured), ioctl, change against baseline</>

<bold>strategy</>   <bold>thp chunk 1G</>   <bold>thp chunk 2M</>    <bold>4k chunk 1G</>    <bold>4k chunk 2M</>
baseline  2.01 us ±0.5%  2.01 us ±0.5%  2.01 us ±0.5%  2.01 us ±0.5%
close            <green>-88.3%</>         <green>-88.3%</>         <green>-88.3%</>         <green>-88.3%</>
fast             <green>-50.1%</>         <green>-50.1%</>         <green>-50.1%</>         <green>-50.1%</>
idle
known †
custom
wrong
slow                            <red>+98.9%</>                        <red>+98.9%</>

<bold>4 cases: entries inspected (split), change against baseline</>

<bold>strategy</>  <bold>thp chunk 1G</>  <bold>thp chunk 2M</>  <bold>4k chunk 1G</>  <bold>4k chunk 2M</>
close                =             =            =            =
fast            <green>-99.6%</>        <green>-99.6%</>       <green>-99.6%</>       <green>-99.6%</>
idle       <dim>-99.8% idle</>   <dim>-99.8% idle</>  <dim>-99.8% idle</>  <dim>-99.8% idle</>
known †         <yellow>-99.8%</>        <yellow>-99.8%</>       <yellow>-99.8%</>       <yellow>-99.8%</>
custom          <green>-99.6%</>        <green>-99.6%</>       <green>-99.6%</>       <green>-99.6%</>
wrong         <red>-99.8% ✗</>      <red>-99.8% ✗</>     <red>-99.8% ✗</>     <red>-99.8% ✗</>
slow                          <red>+14.4%</>                    <red>+14.4%</>

✗ the result is wrong in this case; † wrong elsewhere: on other layouts, if not here; idle: nothing was to be done;
  blank: does not apply.

entries inspected (split): fast has the fewest in all 4 cases.`);
    expect(
      marked(
        benchTables(
          { ...sweep, runs: runs.filter(({ strategy }) => strategy !== "fast" && strategy !== "custom") },
          mmus,
          colourStyle(60),
          true,
        )
          .split("\n\n")
          .slice(-7)
          .join("\n\n"),
      ),
    ).toBe(`<bold>wall time of this simulation, measured:</>
<bold>strategy</>    <bold>wall, split</>             <bold>wall, ioctl</>
baseline  1.00 us ±0.3%           2.01 us ±0.5%
close     1.01 us ±0.3%        ~  235 ns ±45% !  <green>-88.3%</>
slow      3.00 us ±0.1%  <red>+199.1%</>  4.00 us ±0.1%  <red>+98.9%</>
idle                  -                       -
known                 -                       -
wrong                 -                       -

wrong elsewhere: right in this case, and known to be wrong
  in others:
  known: one; two

<dim>Counts are exact: the same on every machine; the tests hold
  them equal to those of the kernel's own code.</>
<dim>Wall times are measured: of this simulation on this host
  (Example CPU, 2 CPUs, node v20.20.2), median ± half the
  95% interval; not times of any kernel. ~ means that the
  intervals overlap.</>
<dim>! the interval is wider than 20% of its median: something
  else had the host; a quiet one, or more --runs.</>

<bold>4 cases: entries inspected (split), change against baseline</>

            <bold>thp chunk</>    <bold>thp chunk</>
<bold>strategy</>           <bold>1G</>           <bold>2M</>  <bold>4k chunk 1G</>  <bold>4k chunk 2M</>
close               =            =            =            =
idle      <dim>-99.8% idle</>  <dim>-99.8% idle</>  <dim>-99.8% idle</>  <dim>-99.8% idle</>
known †        <yellow>-99.8%</>       <yellow>-99.8%</>       <yellow>-99.8%</>       <yellow>-99.8%</>
wrong        <red>-99.8% ✗</>     <red>-99.8% ✗</>     <red>-99.8% ✗</>     <red>-99.8% ✗</>
slow                        <red>+14.4%</>                    <red>+14.4%</>

✗ the result is wrong in this case; † wrong elsewhere: on
  other layouts, if not here; idle: nothing was to be done;
  blank: does not apply.

No right strategy lowers entries inspected (split) in any of
  these cases.`);
  });

  it("of large guests says that digests are left out, and that no time was measured", () => {
    const runs = plain.runs.map((one) => ({ ...one, counts: withCount(one.counts, "final/digest", null) }));
    const options = { ...plain.options, wall: true };
    const text = marked(benchTables({ ...plain, runs, options }, mmus, colourStyle()));
    expect(text.slice(text.indexOf("<dim>"))).toBe(`<dim>=</>  <red>WRONG</>

<red>WRONG: skip-return-rfc: 511 blocks unsplit, first at 0x40200000</>

<bold>passes:</>
<bold>pass</>   <bold>loops</>
 one  12,345
 two       -

<bold>whole ioctl:</>
The same under every strategy: lock drops 2.

<bold>strategy</>         <bold>inspected</>
baseline           263,169
max-level            1,025  <green>-99.6%</>
skip-return-rfc    263,169       <dim>=</>

max-level inspects 99.8% fewer entries than baseline in the split walk, and 99.6% fewer in the whole ioctl.

<dim>Counts are exact: the same on every machine; the tests hold them equal to those of the kernel's own code.</>
<dim>Digests of the finished trees are left out for guests beyond 16 GiB; what is right is checked region by region.</>
<dim>Wall time was not measured: the guest is too large for copies of its whole tree.</>`);
  });

  it("in full has every counter that is not 0", () => {
    expect(marked(longTables(plain, mmus, colourStyle()))).toBe(`<bold>thp/enable: every count that is not 0, exact</>

<bold>counter</>                    <bold>unit</>     <bold>baseline</>  <bold>max-level</>  <bold>skip-return-rfc</>
entries inspected (split)  entries   262,657        513          262,657
TLBIs (split)              TLBIs         512        512              512
lock drops                 drops           2          2                2
blocks left unsplit        blocks          0          0              511
tables (final)             pages         513        513              513`);
  });

  it("is drawn as bars of characters", () => {
    const canvas = canvasFor(colourStyle(60), { LANG: "C.UTF-8" });
    expect(marked(benchPlot(full, mmus, canvas))).toBe(`<bold>thp/enable</>

██ entries inspected (split)   ▒▒ TLBIs (split)
baseline ██████████████████████████████████ 263169
   close ██████████████████████████████████ 263169
    fast ▏ 1537
    slow ██████████████████████████████████████▒ 301025
    idle ▏ 1025
   known ▏ 1125
  custom ▏ 1625
   wrong ▏ <red>1035 WRONG</>`);
  });

  it("says what is the same under every strategy where the whole gains less than the split, by five points", () => {
    const closing = (tables: number) => {
      const runs = [run("baseline", 1000 - 513), run("fast", 0)].map((one) => {
        return { ...one, counts: withCount(one.counts, "final/tables", tables) };
      });
      const columns = [{ paths: ["split/inspected", "final/tables"], heading: "inspected" }];
      const whole = { ...mmu, totals: { ...mmu.totals!, columns } };
      const text = benchTables({ ...plain, runs }, new Map([["toy", whole]]), colourStyle()).replaceAll("\n  ", " ");
      return /^fast inspects.*/m.exec(text)![0];
    };
    expect([0, 100, 120, 1000].map(closing)).toEqual([
      "fast inspects 48.7% fewer entries than baseline in the split walk, and 48.7% fewer in the whole ioctl.",
      "fast inspects 48.7% fewer entries than baseline in the split walk, and 44.3% fewer in the whole ioctl.",
      "fast inspects 48.7% fewer entries than baseline in the split walk, and 43.5% fewer in the whole ioctl: the write-protect walk is the same under every strategy.",
      "fast inspects 48.7% fewer entries than baseline in the split walk, and 24.4% fewer in the whole ioctl: the write-protect walk is the same under every strategy.",
    ]);
  });

  it("names up to three strategies that tie, and counts more", () => {
    const names = (count: number, code: "right" | "idle" = "right") =>
      namesOf(
        Array.from({ length: count }, (_, i) => {
          return runResult({ strategy: `s${i}`, verdict: code === "right" ? { code } : { code, reason: "" } });
        }),
      );
    expect([1, 2, 3, 4, 13, 14].map((count) => names(count))).toEqual([
      "s0",
      "s0 and s1",
      "s0, s1 and s2",
      "s0 and three other right strategies",
      "s0 and twelve other right strategies",
      "s0 and 13 other right strategies",
    ]);
    expect(names(4, "idle")).toBe("s0 and three other strategies");
  });
});

it("MMUs that answer the same question stand side by side, each case by what tells it apart", () => {
  const other: Mmu = {
    ...mmu,
    id: "other",
    shared: { ...mmu.shared!, fromRoot: () => undefined, note: "a note" },
  } as Mmu;
  const cases = [
    scenarioResult("a", { workload: "split", variables: { chunk: "1G" } }),
    scenarioResult("b", { workload: "split", variables: { chunk: "2M" } }),
    scenarioResult("c", { workload: "split", variables: {}, mmu: "other" }),
  ];
  const runs = cases.flatMap(({ id }) => [
    run("baseline", 262144, { scenario: id }),
    ...(id === "c" ? [] : [run("wrong", 3, { scenario: id, findings: [unsplit] })]),
  ]);
  const both = new Map([...mmus, ["other", other]]);
  expect(
    marked(benchTables({ ...plain, scenarios: cases, runs }, both, colourStyle(150))),
  ).toBe(`<bold>thp</>: eager splitting, side by side

<bold>MMU</>           <bold>strategy</>  <bold>walks from the root</>  <bold>entries inspected or looped</>  <bold>tables</>  <bold>flushes</>  <bold>lock drops</>  <bold>result</>
toy chunk 1G  baseline                    7                      262,657     513        -           4  <green>right</>
toy chunk 1G  wrong                       7                          516     513        -           4  <red>WRONG</>
toy chunk 2M  baseline                    7                      262,657     513        -           4  <green>right</>
toy chunk 2M  wrong                       7                          516     513        -           4  <red>WRONG</>
other         baseline                    -                      262,657     513        -           4  <green>right</>

toy chunk 1G: <red>WRONG: wrong: 511 blocks unsplit, first at 0x40200000</>

toy chunk 2M: <red>WRONG: wrong: 511 blocks unsplit, first at 0x40200000</>

lock drops are counted twice

a note

<dim>Counts are exact: the same on every machine; the tests hold them equal to those of the kernel's own code.</>

<bold>2 cases: entries inspected (split), change against baseline</>

<bold>strategy</>  <bold>chunk 1G</>  <bold>chunk 2M</>
wrong     <red>-99.8% ✗</>  <red>-99.8% ✗</>

✗ the result is wrong in this case.

No right strategy lowers entries inspected (split) in any of these cases.`);
});

const told = ({ linear, ...figure }: Figure) => [figure.title, descriptionOf(figure), linear !== undefined];

describe("a page", () => {
  it("of a result has its facts, and a group for each case", async () => {
    const { runs } = full;
    const few = runs.filter(({ strategy }) => ["baseline", "fast", "wrong"].includes(strategy));
    expect(undrawn(await benchPage({ ...full, partial: true, runs: few }, mmus), told)).toEqual({
      title: "thp",
      lead: "What it costs to split huge pages for dirty logging, under each walker strategy, and whether the result is right.",
      facts: [
        { name: "Made by", value: "s2split 0.1.0, model 1" },
        { name: "At", value: "2026-07-31T12:00:00.000Z" },
        { name: "Host", value: "Example CPU, 2 CPUs, Linux 6.12, node v20.20.2" },
        { name: "Samples", value: "10" },
        { name: "Partial", value: "the run was interrupted" },
      ],
      notes: [
        "Counts are exact: the same on every machine; the tests of s2split hold them equal to those of the kernel's own code.",
        "Wall times are measured, of the simulation on its host. They are not times of any kernel.",
      ],
      groups: [
        {
          title: "thp/enable",
          lead: "One GiB of 2M blocks. a toy, enable, mode enable, chunk 1G",
          alarms: ["wrong: 511 blocks unsplit, first at 0x40200000; 511 blocks unsplit, first at 0x40200000"],
          sections: [
            {
              title: "Strategies",
              see: "Each bar is what userspace waits for: a strategy can shorten one part of it, and the other parts stay. What is pale or hollow is of a wrong result: entries that were passed over are no gain.",
              unit: "entries",
              kind: "exact",
              key: [
                { label: "entries inspected (split)", mark: "p0", shape: "box" },
                { label: "TLBIs (split)", mark: "p1", shape: "box" },
              ],
              table: {
                columns: [
                  { heading: "strategy", figure: false },
                  { heading: "entries inspected (split)", figure: true },
                  { heading: "change", figure: true },
                  { heading: "TLBIs (split)", figure: true },
                  { heading: "change", figure: true },
                  { heading: "together", figure: true },
                  { heading: "change", figure: true },
                  { heading: "result", figure: false },
                ],
                rows: [
                  ["baseline", 262657, "", 512, "", 263169, "", "right"],
                  [
                    "fast",
                    1025,
                    { value: -0.9960975721187708, text: "-99.6%" },
                    512,
                    { value: 0, text: "=" },
                    1537,
                    { value: -0.9941596464629192, text: "-99.4%" },
                    "right",
                  ],
                  [
                    "wrong",
                    523,
                    { value: -0.9980088099688947, text: "-99.8%" },
                    512,
                    { value: 0, text: "=" },
                    1035,
                    { value: -0.9960671659655963, text: "-99.6%" },
                    "WRONG: 511 blocks unsplit, first at 0x40200000 (+1 more)",
                  ],
                ],
              },
              figures: [
                [
                  "The whole, part by part",
                  "entries inspected (split) and TLBIs (split): baseline 262657 and 512; fast 1025 and 512; wrong 523 and 512 (wrong).",
                  false,
                ],
                [
                  "The same on a log scale, each part alone",
                  "entries inspected (split) and TLBIs (split): baseline 262657 and 512; fast 1025 and 512; wrong 523 and 512 (wrong).",
                  false,
                ],
              ],
            },
            {
              title: "Wall time of the split walks alone",
              see: "Every sample is a tick, the bar is the 95% interval of the median and the dot is the median: rows whose bars overlap are not told apart.",
              unit: "nanoseconds of this simulation, not of a kernel",
              kind: "measured",
              key: [
                { label: "a sample", mark: "s0", shape: "line" },
                { label: "95% interval of the median", mark: "p1", shape: "box" },
                { label: "median", mark: "p0", shape: 0 },
              ],
              warnings: [],
              table: {
                columns: [
                  { heading: "strategy", figure: false },
                  { heading: "median", figure: true },
                  { heading: "95% from", figure: true },
                  { heading: "95% to", figure: true },
                  { heading: "min", figure: true },
                  { heading: "max", figure: true },
                  { heading: "mean", figure: true },
                  { heading: "standard deviation", figure: true },
                  { heading: "samples", figure: true },
                  { heading: "change", figure: true },
                ],
                rows: [
                  [
                    "baseline",
                    { value: 1004.5, text: "1.00 us" },
                    { value: 1001, text: "1.00 us" },
                    { value: 1008, text: "1.01 us" },
                    { value: 1000, text: "1.00 us" },
                    { value: 1009, text: "1.01 us" },
                    { value: 1004.5, text: "1.00 us" },
                    { value: 3.0276503540974917, text: "3.03 ns" },
                    10,
                    "",
                  ],
                  [
                    "fast",
                    { value: 504.5, text: "505 ns" },
                    { value: 501, text: "501 ns" },
                    { value: 508, text: "508 ns" },
                    { value: 500, text: "500 ns" },
                    { value: 509, text: "509 ns" },
                    { value: 504.5, text: "505 ns" },
                    { value: 3.0276503540974917, text: "3.03 ns" },
                    10,
                    { value: -0.49776007964161273, text: "-49.8%" },
                  ],
                ],
              },
              figures: [["All samples on thp", "Medians: baseline 1.00 us; fast 505 ns.", true]],
            },
            {
              title: "Wall time of the whole ioctl: write-protect and split",
              see: "Every sample is a tick, the bar is the 95% interval of the median and the dot is the median: rows whose bars overlap are not told apart.",
              unit: "nanoseconds of this simulation, not of a kernel",
              kind: "measured",
              key: [
                { label: "a sample", mark: "s0", shape: "line" },
                { label: "95% interval of the median", mark: "p1", shape: "box" },
                { label: "median", mark: "p0", shape: 0 },
              ],
              warnings: [],
              table: {
                columns: [
                  { heading: "strategy", figure: false },
                  { heading: "median", figure: true },
                  { heading: "95% from", figure: true },
                  { heading: "95% to", figure: true },
                  { heading: "min", figure: true },
                  { heading: "max", figure: true },
                  { heading: "mean", figure: true },
                  { heading: "standard deviation", figure: true },
                  { heading: "samples", figure: true },
                  { heading: "change", figure: true },
                ],
                rows: [
                  [
                    "baseline",
                    { value: 2013.5, text: "2.01 us" },
                    { value: 2003, text: "2.00 us" },
                    { value: 2024, text: "2.02 us" },
                    { value: 2000, text: "2.00 us" },
                    { value: 2027, text: "2.03 us" },
                    { value: 2013.5, text: "2.01 us" },
                    { value: 9.082951062292475, text: "9.08 ns" },
                    10,
                    "",
                  ],
                  [
                    "fast",
                    { value: 1004.5, text: "1.00 us" },
                    { value: 1001, text: "1.00 us" },
                    { value: 1008, text: "1.01 us" },
                    { value: 1000, text: "1.00 us" },
                    { value: 1009, text: "1.01 us" },
                    { value: 1004.5, text: "1.00 us" },
                    { value: 3.0276503540974917, text: "3.03 ns" },
                    10,
                    { value: -0.501117457164142, text: "-50.1%" },
                  ],
                ],
              },
              figures: [["All samples on thp", "Medians: baseline 2.01 us; fast 1.00 us.", true]],
            },
          ],
        },
      ],
    });
  });

  it("of a result without times says nothing of them", async () => {
    const bare: ResultFile = { ...plain, createdAt: null, environment: null, runs: plain.runs.slice(0, 1) };
    const one = { ...scenarioResult(), description: null };
    const { totals: _, ...small } = mmu;
    expect(undrawn(await benchPage({ ...bare, scenarios: [one] }, new Map([["toy", small as Mmu]])), told)).toEqual({
      title: "thp",
      lead: "What it costs to split huge pages for dirty logging, under each walker strategy, and whether the result is right.",
      facts: [{ name: "Made by", value: "s2split 0.1.0, model 1" }],
      notes: [
        "Counts are exact: the same on every machine; the tests of s2split hold them equal to those of the kernel's own code.",
      ],
      groups: [
        {
          title: "thp/enable",
          lead: "a toy, enable, mode enable, chunk 1G",
          alarms: [],
          sections: [
            {
              title: "Strategies",
              see: "Each bar is what the walks of one strategy went over.",
              unit: "entries",
              kind: "exact",
              key: [{ label: "entries inspected (split)", mark: "p0", shape: "box" }],
              table: {
                columns: [
                  { heading: "strategy", figure: false },
                  { heading: "entries inspected (split)", figure: true },
                  { heading: "change", figure: true },
                  { heading: "TLBIs", figure: true },
                  { heading: "result", figure: false },
                ],
                rows: [["baseline", 262657, "", 512, "right"]],
              },
              figures: [
                ["entries inspected (split)", "entries inspected (split): baseline 262657.", false],
                ["The same on a log scale, each part alone", "entries inspected (split): baseline 262657.", false],
              ],
            },
          ],
        },
      ],
    });
    const options = { ...plain.options, wall: true, timeMs: 500 };
    const { facts, title } = await benchPage({ ...plain, options, scenarios: [one, { ...one, id: "x" }] }, mmus);
    expect(title).toBe("2 cases");
    expect(facts.at(-1)).toEqual({ name: "Samples", value: "for 500 ms" });
  });

  it("of a comparison has what got worse, what changed and wall times", async () => {
    const next = resultFile({
      environment: { ...environment, node: "v21" },
      runs: [
        run("baseline", 262145, { wall: wall(ten(2000)) }),
        run("max-level", 262144),
        run("skip-return-rfc", 262144, { counts: { ...toyCounts, final: { ...toyCounts.final, digest: null } } }),
        run("new", 1),
      ],
    });
    const base = resultFile({
      runs: [
        ...plain.runs.map((one) => (one.strategy === "baseline" ? { ...one, wall: wall(ten(1000)) } : one)),
        run("gone", 1),
      ],
    });
    const options = { ...DEFAULT_COMPARE_OPTIONS, wallThreshold: 0.05, anyEnvironment: true, maxIncrease: 0.01 };
    const comparison = compareResults(
      [{ path: "a", result: base }],
      [{ path: "b", result: next }],
      new Map([["toy", toyCounters]]),
      options,
    );
    expect(undrawn(await comparePage(comparison), told)).toEqual({
      title: "Two results compared",
      lead: "What changed from the first result to the second, figure by figure, and whether a walker got worse.",
      facts: [
        { name: "Base", value: "a" },
        { name: "New", value: "b" },
      ],
      notes: [
        "Counts are exact: any change is one of the program. Wall times are measured, of the simulation on its host.",
        'wall times are compared although environment.node is "v20.20.2" in the base and "v21" in the new result',
      ],
      groups: [
        {
          title: "Regressions",
          lead: "3 runs compared: 16 of 21 exact figures equal; 1 wall time; 1 increase within the limit; 2 improvements; 1 other change; 1 missing; 1 new; 3 regressions",
          alarms: [
            "thp/enable, baseline: wall time, split: median 1.00 us -> 2.00 us (+99.6%, 95% interval +98.9% to +100.1%, p < 0.001)",
            "thp/enable, max-level: entries inspected (split): 513 -> 262,657 entries (512 times)",
            "thp/enable, gone: missing in the new result",
          ],
          alarmWord: "Worse",
          sections: [
            {
              title: "Counters that changed",
              see: "Counters that are equal are left out; an increase beyond 1.0% is a regression.",
              unit: "as each counter's name says",
              kind: "exact",
              open: true,
              table: {
                columns: [
                  { heading: "case", figure: false },
                  { heading: "strategy", figure: false },
                  { heading: "counter", figure: false },
                  { heading: "base", figure: true },
                  { heading: "new", figure: true },
                  { heading: "change", figure: true },
                  { heading: "status", figure: false },
                ],
                rows: [
                  [
                    "thp/enable",
                    "baseline",
                    "entries inspected (split)",
                    { value: 262657, text: "262,657" },
                    { value: 262658, text: "262,658" },
                    { value: 0.0000038072467133942745, text: "+0.0004%" },
                    "tolerated",
                  ],
                  [
                    "thp/enable",
                    "max-level",
                    "entries inspected (split)",
                    { value: 513, text: "513" },
                    { value: 262657, text: "262,657" },
                    { value: 511.00194931773876, text: "512 times" },
                    "regression",
                  ],
                  [
                    "thp/enable",
                    "skip-return-rfc",
                    "blocks left unsplit",
                    { value: 511, text: "511" },
                    { value: 0, text: "0" },
                    { value: -1, text: "-100.0%" },
                    "improvement",
                  ],
                  [
                    "thp/enable",
                    "skip-return-rfc",
                    "digest of the final tree",
                    "abababababababababababababababababababababababababababababababab",
                    null,
                    "",
                    "changed",
                  ],
                ],
              },
            },
            {
              title: "Results and cases that changed",
              see: "Where a result was right and is wrong, or the other way round, and cases that only one side has.",
              unit: "right or wrong",
              kind: "exact",
              open: true,
              table: {
                columns: [
                  { heading: "case", figure: false },
                  { heading: "strategy", figure: false },
                  { heading: "base", figure: false },
                  { heading: "new", figure: false },
                  { heading: "status", figure: false },
                ],
                rows: [
                  ["thp/enable", "skip-return-rfc", "511 blocks unsplit, first at 0x40200000", "right", "improvement"],
                  ["thp/enable", "gone", "there", "missing", "missing"],
                  ["thp/enable", "new", "not there", "there", "new"],
                ],
              },
            },
            {
              title: "Wall time, new against base",
              see: "Each dot is the change of a median with its 95% interval; an interval that meets zero tells of no change; the dashed lines are the threshold, 5.0%.",
              unit: "per cent of the base's median",
              kind: "measured",
              warnings: [],
              table: {
                columns: [
                  { heading: "case", figure: false },
                  { heading: "strategy", figure: false },
                  { heading: "part", figure: false },
                  { heading: "base", figure: true },
                  { heading: "new", figure: true },
                  { heading: "change", figure: true },
                  { heading: "95% from", figure: true },
                  { heading: "95% to", figure: true },
                  { heading: "p (Holm)", figure: true },
                  { heading: "samples, base", figure: true },
                  { heading: "samples, new", figure: true },
                  { heading: "status", figure: false },
                ],
                rows: [
                  [
                    "thp/enable",
                    "baseline",
                    "split",
                    { value: 1004.5, text: "1.00 us" },
                    { value: 2004.5, text: "2.00 us" },
                    { value: 0.9955201592832255, text: "+99.6%" },
                    { value: 0.9890818858560795, text: "+98.9%" },
                    { value: 1.001496259351621, text: "+100.1%" },
                    { value: 0.00018267179110955054, text: "0.00018" },
                    10,
                    10,
                    "regression",
                  ],
                ],
              },
              figures: [["thp/enable", "baseline, split: +99.6% (95% interval +98.9% to +100.1%)", false]],
            },
          ],
        },
      ],
    });
    expect(marked(compareText(comparison, colourStyle()))).toBe(`<bold>thp/enable</>
<bold>  strategy</>         <bold>metric</>                                       <bold>base</>      <bold>new</>     <bold>change</>
  baseline         entries inspected (split) [entries]       262,657  262,658   +0.0004%  within the limit
                     level 3                                 262,144  262,145   +0.0004%
                   wall, split [measured]                    1.00 us  2.00 us     +99.6%  <red>REGRESSION</> <dim>p < 0.001</>
  max-level        entries inspected (split) [entries]           513  262,657  512 times  <red>REGRESSION</>
                     level 3                                       0  262,144   +262,144
  skip-return-rfc  result                                      WRONG    right             <green>improvement</>
                   blocks left unsplit [blocks]                  511        0    -100.0%  <green>improvement</>
                   digest of the final tree             ababababa...     none             changed

missing in the new result<red> (a regression unless --allow-missing)</>:
  thp/enable: gone

only in the new result:
  thp/enable: new

wall times are medians of 10 samples each; p is after Holm's correction
wall times are compared although environment.node is "v20.20.2" in the base and "v21" in the new result

<red><bold>3 regressions:</></>
  thp/enable, baseline: wall time, split: median 1.00 us -> 2.00 us (+99.6%, 95% interval +98.9% to +100.1%, p < 0.001)
  thp/enable, max-level: entries inspected (split): 513 -> 262,657 entries (512 times)
  thp/enable, gone: missing in the new result

3 runs compared: 16 of 21 exact figures equal; 1 wall time; 1 increase within the limit; 2 improvements; 1 other change;
  1 missing; 1 new; 3 regressions`);
    expect(marked(compareText(comparison, colourStyle(), true))).toBe(`<bold>thp/enable</>
<bold>  strategy</>         <bold>metric</>                                       <bold>base</>           <bold>new</>     <bold>change</>
  baseline         result                                      right         right
                   entries inspected (split) [entries]       262,657       262,658   +0.0004%  within the limit
                     level 3                                 262,144       262,145   +0.0004%
                   TLBIs (split) [TLBIs]                         512           512          =
                   lock drops [drops]                              2             2          =
                   blocks left unsplit [blocks]                    0             0          =
                   tables (final) [pages]                        513           513          =
                   digest of the final tree             ababababa...  ababababa...
                   wall, split [measured]                    1.00 us       2.00 us     +99.6%  <red>REGRESSION</> <dim>p < 0.001</>
  max-level        result                                      right         right
                   entries inspected (split) [entries]           513       262,657  512 times  <red>REGRESSION</>
                     level 3                                       0       262,144   +262,144
                   TLBIs (split) [TLBIs]                         512           512          =
                   lock drops [drops]                              2             2          =
                   blocks left unsplit [blocks]                    0             0          =
                   tables (final) [pages]                        513           513          =
                   digest of the final tree             ababababa...  ababababa...
  skip-return-rfc  result                                      WRONG         right             <green>improvement</>
                   entries inspected (split) [entries]       262,657       262,657          =
                   TLBIs (split) [TLBIs]                         512           512          =
                   lock drops [drops]                              2             2          =
                   blocks left unsplit [blocks]                  511             0    -100.0%  <green>improvement</>
                   tables (final) [pages]                        513           513          =
                   digest of the final tree             ababababa...          none             changed

missing in the new result<red> (a regression unless --allow-missing)</>:
  thp/enable: gone

only in the new result:
  thp/enable: new

wall times are medians of 10 samples each; p is after Holm's correction
wall times are compared although environment.node is "v20.20.2" in the base and "v21" in the new result

<red><bold>3 regressions:</></>
  thp/enable, baseline: wall time, split: median 1.00 us -> 2.00 us (+99.6%, 95% interval +98.9% to +100.1%, p < 0.001)
  thp/enable, max-level: entries inspected (split): 513 -> 262,657 entries (512 times)
  thp/enable, gone: missing in the new result

3 runs compared: 16 of 21 exact figures equal; 1 wall time; 1 increase within the limit; 2 improvements; 1 other change;
  1 missing; 1 new; 3 regressions`);
    expect(summaryMarkdown(comparison)).toBe(`## s2split: 3 regressed

3 runs compared: 16 of 21 exact figures equal; 1 wall time; 1 increase within the limit; 2 improvements; 1 other change; 1 missing; 1 new; 3 regressions

- thp/enable, baseline: wall time, split: median 1.00 us -> 2.00 us (+99.6%, 95% interval +98.9% to +100.1%, p &lt; 0.001)
- thp/enable, max-level: entries inspected (split): 513 -> 262,657 entries (512 times)
- thp/enable, gone: missing in the new result

<details><summary>All changes</summary>

| case | strategy | what | change |
| :--- | :--- | :--- | ---: |
| thp/enable | baseline | entries inspected (split): 262,657 -> 262,658 entries (+0.0004%) | +0.0004% |
| thp/enable | baseline | wall time, split: median 1.00 us -> 2.00 us (+99.6%, 95% interval +98.9% to +100.1%, p &lt; 0.001) | +99.6% |
| thp/enable | max-level | entries inspected (split): 513 -> 262,657 entries (512 times) | 512 times |
| thp/enable | skip-return-rfc | blocks left unsplit: 511 -> 0 blocks (-100.0%) | -100.0% |
| thp/enable | skip-return-rfc | digest of the final tree: ababababa... -> none |  |

</details>
`);
  });

  it("of a benchmark against itself has a group for each pair", async () => {
    const of = (from: number) => [
      { path: "a", result: resultFile({ runs: [run("baseline", 1, { wall: wall(ten(from)) })] }) },
    ];
    const comparison = compareResults(of(1000), of(1001), new Map([["toy", toyCounters]]), DEFAULT_COMPARE_OPTIONS);
    const pairs = [comparison, comparison];
    expect(undrawn(await noisePage(noiseOf(pairs), pairs), told)).toEqual({
      title: "A benchmark against itself",
      lead: "Of 2 wall times of the same code, 0 would be called changed; the largest change of a median is +0.1%.",
      facts: [{ name: "Suggested", value: "--wall-threshold 1%" }],
      notes: ["Wall times are measured, of the simulation on its host. Counts were equal in both runs."],
      groups: [
        {
          title: "Pair 1 of 2",
          lead: "The same benchmark, twice.",
          sections: [
            {
              title: "Wall time, second run against first",
              see: "Nothing changed, so each dot should lie at zero; the dashed lines are the threshold that is suggested, which no interval reaches.",
              unit: "per cent of the first run's median",
              kind: "measured",
              table: {
                columns: [
                  { heading: "case", figure: false },
                  { heading: "strategy", figure: false },
                  { heading: "part", figure: false },
                  { heading: "base", figure: true },
                  { heading: "new", figure: true },
                  { heading: "change", figure: true },
                  { heading: "95% from", figure: true },
                  { heading: "95% to", figure: true },
                  { heading: "p (Holm)", figure: true },
                  { heading: "samples, base", figure: true },
                  { heading: "samples, new", figure: true },
                  { heading: "status", figure: false },
                ],
                rows: [
                  [
                    "thp/enable",
                    "baseline",
                    "split",
                    { value: 1004.5, text: "1.00 us" },
                    { value: 1005.5, text: "1.01 us" },
                    { value: 0.0009955201592832807, text: "+0.1%" },
                    { value: -0.0029791829769852812, text: "-0.3%" },
                    { value: 0.004982561036372735, text: "+0.5%" },
                    { value: 0.49482822787670633, text: "0.49" },
                    10,
                    10,
                    "not-gated",
                  ],
                ],
              },
              figures: [["thp/enable", "baseline, split: +0.1% (95% interval -0.3% to +0.5%)", false]],
            },
          ],
        },
        {
          title: "Pair 2 of 2",
          lead: "The same benchmark, twice.",
          sections: [
            {
              title: "Wall time, second run against first",
              see: "Nothing changed, so each dot should lie at zero; the dashed lines are the threshold that is suggested, which no interval reaches.",
              unit: "per cent of the first run's median",
              kind: "measured",
              table: {
                columns: [
                  { heading: "case", figure: false },
                  { heading: "strategy", figure: false },
                  { heading: "part", figure: false },
                  { heading: "base", figure: true },
                  { heading: "new", figure: true },
                  { heading: "change", figure: true },
                  { heading: "95% from", figure: true },
                  { heading: "95% to", figure: true },
                  { heading: "p (Holm)", figure: true },
                  { heading: "samples, base", figure: true },
                  { heading: "samples, new", figure: true },
                  { heading: "status", figure: false },
                ],
                rows: [
                  [
                    "thp/enable",
                    "baseline",
                    "split",
                    { value: 1004.5, text: "1.00 us" },
                    { value: 1005.5, text: "1.01 us" },
                    { value: 0.0009955201592832807, text: "+0.1%" },
                    { value: -0.0029791829769852812, text: "-0.3%" },
                    { value: 0.004982561036372735, text: "+0.5%" },
                    { value: 0.49482822787670633, text: "0.49" },
                    10,
                    10,
                    "not-gated",
                  ],
                ],
              },
              figures: [["thp/enable", "baseline, split: +0.1% (95% interval -0.3% to +0.5%)", false]],
            },
          ],
        },
      ],
    });
  });
});
