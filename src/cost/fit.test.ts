import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Counts } from "../mmu/counters.js";
import { cosineWith, inflation, nearPairs } from "./collinearity.js";
import { fitCosts, profileFrom } from "./fit.js";
import type { Observation } from "./fitTypes.js";
import { modelTime } from "./modelTime.js";
import type { CostId, CostProfile } from "./profile.js";
import { parseProfile } from "./profileSchema.js";
import { TERM_IDS, type TermCounts, type TermId, termCounts } from "./terms.js";

const folder = new URL("../testing/golden/arm64-flow/", import.meta.url);

/** Every measured phase of the whole flows in the golden files, with the counts of baseline. */
function goldenPhases(pattern: RegExp): { label: string; terms: TermCounts }[] {
  const phases: { label: string; terms: TermCounts }[] = [];
  for (const file of readdirSync(folder).filter((name) => pattern.test(name))) {
    const { baseline } = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as { baseline: Counts[] };
    for (const step of baseline) {
      const terms = termCounts(step);
      if (planted(everything, terms) > 0) phases.push({ label: `${file} ${String(step.phase)}`, terms });
    }
  }
  return phases;
}

const truth: Readonly<Partial<Record<CostId, number>>> = {
  writeProtectVisit: 27,
  splitVisit: 15,
  nestedEntry: 60,
  tlbiBroadcast: 2000,
  fault: 1600,
  guestAccess: 4,
  range: 120,
  lockDrop: 300,
};

function only(...ids: CostId[]): CostProfile {
  const figure = (ns: number) => ({ ns, provenance: { kind: "assumed" as const, how: "test", source: "test" } });
  return {
    kind: "s2split-cost-profile",
    schemaVersion: 1,
    name: "planted",
    title: "planted",
    mmu: "arm64",
    costs: Object.fromEntries(ids.map((id) => [id, figure(truth[id] ?? 1)])),
  };
}

function planted(profile: CostProfile, terms: TermCounts): number {
  return modelTime(terms, profile).totalNs;
}

const everything = only(...(Object.keys(truth) as CostId[]));

/**
 * A measured time per phase: planted costs, with samples that scatter by a fixed pattern of so many
 * percent.
 */
function observe(phases: { label: string; terms: TermCounts }[], percent = 0): Observation[] {
  const pattern = [-1, 0.4, 1, -0.3, 0.1, 0.7, -0.6];
  return phases.map((phase, i) => {
    const ns = planted(everything, phase.terms);
    const shift = 1 + (percent / 100) * pattern[i % 7]!;
    return { ...phase, samplesNs: pattern.map((p) => ns * shift * (1 + (percent / 100) * p)) };
  });
}

/** Counts with nothing but these. */
function terms(some: Partial<TermCounts>): TermCounts {
  return { ...termCounts({ kind: "guest" }), ...some };
}

const rich = goldenPhases(/^f-(1G|64M|32M)-of-.*\.json$/);
const costs = Object.keys(truth) as CostId[];

describe("fitCosts", () => {
  it("recovers planted costs from the phases of the golden flows exactly", () => {
    const fit = fitCosts(observe(rich), { costs, source: "test", resamples: 20 });
    for (const id of costs) expect(fit.figures[id]?.ns ?? 0).toBeCloseTo(truth[id]!, 4);
    for (const row of fit.rows) expect(Math.abs(row.errorPercent)).toBeLessThan(1e-6);
    expect(fit.unexercised).toEqual([]);
  });

  it("gives intervals that hold the large costs when times scatter by 1 percent", () => {
    const fit = fitCosts(observe(rich, 1), { costs, source: "test", resamples: 300 });
    expect(fit.intervals).toBe("samples");
    for (const id of ["fault", "splitVisit", "writeProtectVisit"] as const) {
      const { ns, interval } = fit.figures[id]!;
      expect(interval![0]).toBeLessThanOrEqual(ns);
      expect(interval![1]).toBeGreaterThanOrEqual(ns);
      expect(Math.abs(ns / truth[id]! - 1)).toBeLessThan(0.1);
      expect(interval![1] - interval![0]).toBeGreaterThan(0);
    }
  });

  it("tells what a broadcast TLBI costs each further issuer where runs have several", () => {
    const profile = {
      ...everything,
      costs: { ...everything.costs, tlbiBroadcast: { ...everything.costs.tlbiBroadcast!, nsPerFurtherIssuer: 700 } },
    };
    const observations = rich.map((phase, i) => {
      const issuers = 1 + (i % 3) * 7;
      return { ...phase, issuers, samplesNs: [modelTime(phase.terms, profile, { issuers }).totalNs] };
    });
    const figure = fitCosts(observations, { costs, source: "test", resamples: 10 }).figures.tlbiBroadcast!;
    expect(figure.ns).toBeCloseTo(2000, 3);
    expect(figure.nsPerFurtherIssuer).toBeCloseTo(700, 3);
  });

  it("is the same for the same seed", () => {
    const options = { costs, source: "test", resamples: 50, seed: 7 };
    expect(fitCosts(observe(rich, 1), options)).toEqual(fitCosts(observe(rich, 1), options));
  });

  it("falls back to the residuals where runs were measured once, and warns", () => {
    const once = observe(rich, 1).map((o) => ({ ...o, samplesNs: o.samplesNs.slice(0, 1) }));
    const fit = fitCosts(once, { costs, source: "test", resamples: 100 });
    expect(fit.intervals).toBe("residuals");
    for (const figure of Object.values(fit.figures)) {
      expect(figure.interval![0]).toBeLessThanOrEqual(figure.ns);
      expect(figure.interval![1]).toBeGreaterThanOrEqual(figure.ns);
    }
    expect(fit.warnings.some((w) => w.code === "few-samples")).toBe(true);
  });

  it("gives no interval where there are no more runs than costs", () => {
    const one = observe(rich.slice(0, 1)).map((o) => ({ ...o, samplesNs: [o.samplesNs[0]!] }));
    expect(fitCosts(one, { costs: ["fault"], source: "test" }).intervals).toBe(null);
  });

  it("says which costs no run exercises, and leaves them out", () => {
    const enable = rich.filter(
      (p) => /1G-of-4K-g-chunk1G.* enable/.test(p.label) || /of-2M-g-chunk1G.json enable/.test(p.label),
    );
    expect(enable.length).toBeGreaterThan(0);
    const fit = fitCosts(observe(enable), { costs, source: "test", resamples: 20 });
    expect(fit.unexercised).toEqual(["fault", "guestAccess"]);
    expect(fit.figures.fault).toBeUndefined();
  });

  it("names two costs that always occur together, fits their sum, and names the run that tells them apart", () => {
    const eager = rich.find((p) => p.label === "f-1G-of-2M-g-chunk1G.json enable")!;
    const pages = rich.find((p) => p.label === "f-1G-of-4K-g-chunk0.json enable")!;
    // With 2M blocks alone every page filled is a page visited by the split walk.
    const candidates = [
      { label: "2M again", terms: eager.terms },
      { label: "4K, lazy", terms: pages.terms },
      { label: "4K, chunk 1G", terms: rich.find((p) => p.label === "f-1G-of-4K-m-chunk2M.json clear1")!.terms },
    ];
    const two: CostId[] = ["nestedEntry", "tlbiBroadcast"];
    const fit = fitCosts(observe([eager, eager]), { costs: two, source: "test", candidates, resamples: 20 });
    expect(fit.warnings).toContainEqual(
      expect.objectContaining({ code: "same-counts", a: "nestedEntry", b: "tlbiBroadcast", run: null }),
    );
    const all = planted(everything, eager.terms);
    expect(fit.figures.nestedEntry!.ns * eager.terms.nestedEntries).toBeCloseTo(all, 0);
    expect(fit.figures.nestedEntry!.includes).toContain("tlbiBroadcast");
    expect(fit.figures.tlbiBroadcast).toBeUndefined();

    const visits: CostId[] = ["splitVisit", "nestedEntry"];
    const told = fitCosts(observe([eager, eager]), { costs: visits, source: "test", candidates, resamples: 20 });
    expect(told.warnings).toContainEqual(expect.objectContaining({ code: "same-counts", run: "4K, chunk 1G" }));
  });

  it("gives no interval to either of two costs of which only the sum is sure", () => {
    const [one, more, sparse] = [
      terms({ splitVisits: 1000, faults: 10, nestedEntries: 1000 }),
      terms({ splitVisits: 1000, nestedEntries: 1010 }),
      terms({ faults: 500 }),
    ];
    const runs = observe(
      [one, more, sparse].map((each, i) => ({ label: `run ${i}`, terms: each })),
      1,
    );
    const fit = fitCosts(runs, { costs: ["splitVisit", "nestedEntry", "fault"], source: "test", resamples: 50 });
    expect(fit.warnings).toContainEqual(
      expect.objectContaining({ code: "near-collinear", a: "splitVisit", b: "nestedEntry" }),
    );
    expect(fit.notSeparate).toEqual(["splitVisit", "nestedEntry"]);
    expect(fit.figures.fault!.interval).toBeDefined();
    for (const id of ["splitVisit", "nestedEntry"] as const) expect(fit.figures[id]?.interval).toBeUndefined();
    expect(fit.figures.splitVisit ?? fit.figures.nestedEntry).toBeDefined();
  });

  it("names no run that is there already, neither by its name nor by its counts", () => {
    const same = terms({ splitVisits: 100, nestedEntries: 100 });
    const apart = terms({ splitVisits: 100 });
    const candidates = [
      { label: "there", terms: apart },
      { label: "there under another name", terms: same },
    ];
    const runs = observe([
      { label: "there", terms: same },
      { label: "again", terms: same },
    ]);
    const warned = (more: typeof candidates) =>
      fitCosts(runs, {
        costs: ["splitVisit", "nestedEntry"],
        source: "test",
        candidates: more,
        resamples: 5,
      }).warnings.find((one) => one.code === "same-counts");
    expect(warned(candidates)).toMatchObject({ run: null });
    expect(warned([...candidates, { label: "new", terms: apart }])).toMatchObject({ run: "new" });
  });

  it("names the run that lowers the inflation of a dependent cost most, or none", () => {
    // Every third cost is the sum of the two others, to a thousandth.
    const rows = [
      { splitVisits: 1000, faults: 1000 },
      { nestedEntries: 1000, faults: 1000 },
      { splitVisits: 1000, nestedEntries: 1000, faults: 2001 },
      { splitVisits: 500, nestedEntries: 1000, faults: 1500 },
    ].map((each, i) => ({ label: `run ${i}`, terms: terms(each) }));
    const like = { label: "like the others", terms: terms({ splitVisits: 300, nestedEntries: 300, faults: 600 }) };
    const faults = { label: "faults alone", terms: terms({ faults: 1000 }) };
    const dependent = (candidates: { label: string; terms: TermCounts }[]) =>
      fitCosts(observe(rows), {
        costs: ["splitVisit", "nestedEntry", "fault"],
        source: "test",
        candidates,
        resamples: 5,
      }).warnings.filter((one) => one.code === "dependent");
    expect(dependent([like]).length).toBeGreaterThan(0);
    for (const warning of dependent([like])) expect(warning.run).toBeNull();
    for (const warning of dependent([like, faults])) {
      expect(warning.run!.label).toBe("faults alone");
      expect(warning.run!.inflation).toBeLessThan(warning.inflation / 2);
    }
  });

  describe("of a few runs by hand", () => {
    const run = (label: string, some: Partial<TermCounts>, ...samplesNs: number[]): Observation => ({
      label,
      terms: terms(some),
      samplesNs,
    });

    it("gives each cost with its interval, its provenance and what it includes, and each run with its error", () => {
      const runs = [
        run("faults", { faults: 10 }, 90, 110, 100),
        run("visits", { splitVisits: 3, splitVisitsNewTable: 1 }, 8, 8, 8),
        run("both", { faults: 1, splitVisits: 10 }, 30, 30, 30),
        run("loops", { loops: 5, faults: 2 }, 20, 20, 20),
      ];
      const options = { costs: ["loop", "fault", "splitVisit", "walk"] as const, source: "four runs", resamples: 40 };
      const fit = fitCosts(runs, options);
      const provenance = {
        kind: "derived",
        how: "non-negative least squares over 4 measured times",
        source: "four runs",
      };
      expect(fit.figures).toEqual({
        splitVisit: { ns: expect.closeTo(2, 6), provenance, includes: [], interval: fit.figures.splitVisit!.interval },
        fault: {
          ns: expect.closeTo(10, 6),
          provenance,
          includes: ["exit", "mapVisit", "relaxVisit", "faultStore", "tlbiLocal", "cacheMaintenance"],
          interval: fit.figures.fault!.interval,
        },
      });
      // The samples of the first run alone scatter: by a tenth at most.
      const [low, high] = fit.figures.fault!.interval!;
      expect(low).toBeGreaterThanOrEqual(9 - 1e-9);
      expect(low).toBeLessThan(10);
      expect(high).toBeGreaterThan(10);
      expect(high).toBeLessThanOrEqual(11 + 1e-9);
      expect(fit.rows).toEqual([
        { label: "faults", measuredNs: 100, modelledNs: expect.closeTo(100, 6), errorPercent: expect.closeTo(0, 6) },
        { label: "visits", measuredNs: 8, modelledNs: expect.closeTo(8, 6), errorPercent: expect.closeTo(0, 6) },
        { label: "both", measuredNs: 30, modelledNs: expect.closeTo(30, 6), errorPercent: expect.closeTo(0, 6) },
        { label: "loops", measuredNs: 20, modelledNs: expect.closeTo(20, 6), errorPercent: expect.closeTo(0, 6) },
      ]);
      expect(fit).toMatchObject({
        unexercised: ["walk"],
        atZero: ["loop"],
        notSeparate: [],
        warnings: [],
        intervals: "samples",
      });
    });

    it("weighs each run by its own time, so that its error is a share of it", () => {
      // 2 of 1 ns each, and 1000 of 2: relative errors are least where 1.2 is taken for both.
      const runs = [run("short", { faults: 2 }, 2), run("long", { faults: 1000 }, 2000)];
      const { figures, rows } = fitCosts(runs, { costs: ["fault"], source: "test", resamples: 1 });
      expect(figures.fault!.ns).toBeCloseTo((1 + 0.5) / (1 + 0.25), 9);
      expect(rows.map(({ errorPercent }) => errorPercent.toFixed(6))).toEqual(["20.000000", "-40.000000"]);
    });

    it("fits the usual costs where none are named, and those that are in the order of tables", () => {
      const every = run("all", Object.fromEntries(TERM_IDS.map((id) => [id, 1])) as TermCounts, 100);
      const { unexercised, figures } = fitCosts([run("none", {}, 1)], { source: "test" });
      expect(unexercised).toEqual([
        "writeProtectVisit",
        "splitVisit",
        "nestedEntry",
        "tlbiBroadcast",
        "tlbiRange",
        "fault",
        "guestAccess",
        "range",
        "lockDrop",
        "enableIoctl",
        "fixed",
      ]);
      expect(figures).toEqual({});
      // All occur alike: the first stands for all, and includes what each of them includes.
      const one = fitCosts([every], { costs: ["fixed", "range", "splitVisit"], source: "test" });
      expect(Object.keys(one.figures)).toEqual(["splitVisit"]);
      expect(one.figures.splitVisit!.includes).toEqual([
        "range",
        "fixed",
        "inspect",
        "walk",
        "closingDsb",
        "ioctl",
        "flush",
      ]);
      expect(one.figures.splitVisit!.ns).toBeCloseTo(50, 9);
      expect(one.intervals).toBe(null);
      expect(one.warnings.filter(({ code }) => code === "few-samples")).toEqual([
        { code: "few-samples", label: "all", samples: 1 },
      ]);
    });

    it("warns of fewer runs than costs, and of each run with fewer than three samples", () => {
      const { warnings } = fitCosts(
        [run("one", { faults: 1, walks: 2 }, 1, 1, 1), run("two", { faults: 3, walks: 1, loops: 1 }, 1, 1)],
        { costs: ["fault", "walk", "loop"], source: "test", resamples: 2 },
      );
      expect(warnings.filter(({ code }) => code.startsWith("few"))).toEqual([
        { code: "few-runs", runs: 2, costs: 3 },
        { code: "few-samples", label: "two", samples: 2 },
      ]);
    });

    it("warns of no few runs where there are as many as costs", () => {
      const runs = [run("one", { faults: 1 }, 1, 1, 1), run("two", { walks: 1 }, 1, 1, 1)];
      expect(fitCosts(runs, { costs: ["fault", "walk"], source: "test", resamples: 2 }).warnings).toEqual([]);
    });

    it("names two costs that nearly go together, how nearly, and of the runs that tell them apart the best", () => {
      const runs = [
        run("a", { faults: 10, walks: 10 }, 100, 100, 100),
        run("b", { faults: 10, walks: 11 }, 100, 100, 100),
      ];
      const candidate = (label: string, some: Partial<TermCounts>) => ({ label, terms: terms(some) });
      const alike = candidate("alike", { faults: 7, walks: 7 });
      const little = candidate("a little apart", { faults: 7, walks: 5 });
      const apart = candidate("apart", { faults: 7 });
      const named = (...candidates: ReturnType<typeof candidate>[]) =>
        fitCosts(runs, { costs: ["fault", "walk"], source: "test", resamples: 2, candidates }).warnings;
      const warning = {
        code: "near-collinear",
        a: "fault",
        b: "walk",
        cosine: expect.closeTo(210 / Math.sqrt(200 * 221), 12),
      };
      expect(named()).toEqual([{ ...warning, run: null }]);
      expect(named(alike)).toEqual([{ ...warning, run: null }]);
      expect(named(alike, little, apart)).toEqual([{ ...warning, run: "apart" }]);
      expect(named(apart, little, alike)).toEqual([{ ...warning, run: "apart" }]);
    });

    it("names a cost that two others explain, by how much, and the run after which they do least", () => {
      // The third is the sum of the two others, but for a hundredth of a row.
      const runs = [
        run("a", { faults: 10, loops: 10 }, 10, 10, 10),
        run("b", { walks: 10, loops: 10 }, 10, 10, 10),
        run("c", { faults: 10, walks: 10, loops: 20.1 }, 10, 10, 10),
      ];
      const candidate = (label: string, some: Partial<TermCounts>) => ({ label, terms: terms(some) });
      const alone = candidate("alone", { loops: 30 });
      const both = candidate("both", { faults: 10, loops: 20 });
      const named = (...candidates: ReturnType<typeof candidate>[]) =>
        fitCosts(runs, { costs: ["fault", "walk", "loop"], source: "test", resamples: 2, candidates }).warnings;
      const costs = ["walk", "fault", "loop"];
      const warned = named();
      expect(warned.map((one) => [one.code, "cost" in one && one.cost]).sort()).toEqual(
        costs.map((cost) => ["dependent", cost]).sort(),
      );
      // Of (1, 1, 2.01) the others leave 0.01 x (-1, -1, 1) / 3.
      const loop = warned.find((one) => "cost" in one && one.cost === "loop")!;
      expect(loop).toEqual({
        code: "dependent",
        cost: "loop",
        inflation: expect.closeTo((1 + 1 + 2.01 ** 2) / (0.01 ** 2 / 3), 2),
        run: null,
      });
      for (const order of [
        [alone, both],
        [both, alone],
      ]) {
        for (const one of named(...order)) expect(one).toMatchObject({ run: { label: "alone" } });
      }
      for (const one of named(both)) expect(one).toMatchObject({ run: { label: "both" } });
    });

    it("says of each cost what every run has with it", () => {
      const one = (id: CostId, term: TermId) => [id, run(id, { [term]: 10 }, 100, 100, 100)] as const;
      const runs = [
        one("writeProtectVisit", "writeProtectVisits"),
        one("splitVisit", "splitVisits"),
        one("nestedEntry", "nestedEntries"),
        one("tlbiBroadcast", "tlbiBroadcast"),
        one("tlbiRange", "tlbiRange"),
        one("fault", "faults"),
        one("guestAccess", "guestAccesses"),
        one("range", "ranges"),
        one("lockDrop", "lockDrops"),
        one("enableIoctl", "enables"),
        one("fixed", "calls"),
        one("tableSplit", "tablesSplit"),
      ];
      const { figures } = fitCosts(
        runs.map(([, each]) => each),
        { costs: runs.map(([id]) => id), source: "test", resamples: 2 },
      );
      expect(Object.entries(figures).map(([id, { includes }]) => `${id}: ${includes!.join(", ")}`)).toEqual([
        "writeProtectVisit: writeProtectStore",
        "splitVisit: ",
        "nestedEntry: nestedStore, tableAlloc, tableZero",
        "tlbiBroadcast: splitStore",
        "tlbiRange: freeVisit",
        "fault: exit, mapVisit, relaxVisit, faultStore, tlbiLocal, cacheMaintenance",
        "guestAccess: ",
        "range: inspect, walk, closingDsb",
        // What has a figure of its own is included in none.
        "lockDrop: ",
        "enableIoctl: ",
        "fixed: ioctl, flush",
        "tableSplit: tableAlloc, tableZero",
      ]);
    });

    it("leaves out of what a cost includes whatever has a figure of its own", () => {
      const runs = [run("a", { ranges: 1 }, 10), run("b", { walks: 1 }, 10), run("c", { ranges: 1, walks: 1 }, 20)];
      const { figures } = fitCosts(runs, { costs: ["range", "walk"], source: "test", resamples: 2 });
      expect(figures.range!.includes).toEqual(["inspect", "closingDsb"]);
    });

    it("tells nothing of further issuers where one alone broadcasts, or none costs more", () => {
      const two = (issuers: number, ns: number) => ({ ...run(`${issuers}`, { tlbiBroadcast: 10 }, ns), issuers });
      const figure = (...runs: Observation[]) =>
        fitCosts(runs, { costs: ["tlbiBroadcast"], source: "test", resamples: 2 }).figures.tlbiBroadcast!;
      expect(figure(two(1, 100), two(1, 100))).not.toHaveProperty("nsPerFurtherIssuer");
      expect(figure(two(1, 100), two(5, 100))).not.toHaveProperty("nsPerFurtherIssuer");
      const dear = figure(two(1, 100), two(3, 300));
      expect([dear.ns, dear.nsPerFurtherIssuer]).toEqual([expect.closeTo(10, 9), expect.closeTo(10, 9)]);
      // All of it may be for others.
      const others = figure(two(1, 1e-9), two(2, 100), two(3, 200));
      expect(others.nsPerFurtherIssuer).toBeCloseTo(10, 3);
    });
  });

  it("makes a profile that the profile check takes and that models the runs it came from", () => {
    const fit = fitCosts(observe(rich), { costs, source: "test", resamples: 20 });
    const profile = parseProfile(JSON.parse(JSON.stringify(profileFrom(fit, "mine", "my box", "arm64"))), "test");
    for (const phase of rich) {
      const ns = planted(everything, phase.terms);
      expect(Math.abs(modelTime(phase.terms, profile).totalNs / ns - 1)).toBeLessThan(1e-6);
    }
  });
});

describe("collinearity", () => {
  it("gives each near pair with its cosine, and none below 0.995", () => {
    // Columns of lengths 5, 10, 200 and 1: the second twice the first.
    const near = 199 / 200;
    expect(
      nearPairs([
        [3, 6, 0, 0],
        [4, 8, 0, 0],
        [0, 0, 199, 1],
        [0, 0, Math.sqrt(399), 0],
      ]),
    ).toEqual([
      { a: 0, b: 1, cosine: 1, exact: true },
      { a: 2, b: 3, cosine: near, exact: false },
    ]);
    expect(
      nearPairs([
        [198.9, 1],
        [Math.sqrt(40000 - 198.9 ** 2), 0],
      ]),
    ).toEqual([]);
  });

  it("finds no inflation in a column of zeros, nor by one, and endless inflation where rows are too few", () => {
    const rows = [
      [1, 0, 1],
      [0, 0, 1],
    ];
    expect(inflation(rows, 1)).toBe(1);
    expect(inflation(rows, 2)).toBeCloseTo(2, 12);
    expect(inflation([[1, 1]], 0)).toBe(Number.POSITIVE_INFINITY);
  });

  it("measures a column against all others together, dependent ones counted once", () => {
    const rows = [
      [1, 1, 2, 0],
      [1, 0, 0, 1],
      [1, 0, 0, 0],
    ];
    // Two of the three parts of (1, 1, 1) are explained.
    expect(inflation(rows, 0)).toBeCloseTo(3, 9);
  });

  it("measures how near a pair is once a further row is there, as long as the others are on average", () => {
    const pair = { a: 0, b: 1 };
    const rows = [
      [3, 4],
      [6, 8],
    ];
    // Lengths 5 and 10: the row is made 7.5 long.
    const [x, y] = [9 + 36 + 7.5 ** 2, 16 + 64];
    expect(cosineWith(rows, pair, [1, 0])).toBeCloseTo((12 + 48) / Math.sqrt(x * y), 12);
    expect(cosineWith(rows, { a: 1, b: 0 }, [2, 0])).toBeCloseTo((12 + 48) / Math.sqrt(x * y), 12);
    expect(cosineWith(rows, pair, [0, 0])).toBe(1);
    expect(cosineWith([], pair, [3, 4])).toBe(1);
    expect(cosineWith([[0, 0]], pair, [3, 4])).toBeCloseTo(1, 12);
    expect(cosineWith([[1, 0]], pair, [2, 0])).toBe(1);
  });

  it("names exact multiples, the nearest pair first, and no column of zeros", () => {
    const pairs = nearPairs([
      [1, 2, 1, 0],
      [2, 4, 2.1, 0],
      [3, 6, 3, 0],
    ]);
    expect(pairs[0]).toMatchObject({ a: 0, b: 1, exact: true });
    expect(pairs.every((p) => p.a !== 3 && p.b !== 3)).toBe(true);
    expect(pairs.some((p) => p.a === 0 && p.b === 2 && !p.exact)).toBe(true);
  });

  it("measures inflation as one over the part that others do not explain", () => {
    expect(
      inflation(
        [
          [1, 0],
          [0, 1],
        ],
        0,
      ),
    ).toBeCloseTo(1, 12);
    // (1, 1) against (1, 0): half of its square is explained.
    expect(
      inflation(
        [
          [1, 1],
          [0, 1],
        ],
        1,
      ),
    ).toBeCloseTo(2, 12);
    expect(
      inflation(
        [
          [1, 2],
          [2, 4],
        ],
        0,
      ),
    ).toBe(Number.POSITIVE_INFINITY);
  });
});
