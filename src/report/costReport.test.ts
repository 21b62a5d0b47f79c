import { expect, it } from "vitest";
import type { Calibration } from "../cost/calibrate.js";
import type { FitWarning } from "../cost/fitTypes.js";
import type { ProfileListing } from "../cost/listProfiles.js";
import type { MeasuredValidation } from "../cost/validateMeasured.js";
import { colourStyle, marked } from "../testing/markedStyle.js";
import { calibrateReport, ignoredWrites, profilesReport, skippedLines } from "./costReport.js";
import { validateMeasuredReport } from "./validateMeasuredReport.js";

const contention: NonNullable<ProfileListing["contention"]> = {
  alone: { relax: 700.4321, broken: 3000.6 },
  parallel: { serial: 20, broadcast: 400 },
  provenance: { kind: "derived", how: "by hand", source: "a mail" },
  fittedTo: ["a/lazy", "b/eager"],
};
const figure = {
  cost: "splitVisit",
  label: "visit",
  value: 1234.5,
  perFurtherIssuer: null,
  unit: "ns per visit",
  kind: "assumed",
  how: "a guess",
  source: "a mail",
  scale: null,
  includes: [],
} as const;
const profiles: readonly ProfileListing[] = [
  {
    name: "one",
    summary: "a machine",
    mmu: "arm64",
    figures: [
      figure,
      {
        ...figure,
        label: "TLBI",
        perFurtherIssuer: 70,
        kind: "published",
        scale: "splitVisit",
        includes: ["splitVisit", "unheard-of"],
      },
    ],
    contention,
    notes: ["read this", "and this"],
  },
  { name: "two", summary: "nothing", mmu: "x86-tdp", figures: [], contention: null, notes: [] },
];

it("profiles are told figure by figure, with what each includes and where it comes from", () => {
  expect(marked(profilesReport(profiles, colourStyle()))).toBe(`<bold>one</>: a machine (arm64)
<bold>cost</>                                  <bold>value</>  <bold>unit</>          <bold>kind</>                                <bold>how</>
visit                               1,234.5  ns per visit  assumed                             a guess (a mail)
TLBI   1,234.5 + 70 for each further issuer  ns per visit  published, on the assumed scale of  a guess (a mail)
                                                           splitVisit
  TLBI: includes visit, split walk; unheard-of
  guest faults, ns: alone: relax 700.4, broken 3001
    parallel (kernel 6.2 and later): serial 20, broadcast 400
    derived: by hand (a mail)
    fitted to a/lazy, b/eager
  note: read this
  note: and this

<bold>two</>: nothing (x86-tdp)
`);
});

it("faults under every lock are told, each in a line of its own", () => {
  const locks = { ...contention, rwlock: { hold: 1, handOver: 2 }, spinlock: { hold: 3, handOver: 4.00044 } };
  const text = profilesReport([{ ...profiles[1]!, contention: locks }], colourStyle());
  expect(marked(text)).toBe(`<bold>two</>: nothing (x86-tdp)
  guest faults, ns: alone: relax 700.4, broken 3001
    parallel (kernel 6.2 and later): serial 20, broadcast 400
    rwlock (5.18 to 6.1): hold 1, handOver 2
    spinlock (until 5.17): hold 3, handOver 4
    derived: by hand (a mail)
    fitted to a/lazy, b/eager
`);
});

const rowOf = (label: string, errorPercent: number) => ({ label, measuredNs: 1e6, modelledNs: 1e6, errorPercent });
const calibration = (more: Partial<Calibration["fit"]>, rest: Partial<Calibration> = {}): Calibration =>
  ({
    fit: {
      figures: {},
      rows: [rowOf("run a: enable", 3), rowOf("run a: dirty 1", -4), rowOf("run b: enable", 0.00009)],
      unexercised: [],
      atZero: [],
      notSeparate: [],
      warnings: [],
      intervals: null,
      ...more,
    },
    profile: {
      name: "mine",
      title: "",
      mmu: "arm64",
      costs: {
        splitVisit: { ns: 12, interval: [10, 14], provenance: contention.provenance },
        tlbiBroadcast: { ns: 400, nsPerFurtherIssuer: 70, provenance: contention.provenance },
        fault: { ns: 900, interval: [800, 1000], provenance: contention.provenance },
      },
    },
    measured: { phases: [], skipped: [], ignoredWritePercent: [] },
    ...rest,
  }) as unknown as Calibration;

it("a fitted profile is told with its intervals, its errors and no notes where there are none", () => {
  expect(
    marked(calibrateReport(calibration({}), colourStyle())),
  ).toBe(`<bold>Profile mine, fitted to 3 measured phases</>
<bold>cost</>                                                   <bold>each, derived</>  <bold>95% interval</>
visit, split walk                                            12.0 ns  10.0 ns to 14.0 ns
broadcast TLBI by IPA            400 ns (+ 70.0 ns a further issuer)  none
guest fault, from exit to entry                               900 ns  800 ns to 1.00 us

<bold>Measured and modelled</>

run a
<bold>phase</>    <bold>measured</>  <bold>modelled</>  <bold>error</>
enable    1.00 ms   1.00 ms  +3.0%
dirty 1   1.00 ms   1.00 ms  -4.0%

run b
<bold>phase</>   <bold>measured</>  <bold>modelled</>  <bold>error</>
enable   1.00 ms   1.00 ms   0.0%

Root mean square error 2.9%, largest 4.0%.

No intervals: there are no more phases than costs.
`);
});

it("what the runs cannot tell is told, cost by cost", () => {
  const warnings: readonly FitWarning[] = [
    { code: "same-counts", a: "splitVisit", b: "fault", cosine: 1, run: null },
    { code: "near-collinear", a: "splitVisit", b: "fault", cosine: 0.99987, run: "-s thp" },
    { code: "dependent", cost: "fault", inflation: 120.4, run: { label: "-v 2", inflation: 0.3 } },
    { code: "dependent", cost: "splitVisit", inflation: Number.POSITIVE_INFINITY, run: null },
    { code: "few-runs", runs: 3, costs: 4 },
    { code: "few-samples", label: "a", samples: 1 },
  ];
  const fit = {
    warnings,
    notSeparate: ["splitVisit"],
    atZero: ["tlbiRange", "fixed"],
    unexercised: ["guestAccess"],
    intervals: "residuals",
  } as const;
  const measured = {
    phases: [],
    skipped: [{ input: "a.log", case: "x", reason: { code: "nested" } }],
    ignoredWritePercent: ["one", "two"],
  } as const;
  const plain = calibration(fit, { measured });
  expect(
    marked(calibrateReport({ ...plain, profile: { ...plain.profile, contention } }, colourStyle())),
  ).toBe(`<bold>Profile mine, fitted to 3 measured phases</>
<bold>cost</>                                                   <bold>each, derived</>  <bold>95% interval</>
visit, split walk                                            12.0 ns  not separately determined
broadcast TLBI by IPA            400 ns (+ 70.0 ns a further issuer)  none
guest fault, from exit to entry                               900 ns  800 ns to 1.00 us

<bold>Measured and modelled</>

run a
<bold>phase</>    <bold>measured</>  <bold>modelled</>  <bold>error</>
enable    1.00 ms   1.00 ms  +3.0%
dirty 1   1.00 ms   1.00 ms  -4.0%

run b
<bold>phase</>   <bold>measured</>  <bold>modelled</>  <bold>error</>
enable   1.00 ms   1.00 ms   0.0%

Root mean square error 2.9%, largest 4.0%.

vCPUs that wait for each other in faults are a queue in the profile, in place of the costs of a fault and a TLBI above:
  guest faults, ns: alone: relax 700.4, broken 3001
    parallel (kernel 6.2 and later): serial 20, broadcast 400
    derived: by hand (a mail)
    fitted to a/lazy, b/eager
Fitted as 0, and left out of the profile: range TLBI; fixed part of a run.
No run exercises, and the profile lacks: guest's own access.
Intervals: some runs have fewer than 3 samples, so that the phases were refitted 1000 times with residuals of random
  sign; more --runs give better ones.
<yellow>The runs cannot tell "visit, split walk" from "guest fault, from exit to entry": they always count in the same
  proportion. The first stands for both. No further small run of the test would.</>
<yellow>The runs hardly tell "visit, split walk" from "guest fault, from exit to entry" (cosine 0.9999): only their sum is sure.
  This run would: -s thp.</>
<yellow>"guest fault, from exit to entry" is nearly a combination of other costs (variance inflated 120 times). Of small runs of
  the test this one would lower it most, to about 1 times: -v 2.</>
<yellow>"visit, split walk" is nearly a combination of other costs (variance inflated without bound). No small run of the test
  would halve that: more varied runs might.</>
<yellow>3 phases for 4 costs: measure more of backing, chunk and mode.</>
<yellow>1 phase has fewer than 3 samples.</>
<yellow>a.log: "x" left out: nested guests (-n) are not simulated</>
<yellow>-w had no effect (one; two): the guest of the real test in Linux 7.3 never gets the seed and writes every page. So is it
  counted here.</>
`);
});

it("of more than 20 phases the largest errors are shown, in their order", () => {
  const rows = Array.from({ length: 21 }, (_, i) => rowOf(`p${i}`, i === 20 ? -30 : i));
  const told = (count: number) =>
    calibrateReport(calibration({ rows: rows.slice(-count), intervals: "samples" }), colourStyle());
  expect(told(20)).toContain("Measured and modelled");
  expect(told(20)).not.toContain("largest errors of");
  expect(marked(told(21))).toContain("<bold>Measured and modelled: the 20 largest errors of 21 (all with --json)</>\n");
  expect(told(21).match(/^p\d+/gm)).toEqual(Array.from({ length: 20 }, (_, i) => `p${i + 1}`));
  expect(told(21)).toContain("Root mean square error 12.7%, largest 30.0%.");
  expect(told(21)).toContain("Intervals: refitted 1000 times to medians of samples drawn again from each run's.");
});

it("one phase with few samples has a verb of its own", () => {
  const few = { code: "few-samples", label: "a", samples: 1 } as const;
  expect(calibrateReport(calibration({ warnings: [few] }), colourStyle())).toContain(
    "1 phase has fewer than 3 samples.",
  );
  expect(calibrateReport(calibration({ warnings: [few, few] }), colourStyle())).toContain(
    "2 phases have fewer than 3 samples.",
  );
});

it("a case that is left out says why, a line each", () => {
  const codes = ["no-command", "no-guest-mode", "random-access", "write-percent", "nested", "no-complete-run"] as const;
  const skipped = [
    ...codes.map((code) => ({ input: "a.log", case: "x", reason: { code } })),
    { input: "b", case: "y", reason: { code: "unknown-options", options: ["-q", "-z"] } as const },
    { input: "b", case: "z", reason: { code: "not-simulated", message: "too large" } as const },
  ];
  expect(skippedLines(skipped)).toEqual([
    'a.log: "x" left out: its command is not known',
    'a.log: "x" left out: it has no "Testing guest mode" line with PA bits and page size',
    'a.log: "x" left out: with -a, in Linux 7.3 the guest of the real test never gets the seed, and vCPU 0 touches one page only',
    'a.log: "x" left out: with -w and several vCPUs, in Linux 7.3 the guest of the real test never gets the seed, and vCPU 0 writes every page it touches: what the others write is not known',
    'a.log: "x" left out: nested guests (-n) are not simulated',
    'a.log: "x" left out: it has no complete run',
    'b: "y" left out: unknown options -q -z',
    'b: "z" left out: too large',
  ]);
  expect(ignoredWrites([])).toEqual([]);
});

it("modelled times stand beside measured ones, with what cannot be compared", () => {
  const row = {
    label: "run a: enable",
    samples: 6,
    measuredNs: 2e6,
    ci95Ns: [1.9e6, 2.1e6],
    hasInterval: true,
    modelledNs: 2.2e6,
    errorPercent: 10,
    inside: false,
  } as const;
  const validation = {
    profile: "one",
    rows: [
      row,
      { ...row, label: "run a: dirty 1", hasInterval: false, samples: 3, inside: null },
      { ...row, label: "run a: dirty 2", samples: 1, inside: true, errorPercent: -0.5 },
    ],
    restsOnAssumptions: true,
    unpriced: [{ counter: "x", label: "a count", count: 12345 }],
    skipped: [{ input: "a.log", case: "x", reason: { code: "nested" } }],
    ignoredWritePercent: ["one"],
  } as unknown as MeasuredValidation;
  expect(
    marked(validateMeasuredReport(validation, colourStyle())),
  ).toBe(`<bold>Measured, and modelled with profile one</>

run a
<bold>phase</>    <bold>measured</>  <bold>95% interval</>          <bold>modelled</>   <bold>error</>  <bold>inside</>
enable    2.00 ms  1.90 ms to 2.10 ms     2.20 ms  +10.0%  <yellow>no</>
dirty 1   2.00 ms  (1.90 ms to 2.10 ms)   2.20 ms  +10.0%  -
dirty 2   2.00 ms  one run                2.20 ms   -0.5%  yes

Measured: median of the runs. (range) with fewer than 6 runs, lowest to highest. Counts are of Linux 7.3 with the same
  options; -m: the guest mode by its number there.
Populating and disabling are not modelled. A fitted profile agrees with the runs it was fitted to: judge it by others.
Counted, but one has no cost for: a count (12,345).
<yellow>Modelled times rest on assumed figures of the profile.</>
<yellow>a.log: "x" left out: nested guests (-n) are not simulated</>
<yellow>-w had no effect (one): the guest of the real test in Linux 7.3 never gets the seed and writes every page. So is it
  counted here.</>
`);
  const plain = { ...validation, restsOnAssumptions: false, unpriced: [], skipped: [], ignoredWritePercent: [] };
  expect(validateMeasuredReport(plain, colourStyle())).not.toMatch(/assumed|Counted|left out|-w had/);
});
