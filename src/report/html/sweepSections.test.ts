import { expect, it } from "vitest";
import { planOf } from "../../bench/plan.js";
import { runPlan } from "../../bench/run.js";
import { arm64 } from "../../mmu/arm64/mmu.js";
import type { Mmu } from "../../mmu/contract.js";
import {
  resultFile,
  runResult,
  scenarioResult,
  toyCounts,
  toyMachine,
  unsplit,
  withCount,
} from "../../testing/resultBuilder.js";
import { descriptionOf, undrawn } from "../../testing/undrawn.js";
import { loadPlot } from "./charts/draw.js";
import type { Figure } from "./page.js";
import { reportPage } from "./reportPage.js";
import { sweepGroups } from "./sweepSections.js";

const guest = (chunk: string) => ({
  granule: "4K",
  ipaBits: 40,
  name: "guest",
  memslots: [{ base: "0x40000000", segments: [{ map: "2M", size: "16M" }] }],
  dirtyLog: { mode: "enable", chunk },
});

it("all points of a sweep lie within their drawing, the highest below its top", async () => {
  const plan = planOf(
    ["2M", "1G"].map((chunk) => arm64.parse(guest(chunk), "guest")),
    () => arm64.strategies.slice(0, 2),
  );
  const options = { wall: null, seed: 1, toolVersion: "0", createdAt: null, environment: false };
  const result = await runPlan(plan, options);
  const [group] = sweepGroups(await loadPlot(), result, new Map([["arm64", arm64 as unknown as Mmu]]));
  const charts = group!.sections.flatMap(({ figures = [] }) => figures.map(({ svg }) => svg.text));
  expect(charts.length).toBeGreaterThan(1);
  for (const chart of charts) {
    const heights = [...chart.matchAll(/<circle [^>]*cy="([-\d.]+)"/g)].map(([, y]) => Number(y));
    expect(heights.length).toBeGreaterThan(1);
    // The top of the frame is at 22.
    expect(Math.min(...heights)).toBeGreaterThan(22);
  }
});

const coarse = (chunk: string, more: object = {}) => ({
  ...scenarioResult(chunk, { name: "thp", variables: { chunk } }),
  ...more,
});
const counted = (scenario: string, strategy: string, inspected: number, more: object = {}) =>
  runResult({ scenario, strategy, counts: withCount(toyCounts, "split/inspected/3", inspected), ...more });

it("a sweep has a section for each figure, with lines that lie on each other named together", async () => {
  const scenarios = ["1G", "2M"].map((chunk) => coarse(chunk));
  const runs = scenarios.flatMap(({ id }, i) => [
    counted(id, "baseline", 1000 * (i + 1)),
    counted(id, "same", 1000 * (i + 1)),
    counted(id, "wrong", i, { findings: [unsplit] }),
  ]);
  const result = resultFile({ scenarios, runs });
  const told = (figure: Figure) => [figure.title, descriptionOf(figure), figure.linear !== undefined];
  const of = async (mmu: Mmu) =>
    undrawn(
      {
        title: "",
        lead: "",
        facts: [],
        notes: [],
        groups: sweepGroups(await loadPlot(), result, new Map([["toy", mmu]])),
      },
      told,
    ).groups;
  expect(await of(toyMachine)).toEqual([
    {
      title: "Sweep over chunk size",
      lead: "a toy: what changes with the chunk, a panel for each backing and mode; strategies that give one line are named together.",
      alarms: [],
      sections: [
        {
          title: "inspected",
          see: "How inspected change.",
          unit: "entries",
          kind: "exact",
          key: [
            { label: "baseline, same", mark: "s0", shape: 0, hides: true },
            { label: "wrong", mark: "s1", shape: 1, hides: true },
          ],
          warnings: ["Hollow marks are of wrong results: entries that were passed over are no gain."],
          table: {
            columns: [
              { heading: "case, entries", figure: false },
              { heading: "chunk size", figure: true },
              { heading: "baseline", figure: true },
              { heading: "same", figure: true },
              { heading: "wrong", figure: true },
            ],
            rows: [
              [
                "thp, enable",
                { value: 2097152, text: "2M" },
                { value: 2513, text: "2,513" },
                { value: 2513, text: "2,513" },
                { value: 514, text: "514" },
              ],
              [
                "thp, enable",
                { value: 1073741824, text: "1G" },
                { value: 1513, text: "1,513" },
                { value: 1513, text: "1,513" },
                { value: 513, text: "513" },
              ],
            ],
          },
          figures: [["thp, enable", "baseline, same: 2M 2,513, 1G 1,513; wrong: 2M 514, 1G 513", true]],
        },
        {
          title: "TLBIs",
          see: "How TLBIs change.",
          unit: "TLBIs",
          kind: "exact",
          key: [
            { label: "baseline, same", mark: "s0", shape: 0, hides: true },
            { label: "wrong", mark: "s1", shape: 1, hides: true },
          ],
          warnings: ["Hollow marks are of wrong results: entries that were passed over are no gain."],
          table: {
            columns: [
              { heading: "case, TLBIs", figure: false },
              { heading: "chunk size", figure: true },
              { heading: "baseline", figure: true },
              { heading: "same", figure: true },
              { heading: "wrong", figure: true },
            ],
            rows: [
              [
                "thp, enable",
                { value: 2097152, text: "2M" },
                { value: 512, text: "512" },
                { value: 512, text: "512" },
                { value: 512, text: "512" },
              ],
              [
                "thp, enable",
                { value: 1073741824, text: "1G" },
                { value: 512, text: "512" },
                { value: 512, text: "512" },
                { value: 512, text: "512" },
              ],
            ],
          },
          figures: [["thp, enable", "baseline, same: 2M 512, 1G 512; wrong: 2M 512, 1G 512", true]],
        },
      ],
    },
  ]);
  const shared = {
    workload: "enable",
    inspected: ["split/inspected"],
    tables: [],
    flushes: ["split/tlbi"],
    lockDrops: ["split/lockDrops"],
  };
  const topups = { ...toyMachine.counters[2]!, path: "split/lockDrops" };
  expect(
    (await of({ ...toyMachine, shared, counters: [topups] } as unknown as Mmu)).map(({ sections }) =>
      sections.map(({ title, see, unit, figures }) => [title, see, unit, figures]),
    ),
  ).toEqual([
    [
      [
        "Entries inspected",
        "The lower a line, the less its walks go over; where lines meet, the choice of strategy does not matter.",
        "entries",
        [["thp, enable", "baseline, same: 2M 2,513, 1G 1,513; wrong: 2M 514, 1G 513", true]],
      ],
      [
        "Entries inspected per lock hold",
        "How long vCPUs that fault may wait, in entries: all that are inspected, over the times that the lock is dropped.",
        "entries per drop of mmu_lock, mean",
        [["thp, enable", "baseline, same: 2M 1,257, 1G 756.5; wrong: 2M 257, 1G 256.5", true]],
      ],
      [
        "Invalidations",
        "What the split broadcasts to every CPU; a strategy that is right can change it only by chunk.",
        "TLBIs or flushes",
        [["thp, enable", "baseline, same: 2M 512, 1G 512; wrong: 2M 512, 1G 512", true]],
      ],
    ],
  ]);
});

it("of many panels a dozen are drawn, and eight have a linear scale too", async () => {
  const drawn = async (count: number) => {
    const scenarios = Array.from({ length: count }, (_, i) => i).flatMap((i) =>
      ["1G", "2M"].map((chunk) => scenarioResult(`g${i} ${chunk}`, { name: `g${i}`, variables: { chunk } })),
    );
    const runs = scenarios.map(({ id }) => counted(id, "baseline", 5));
    const [group] = sweepGroups(await loadPlot(), resultFile({ scenarios, runs }), new Map([["toy", toyMachine]]));
    const { figures, warnings, table } = group!.sections[0]!;
    return [
      figures!.length,
      figures!.filter(({ linear }) => linear !== undefined).length,
      table!.rows.length,
      warnings,
    ];
  };
  expect(await drawn(8)).toEqual([8, 8, 16, []]);
  expect(await drawn(9)).toEqual([9, 0, 18, []]);
  expect(await drawn(13)).toEqual([12, 0, 26, ["12 of 13 panels are drawn; the table has them all."]]);
});

it("results of several files are one page, told apart by file where their cases have one name", async () => {
  const file = (path: string, partial: boolean) => ({ path, result: { ...resultFile(), partial } });
  const page = await reportPage([file("a.json", false), file("b.json", true)], new Map([["toy", toyMachine]]));
  expect([page.title, page.facts, page.groups.map(({ title }) => title)]).toEqual([
    "2 results, 2 cases",
    [
      { name: "Files", value: "2" },
      { name: "Made by", value: "s2split 0.1.0, model 1" },
      { name: "Partial", value: "b.json" },
    ],
    ["a.json: thp/enable", "b.json: thp/enable"],
  ]);
  const other = {
    path: "c.json",
    result: resultFile({
      scenarios: [scenarioResult("x", { name: "x" })],
      runs: [runResult({ scenario: "x" })],
      tool: { name: "s2split", version: "0.2.0", modelVersion: 2 },
    }),
  };
  const two = await reportPage([file("a.json", false), other], new Map([["toy", toyMachine]]));
  expect([two.facts, two.groups.map(({ title }) => title)]).toEqual([
    [
      { name: "Files", value: "2" },
      { name: "Made by", value: "s2split 0.1.0, model 1; s2split 0.2.0, model 2" },
    ],
    ["thp/enable", "x"],
  ]);
  expect((await reportPage([file("a.json", false)], new Map([["toy", toyMachine]]))).title).toBe("thp");
});
