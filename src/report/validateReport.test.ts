import { expect, it } from "vitest";
import type { MeasurementComparison } from "../compare/measurements.js";
import { DEFAULT_COMPARE_OPTIONS, type WallMetric } from "../compare/types.js";
import type { SplitComparison, Validation } from "../cost/validate.js";
import type { MeasuredValidation } from "../cost/validateMeasured.js";
import { colourStyle, marked } from "../testing/markedStyle.js";
import { descriptionOf, undrawn } from "../testing/undrawn.js";
import { compareMeasuredPage } from "./html/compareMeasuredPage.js";
import type { Figure } from "./html/page.js";
import { validateMeasuredPage } from "./html/validateMeasuredPage.js";
import { validatePage } from "./html/validatePage.js";
import { canvasFor } from "./plot/canvas.js";
import { validatePlot } from "./plot/costPlots.js";
import { points, unpricedNote, validateReport } from "./validateReport.js";

const row = (more: Partial<SplitComparison> = {}): SplitComparison => ({
  mode: "enable",
  backing: "thp",
  role: "judged",
  publishedPercent: -50.5,
  stdevPoints: 1.25,
  modelledPercent: -49.5,
  errorPoints: 1,
  inside: true,
  ...more,
});
const series = {
  id: "s",
  title: "A series",
  author: "A. Author",
  date: "2023-01-02",
  strategy: "skip",
  machine: "a machine",
  slotGiB: 32,
  scope: "split",
  profile: "ampereone",
  rows: [{ mode: "clear" }],
};
const table = {
  id: "t",
  title: "A table",
  author: "B",
  date: "2022",
  machine: null,
  kernel: "6",
  command: "c",
  workload: { text: "w" },
  columns: [{ name: "lazy" }],
  notKnown: [],
};
const validation = {
  split: [
    {
      series,
      profile: "ampereone",
      rows: [
        row(),
        row({ mode: "clear", backing: "4K", role: "fitted", stdevPoints: null, inside: null, errorPoints: -0.001 }),
        row({ backing: "hugetlb-1g", inside: false, errorPoints: 2.345, publishedPercent: 3, modelledPercent: 5.345 }),
      ],
      unpriced: [{ counter: "x", label: "a count", count: 12345 }],
      assumptions: "scaleOnly",
      scaled: true,
      otherChunkPoints: 0.126,
    },
    {
      series: { ...series, scope: "ioctl", rows: [{ mode: "enable" }] },
      profile: "thunderx2",
      rows: [row()],
      unpriced: [],
      assumptions: "figures",
      scaled: false,
      otherChunkPoints: 0,
    },
  ],
  contention: {
    columns: [
      {
        column: {
          table,
          column: { name: "lazy", lock: "rwlock" },
          id: "t/lazy",
          mix: { broken: 1, map: 0, relax: 0 },
          rows: [],
        },
        profile: "ampereone",
        rows: [
          { vcpus: 1, publishedNs: 1e9, modelledNs: 1.1e9, errorPercent: 10, role: "fitted" },
          { vcpus: 2, publishedNs: 1.5e9, modelledNs: null, errorPercent: null, role: "judged" },
          { vcpus: 3, publishedNs: 2e9, modelledNs: 1.9e9, errorPercent: -5, role: "judged" },
        ],
        machine: null,
        twoRows: null,
        firstRow: null,
        assumed: [],
      },
    ],
    machines: [],
    repeats: [],
    ratios: [],
    overall: { machine: null, twoRows: null, firstRow: null },
    leftOut: null,
  },
  shadow: {
    sets: [
      {
        name: "a set",
        c0: 1,
        g: 2,
        zLazy: 3,
        zEager: null,
        columns: [
          {
            name: "lazy",
            faultsPerVcpu: 10,
            rows: [{ vcpus: 4, publishedNs: 1e9, modelledNs: 1e9, errorPercent: 0, role: "fitted" }],
            error: { mean: 0, largest: 0 },
          },
        ],
        error: { mean: 0, largest: 0 },
        beyond: { mean: 0, largest: 0 },
      },
    ],
    notModelled: [],
  },
  zap: {
    passes: [
      {
        root: 1,
        zapLevel: 2,
        publishedBefore: 3000,
        simulatedBefore: 4,
        publishedAfter: 5,
        simulatedAfter: 6,
        publishedEntries: 7,
        simulatedEntries: 8,
      },
    ],
    exact: true,
    profile: "x86-tdp",
    publishedSavedNs: 1000,
    modelledSavedNs: 2000,
  },
} as unknown as Validation;

/** Dots, and symbols of modelled figures. */
const MARKS = /<circle|<path [^>]*var\(--s5\)/g;
const told = (figure: Figure) => [figure.title, descriptionOf(figure), (figure.svg.text.match(MARKS) ?? []).length];

it("the model stands beside every published series, table and count", () => {
  expect(marked(validateReport(validation, colourStyle(140)))).toBe(`<bold>A. Author, 2023-01-02</>: A series
skip against baseline on a machine, slot of 32G, the split alone, timed in the kernel; modelled with profile ampereone
<bold>mode</>    <bold>backing</>     <bold>published</>  <bold>stdev</>  <bold>modelled</>         <bold>error</>  <bold>inside 1 stdev</>  <bold>row</>
enable  thp           -50.50%   1.25   -49.50%  +1.00 points  yes             judged
clear   4K            -50.50%   none   -49.50%   0.00 points  -               fitted
enable  hugetlb-1g      3.00%   1.25     5.34%  +2.35 points  <yellow>no</>              judged
  Chunk size not stated: 1G is taken; with 2M no change would differ by more than 0.13 points.
  Counts of 32G are exact: 3 GiB were simulated; the third adds just what the second did, and so does each further one.
  Clear is the mean of two iterations: the second finds pages, whatever the backing.
  The profile's scale is assumed; these percentages do not depend on it.
  Counted, but ampereone has no cost for: a count (12,345).

<bold>A. Author, 2023-01-02</>: A series
skip against baseline on a machine, slot of 32G, the whole ioctl, timed from userspace; modelled with profile thunderx2
<bold>mode</>    <bold>backing</>  <bold>published</>  <bold>stdev</>  <bold>modelled</>         <bold>error</>  <bold>inside 1 stdev</>  <bold>row</>
enable  thp        -50.50%   1.25   -49.50%  +1.00 points  yes             judged
  Chunk size not stated: 1G is taken; with 2M no change would differ by more than 0.00 points.
  <yellow>The modelled figures rest on assumptions.</>

<bold>B, 2022</>: A table (t)
c; w
machine not named, kernel 6; profile ampereone
lazy: 1 faults that break a block a vCPU, simulated; lock rwlock
<bold>vCPUs</>    <bold>lazy</>      <bold>modelled</>   <bold>error</>  <bold>row</>
    1  1.00 s        1.10 s  +10.0%  fitted
    2  1.50 s  not modelled          judged
    3  2.00 s        1.90 s   -5.0%  judged

<bold>Errors over vCPUs</>
<bold>error, percent: mean / largest</>  <bold>machine's set</>  <bold>rows</>  <bold>two rows</>  <bold>first row</>
t/lazy                                   none            none       none
all columns                              none            none       none
  machine's set: one set of figures for all tables of a machine. two rows: the column alone, from N = 1 and N = 32; all
    others are judged.
  first row: serial parts from the machine's other columns, and N = 1; all others are judged. none: nothing else tells
    them.

<bold>David Matlack, 2022-03-11</>: [PATCH v2 00/26] Extend Eager Page Splitting to the shadow MMU (x86 shadow MMU)
<yellow>A description, without explanation: a hold of c0 + g log2(vCPUs). A constant hold errs by up to 75%. Predict nothing
  from it.</>
  a set: c0 1 ns, g 2 ns, rest of a fault 3 ns lazy: 0.0 / 0.0 percent, all fitted; fitted up to 16 vCPUs, judged
    beyond: 0.0 / 0.0
    lazy, 10 faults a vCPU (derived): 0.0 / 0.0

<bold>Bernhard Kauer, 2024-10-23</>: KVM: x86: Fast forward the iterator when zapping the TDP MMU
loops of the TDP iterator while the hello guest's root, and then an empty one, are zapped; simulated, not modelled
<bold>root</>  <bold>zap level</>  <bold>before, published</>  <bold>simulated</>  <bold>after, published</>  <bold>simulated</>  <bold>entries, published</>  <bold>simulated</>
   1          2              3,000          4                 5          6                   7          8
  Every count is equal. Time saved: published 1.00 us, modelled 2.00 us with profile x86-tdp (fitted: its loop is this
    figure).

<bold>Published too, without a table above</>
  David Matlack, 2021-12-13 (matlack-2021-12-tdp): profile x86-tdp is derived from it: nothing is left to judge
  Ben Gardon, 2021-11-10 (gardon-2021-11-disable-rfc): not modelled: disabling on x86 restores the blocks, which no
    profile prices
  Ben Gardon, 2021-11-15 (gardon-2021-11-disable-v1): not modelled: disabling on x86 restores the blocks, which no
    profile prices
  Ben Gardon, 2022-03-21 (gardon-2022-03-disable-v2): not modelled: 256 s against 45 s for the same step on two machines
    is unexplained by its author too
  Vipin Sharma (posted by Sean Christopherson), 2023-03-21 (sharma-2023-03-clear-x86): not modelled: the share of pages
    that were dirty is not stated
  Colton Lewis, 2024-07-18 (lewis-2024-07-dsb): barriers are counted; see docs/barriers.md for what the counts explain
  Keqian Zhu, 2020-04-13 (zhu-2020-04-initially-set): the 4K figure is what profile kunpeng920 is derived from
  Jay Zhou, 2020-02 (zhou-2020-02-initially-set-x86): not modelled: page sizes are not stated
  Zhuang Yanying, 2019-01, by the kernels named (zhuang-2019-dbit): not modelled: cleaning D bits was replaced since
  Jinyu Tang, 2026-05-17 (tang-2026-05-riscv): not modelled: an emulated host says nothing of hardware

<bold>How to read it</>
Percentages are changes of run time, patched against unpatched; errors are modelled less published, in points.
fitted: the profile's figures were computed from this row, so that agreement proves nothing. judged: they were not.
Of 3 judged rows with a published spread, 2 are within one standard deviation.
`);
  const zap = { ...validation.zap, exact: false };
  expect(marked(validateReport({ ...validation, zap }, colourStyle()))).toContain(
    "<yellow>Counts differ.</> Time saved",
  );
  const two = { ...validation.split[0]!, rows: [row(), row(), row({ role: "fitted" })] };
  expect(validateReport({ ...validation, split: [two] }, colourStyle())).toContain(
    "Of 2 judged rows with a published spread, 2 are within one standard deviation.",
  );
});

it("points have a sign unless they come to nothing", () => {
  expect([0, 0.004, -0.004, 0.006, -1.25, 3].map(points)).toEqual(
    ["0.00", "0.00", "0.00", "+0.01", "-1.25", "+3.00"].map((text) => `${text} points`),
  );
  expect(unpricedNote([], "x")).toEqual([]);
});

it("the page of the model has a group for each kind of publication", async () => {
  expect(undrawn(await validatePage(validation), told)).toEqual({
    title: "The model beside published measurements",
    lead: "How near modelled times and simulated counts come to what others measured on real machines.",
    facts: [],
    notes: [
      "Published figures are measured, by their authors. Modelled ones are exact counts times a profile of costs.",
    ],
    groups: [
      {
        title: "Splitting under a strategy",
        lead: "A hollow mark is of a row that the model's figures were fitted to: that it agrees proves nothing. A filled one is judged.",
        sections: [
          {
            title: "A. Author, 2023-01-02: A series",
            see: "Where a square lies within the line of its dot, the model is within one published standard deviation.",
            unit: "per cent of the time of the split alone, skip against baseline; profile ampereone",
            kind: "modelled",
            key: [
              { label: "published, with one standard deviation", mark: "p0", shape: 0 },
              { label: "modelled (hollow: fitted)", mark: "p1", shape: 1 },
            ],
            table: {
              columns: [
                { heading: "row", figure: false },
                { heading: "published", figure: true },
                { heading: "standard deviation", figure: true },
                { heading: "modelled", figure: true },
                { heading: "error, points", figure: true },
                { heading: "role", figure: false },
                { heading: "within", figure: false },
              ],
              rows: [
                [
                  "enable, thp",
                  { value: -50.5, text: "-50.5%" },
                  { value: 1.25, text: "1.3" },
                  { value: -49.5, text: "-49.5%" },
                  { value: 1, text: "+1.0" },
                  "judged",
                  "yes",
                ],
                [
                  "clear, 4K",
                  { value: -50.5, text: "-50.5%" },
                  null,
                  { value: -49.5, text: "-49.5%" },
                  { value: -0.001, text: "-0.0" },
                  "fitted",
                  "not published",
                ],
                [
                  "enable, hugetlb-1g",
                  { value: 3, text: "+3.0%" },
                  { value: 1.25, text: "1.3" },
                  { value: 5.345, text: "+5.3%" },
                  { value: 2.345, text: "+2.3" },
                  "judged",
                  "no",
                ],
              ],
            },
            figures: [
              [
                "Change against baseline",
                "enable thp: published -50.5%, modelled -49.5%; clear 4K: published -50.5%, modelled -49.5%; enable hugetlb-1g: published +3.0%, modelled +5.3%",
                3,
              ],
            ],
          },
          {
            title: "A. Author, 2023-01-02: A series",
            see: "Where a square lies within the line of its dot, the model is within one published standard deviation.",
            unit: "per cent of the time of the ioctl, skip against baseline; profile thunderx2",
            kind: "modelled",
            key: [
              { label: "published, with one standard deviation", mark: "p0", shape: 0 },
              { label: "modelled (hollow: fitted)", mark: "p1", shape: 1 },
            ],
            table: {
              columns: [
                { heading: "row", figure: false },
                { heading: "published", figure: true },
                { heading: "standard deviation", figure: true },
                { heading: "modelled", figure: true },
                { heading: "error, points", figure: true },
                { heading: "role", figure: false },
                { heading: "within", figure: false },
              ],
              rows: [
                [
                  "enable, thp",
                  { value: -50.5, text: "-50.5%" },
                  { value: 1.25, text: "1.3" },
                  { value: -49.5, text: "-49.5%" },
                  { value: 1, text: "+1.0" },
                  "judged",
                  "yes",
                ],
              ],
            },
            figures: [["Change against baseline", "enable thp: published -50.5%, modelled -49.5%", 1]],
          },
        ],
      },
      {
        title: "Many vCPUs at once",
        lead: "A hollow mark is of a row that the model's figures were fitted to: that it agrees proves nothing. A filled one is judged.",
        sections: [
          {
            title: "B, 2022: A table (t)",
            see: "Time of a pass over the number of vCPUs that run it at once: where the curves lie on each other, the model tells how it scales.",
            unit: "nanoseconds over vCPUs, log axes",
            kind: "modelled",
            key: [
              { label: "published", mark: "s2", shape: 2, hides: true },
              { label: "modelled (hollow: fitted)", mark: "s5", shape: 5, hides: true },
            ],
            table: {
              columns: [
                { heading: "column", figure: false },
                { heading: "vCPUs", figure: true },
                { heading: "published", figure: true },
                { heading: "modelled", figure: true },
                { heading: "error", figure: true },
                { heading: "role", figure: false },
              ],
              rows: [
                [
                  "lazy",
                  1,
                  { value: 1000000000, text: "1.00 s" },
                  { value: 1100000000, text: "1.10 s" },
                  { value: 10.000000000000009, text: "+10.0%" },
                  "fitted",
                ],
                ["lazy", 2, { value: 1500000000, text: "1.50 s" }, null, null, "judged"],
                [
                  "lazy",
                  3,
                  { value: 2000000000, text: "2.00 s" },
                  { value: 1900000000, text: "1.90 s" },
                  { value: -5.000000000000004, text: "-5.0%" },
                  "judged",
                ],
              ],
            },
            figures: [
              [
                "lazy",
                "1 vCPUs: published 1.00 s, modelled 1.10 s; 2 vCPUs: published 1.50 s, modelled not; 3 vCPUs: published 2.00 s, modelled 1.90 s",
                1,
              ],
            ],
          },
        ],
      },
      {
        title: "x86 shadow MMU",
        lead: "Described, not explained. A hollow mark is of a row that the model's figures were fitted to: that it agrees proves nothing. A filled one is judged.",
        sections: [
          {
            title: "a set",
            see: "Time of a pass over the number of vCPUs that run it at once: where the curves lie on each other, the model tells how it scales.",
            unit: "nanoseconds over vCPUs, log axes",
            kind: "modelled",
            key: [
              { label: "published", mark: "s2", shape: 2, hides: true },
              { label: "modelled (hollow: fitted)", mark: "s5", shape: 5, hides: true },
            ],
            table: {
              columns: [
                { heading: "column", figure: false },
                { heading: "vCPUs", figure: true },
                { heading: "published", figure: true },
                { heading: "modelled", figure: true },
                { heading: "error", figure: true },
                { heading: "role", figure: false },
              ],
              rows: [
                [
                  "lazy",
                  4,
                  { value: 1000000000, text: "1.00 s" },
                  { value: 1000000000, text: "1.00 s" },
                  { value: 0, text: "0.0%" },
                  "fitted",
                ],
              ],
            },
            figures: [["lazy", "4 vCPUs: published 1.00 s, modelled 1.00 s", 0]],
          },
        ],
      },
      {
        title: "x86 zap",
        lead: "Counts that were published, beside those that are simulated.",
        sections: [
          {
            title: "Loops of a zap, pass by pass",
            see: "Every count of loops and entries is as published.",
            unit: "loops and entries",
            kind: "exact",
            open: true,
            table: {
              columns: [
                { heading: "pass", figure: false },
                { heading: "loops before, published", figure: true },
                { heading: "simulated", figure: true },
                { heading: "loops after, published", figure: true },
                { heading: "simulated", figure: true },
                { heading: "entries, published", figure: true },
                { heading: "simulated", figure: true },
              ],
              rows: [["root 1, level 2", 3000, 4, 5, 6, 7, 8]],
            },
          },
        ],
      },
    ],
  });
  const { groups } = await validatePage({ ...validation, zap: { ...validation.zap, exact: false }, split: [] });
  expect(groups.map(({ title }) => title)).toEqual(["Many vCPUs at once", "x86 shadow MMU", "x86 zap"]);
  expect(groups[2]!.sections[0]!.see).toBe("A count differs from what was published.");
});

it("published and modelled changes are drawn as pairs of bars", () => {
  expect(
    marked(validatePlot(validation, canvasFor(colourStyle(70), { LANG: "C.UTF-8" }))),
  ).toBe(`<bold>A. Author, 2023-01-02: time under skip, per cent of baseline's</>
  enable thp, published █████████████████▊ 49.5%
       judged, modelled ██████████████████▏ 50.5%
    clear 4K, published █████████████████▊ 49.5%
       fitted, modelled ██████████████████▏ 50.5%
enable hugetlb-1g, p... █████████████████████████████████████▏ 103.0%
       judged, modelled ██████████████████████████████████████ 105.3%

<bold>A. Author, 2023-01-02: time under skip, per cent of baseline's</>
enable thp, published ████████████████████████████████████████▏ 49.5%
     judged, modelled █████████████████████████████████████████ 50.5%`);
});

it("the page of measured runs has what was measured, with its interval, and what is modelled", async () => {
  const rows = [
    {
      label: "run a: enable",
      samples: 6,
      measuredNs: 2e6,
      ci95Ns: [1.9e6, 2.1e6],
      modelledNs: 2.2e6,
      errorPercent: 10,
    },
  ];
  expect(undrawn(await validateMeasuredPage({ rows, profile: "one" } as unknown as MeasuredValidation), told)).toEqual({
    title: "The model beside measured runs",
    lead: "How near modelled times come to what was measured, phase by phase.",
    facts: [{ name: "Profile", value: "one" }],
    notes: [
      "Measured times are of the machine that ran the test. Modelled ones are exact counts times a profile of costs.",
    ],
    groups: [
      {
        title: "Phases",
        lead: "",
        alarms: [],
        sections: [
          {
            title: "Measured and modelled",
            see: "Where a square lies within the line of its dot, the modelled time is within the 95% interval of what was measured.",
            unit: "per cent of the measured median",
            kind: "measured",
            key: [
              { label: "measured, 95% interval", mark: "p0", shape: 0 },
              { label: "modelled", mark: "p1", shape: 1 },
            ],
            table: {
              columns: [
                { heading: "phase", figure: false },
                { heading: "samples", figure: true },
                { heading: "measured", figure: true },
                { heading: "95% from", figure: true },
                { heading: "95% to", figure: true },
                { heading: "modelled", figure: true },
                { heading: "error", figure: true },
              ],
              rows: [
                [
                  "run a: enable",
                  6,
                  { value: 2000000, text: "2.00 ms" },
                  { value: 1900000, text: "1.90 ms" },
                  { value: 2100000, text: "2.10 ms" },
                  { value: 2200000, text: "2.20 ms" },
                  { value: 10, text: "+10.0%" },
                ],
              ],
            },
            figures: [["Modelled, of measured", "run a: enable: measured 2.00 ms, modelled 2.20 ms", 1]],
          },
        ],
      },
    ],
  });
});

it("the page of two measurements has what got slower, and what only one side has", async () => {
  const metric = (part: string, status: WallMetric["status"], change: number): WallMetric => ({
    kind: "measured",
    part,
    baseNs: 1e6,
    nextNs: 1e6 * (1 + change),
    change,
    interval: [change - 0.01, change + 0.01],
    p: 0.01,
    pHolm: 0.0312,
    samples: [10, 12],
    samplesNeeded: null,
    status,
  });
  const comparison: MeasurementComparison = {
    options: DEFAULT_COMPARE_OPTIONS,
    phases: [
      { case: "a", guestMode: "4K", metric: metric("enable", "regression", 0.5) },
      { case: "a", guestMode: null, metric: metric("dirty 1", "noise", 0) },
    ],
    missing: ["a: get"],
    added: ["b: get"],
    machineDiffers: ["CPU"],
    kernels: ["6.1", null],
    regressions: 1,
  };
  expect(undrawn(await compareMeasuredPage(comparison, ["base.json", "new.json"]), told)).toEqual({
    title: "Two measurements compared",
    lead: "What the real test measured, phase by phase, on two kernels or machines.",
    facts: [
      { name: "Base", value: "base.json, kernel 6.1" },
      { name: "New", value: "new.json" },
    ],
    notes: [
      "Times are measured by the test itself, on real machines.",
      "Missing in new: a: get.",
      "Only in new: b: get.",
    ],
    groups: [
      {
        title: "Phases",
        alarms: [
          "a, 4K: wall time, enable: median 1.00 ms -> 1.50 ms (+50.0%, 95% interval +49.0% to +51.0%, p = 0.031)",
        ],
        alarmWord: "Slower",
        sections: [
          {
            title: "Times, new against base",
            see: "Each dot is the change of a median with its 95% interval; an interval that meets zero tells of no change; no threshold is set.",
            unit: "per cent of the base's median",
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
                  "a, 4K",
                  "",
                  "enable",
                  { value: 1000000, text: "1.00 ms" },
                  { value: 1500000, text: "1.50 ms" },
                  { value: 0.5, text: "+50.0%" },
                  { value: 0.49, text: "+49.0%" },
                  { value: 0.51, text: "+51.0%" },
                  { value: 0.0312, text: "0.031" },
                  10,
                  12,
                  "regression",
                ],
                [
                  "a",
                  "",
                  "dirty 1",
                  { value: 1000000, text: "1.00 ms" },
                  { value: 1000000, text: "1.00 ms" },
                  { value: 0, text: "0.0%" },
                  { value: -0.01, text: "-1.0%" },
                  { value: 0.01, text: "+1.0%" },
                  { value: 0.0312, text: "0.031" },
                  10,
                  12,
                  "noise",
                ],
              ],
            },
            warnings: ["CPU"],
            figures: [
              ["a, 4K", "enable: +50.0% (95% interval +49.0% to +51.0%)", 1],
              ["a", "dirty 1: 0.0% (95% interval -1.0% to +1.0%)", 1],
            ],
          },
        ],
      },
    ],
  });
});
