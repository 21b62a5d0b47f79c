import { describe, expect, it } from "vitest";
import { countedColumns, fitFigures, MACHINE_SETS } from "./contentionFit.js";
import { builtinProfile, profileNamed } from "./profiles.js";
import { CONTENTION_TABLES } from "./published/contention.js";
import { contentionNames, isContentionName, validateContention } from "./validateContention.js";
import { validateShadow } from "./validateShadow.js";

const all = validateContention();
const columns = countedColumns(CONTENTION_TABLES);

describe("the published tables over vCPUs", () => {
  it("get their faults by kind from the simulation, and show a column that was printed twice once", () => {
    const mix = Object.fromEntries(columns.map((one) => [one.id, one.mix]));
    expect(mix["zhang-2022-exclusive/spinlock"]).toEqual({ relax: 0, map: 523264, broken: 1024 });
    expect(mix["koller-2023-sparse/lazy"]).toEqual({ relax: 0, map: 0, broken: 512 });
    expect(mix["koller-2023-sparse/eager"]).toEqual({ relax: 512, map: 0, broken: 0 });
    // Every tenth page written: of a block all pages from its first written one on fault, 260096 in
    // all.
    expect(mix["koller-2023-read-mostly/lazy"]).toEqual({ relax: 0, map: 259584, broken: 512 });
    expect(mix["koller-2023-read-mostly/eager"]).toEqual({ relax: 26215, map: 0, broken: 0 });
    expect(mix["koller-2022-rfc-read-mostly/lazy"]).toBeUndefined();
    expect(columns.reduce((rows, one) => rows + one.rows.length, 0)).toBe(7 + 4 * 7 + 7 * 9);
  });

  it("are within 6.5% on AmpereOne with one set of five figures for 36 rows, no row beyond 16%", () => {
    const { fitted, figures } = all.machines.find((one) => one.profile === "ampereone")!;
    expect(fitted.rows).toBe(36);
    expect(fitted.mean).toBeLessThanOrEqual(6.5);
    expect(fitted.largest).toBeLessThanOrEqual(16);
    expect(Object.keys({ ...figures.alone, ...figures.parallel })).toHaveLength(5);
  });

  it("are within 4% for both locks of Upton's machine with one set of five, no row beyond 12%, in the post that was not fitted too", () => {
    const { fitted, judged } = all.machines.find((one) => one.profile === "upton-2022")!;
    for (const summary of [fitted, judged!]) {
      expect(summary.rows).toBe(14);
      expect(summary.mean).toBeLessThanOrEqual(4);
      expect(summary.largest).toBeLessThanOrEqual(12);
    }
  });

  it("are within 8% on average from two rows of each column, no row beyond 25%", () => {
    expect(all.overall.twoRows!.mean).toBeLessThanOrEqual(8);
    expect(all.overall.twoRows!.largest).toBeLessThanOrEqual(25);
  });

  it("are within 10% where only N = 1 is known of a workload, no row beyond 20%; on another kernel 12% and 27%", () => {
    const known = all.columns.filter((one) => one.firstRow !== null);
    expect(known.length).toBeGreaterThanOrEqual(8);
    for (const { column, firstRow } of known) {
      const otherKernel = column.table.post === "koller-2022-rfc";
      expect(firstRow!.mean, column.id).toBeLessThanOrEqual(otherKernel ? 12 : 10);
      expect(firstRow!.largest, column.id).toBeLessThanOrEqual(otherKernel ? 27 : 20);
    }
    // Nothing but the sparse lazy column tells the price of a broadcast.
    expect(all.columns.find((one) => one.column.id === "koller-2023-sparse/lazy")!.firstRow).toBe(null);
  });

  it("have lazy over eager at 152 vCPUs within 15%", () => {
    const ratios = all.ratios.filter((one) => one.table.startsWith("koller-2023"));
    expect(ratios.map((one) => one.published.toFixed(2))).toEqual(["7.25", "10.22"]);
    for (const one of ratios) expect(Math.abs(one.errorPercent)).toBeLessThanOrEqual(15);
  });

  it("differ between two posts of the same test by what the report says, which the model is not held below", () => {
    const difference = (a: string) => all.repeats.find((one) => one.a === a)!.difference.mean;
    expect(difference("upton-2022-11-dirty/write lock")).toBeCloseTo(1.4, 1);
    expect(difference("koller-2023-read-mostly/eager")).toBeGreaterThan(12);
  });

  it("have in the profiles what the fits give", () => {
    for (const [name, { parameters }] of Object.entries(MACHINE_SETS)) {
      const { contention } = profileNamed(name);
      const parts = columns
        .filter((column) => contention!.fittedTo.includes(column.id))
        .map((column) => ({ column, rows: column.rows }));
      const fitted = fitFigures(parts, parameters);
      for (const parameter of parameters) {
        const [group, key] = parameter.split(".") as [string, string];
        expect(Object(contention)[group][key] / Object(fitted)[group][key], parameter).toBeCloseTo(1, 2);
      }
    }
  });

  it("are all judged where the profile is another", () => {
    const { columns: judged, machines } = validateContention({ profile: builtinProfile("upton-2022") });
    expect(judged.flatMap((one) => one.rows).every((row) => row.role === "judged")).toBe(true);
    expect(machines).toEqual([]);
    // It knows nothing of a spinlock.
    expect(judged[0]!.rows[0]!.modelledNs).toBe(null);
  });

  it("are fitted again without what is left out: a post, a table, a column or a row", () => {
    const judgedOf = (leaveOut: string) =>
      validateContention({ leaveOut })
        .columns.flatMap((one) => one.rows.map((row) => ({ id: one.column.id, ...row })))
        .filter((row) => row.role === "judged" && !/rfc|08/.test(row.id));
    expect(judgedOf("koller-2023-sparse/lazy/152").map((row) => `${row.id} ${row.vcpus}`)).toEqual([
      "koller-2023-sparse/lazy 152",
    ]);
    expect(judgedOf("koller-2023-read-mostly")).toHaveLength(18);
    expect(judgedOf("koller-2023-sparse/eager")).toHaveLength(9);
    const post = validateContention({ leaveOut: "upton-2022-11" });
    expect(post.leftOut).toEqual({ name: "upton-2022-11", rows: 14, error: null });
  });

  it("say how far off the model is from what was left out", () => {
    const of = (leaveOut: string) => validateContention({ leaveOut }).leftOut!;
    const one = of("koller-2023-sparse/lazy/152");
    expect([one.name, one.rows]).toEqual(["koller-2023-sparse/lazy/152", 1]);
    // As docs/contention.md has it.
    expect([one.error!.mean.toFixed(1), one.error!.largest.toFixed(1)]).toEqual(["14.6", "14.6"]);
    const { columns: judged } = validateContention({ leaveOut: "koller-2023-sparse/lazy/152" });
    expect(judged.every(({ twoRows, firstRow }) => twoRows === null && firstRow === null)).toBe(true);
  });

  it("say which names can be left out: posts, tables, columns and rows", () => {
    expect(contentionNames()).toEqual([
      ...["zhang-2022", "zhang-2022-exclusive", "zhang-2022-exclusive/spinlock"],
      ...["upton-2022-11", "upton-2022-11-dirty", "upton-2022-11-dirty/write lock", "upton-2022-11-dirty/read lock"],
      ...["upton-2022-08", "upton-2022-08-dirty", "upton-2022-08-dirty/write lock", "upton-2022-08-dirty/read lock"],
      ...["koller-2023", "koller-2023-sparse", "koller-2023-sparse/lazy", "koller-2023-sparse/eager"],
      ...["koller-2023-read-mostly", "koller-2023-read-mostly/lazy", "koller-2023-read-mostly/eager"],
      ...["koller-2022-rfc", "koller-2022-rfc-sparse", "koller-2022-rfc-sparse/lazy", "koller-2022-rfc-sparse/eager"],
      ...["koller-2022-rfc-read-mostly", "koller-2022-rfc-read-mostly/lazy", "koller-2022-rfc-read-mostly/eager"],
    ]);
    const names = [...contentionNames(), "zhang-2022-exclusive/spinlock/64", "zhang-2022-exclusive/spinlock/63", "x"];
    expect(names.map(isContentionName)).toEqual([...contentionNames().map(() => true), true, false, false]);
  });

  it("say which figures nothing tells any more", () => {
    const { machines, leftOut } = validateContention({ leaveOut: "koller-2023-sparse/lazy" });
    const ampereone = machines.find((one) => one.profile === "ampereone")!;
    expect(ampereone.untold).toEqual(["alone.broken", "parallel.broadcast"]);
    expect(leftOut!.rows).toBe(9);
  });
});

describe("the x86 shadow MMU", () => {
  const shadow = validateShadow();

  it("is described by a hold that grows with the logarithm of the vCPUs, within 11% and no row beyond 30%", () => {
    const [withoutEpt] = shadow.sets;
    expect(withoutEpt!.columns).toHaveLength(6);
    expect(withoutEpt!.error.mean).toBeLessThanOrEqual(11);
    expect(withoutEpt!.error.largest).toBeLessThanOrEqual(30);
    expect(withoutEpt!.beyond.mean).toBeLessThanOrEqual(8);
  });

  it("has of every row the time that its error is of, up to so many vCPUs fitted apart", () => {
    const rows = shadow.sets.flatMap(({ columns: own }) => own.flatMap((column) => column.rows));
    expect(rows).toHaveLength(8 * 6);
    for (const { publishedNs, modelledNs, errorPercent, role } of rows) {
      expect(100 * (modelledNs / publishedNs - 1)).toBeCloseTo(errorPercent, 9);
      expect(role).toBe("fitted");
    }
    const [withoutEpt, withEpt] = shadow.sets;
    expect(withoutEpt!.columns.map(({ faultsPerVcpu }) => faultsPerVcpu)).toEqual([
      262144, 262144, 262144, 131072, 262144, 13107,
    ]);
    expect([withoutEpt!.zEager! > 1000, withEpt!.zEager]).toEqual([true, null]);
    expect(withoutEpt!.columns[0]!.rows[0]).toMatchObject({ vcpus: 2, publishedNs: 373022770 });
  });

  it("names every table and column that is not modelled, with why", () => {
    expect(shadow.notModelled.map((one) => one.what)).toEqual([
      "ept=Y, 100% written, dirty, eager",
      "ept=Y, 5% written, dirty, eager",
      "ept=Y, 100% written, enable",
      "ept=Y, 100% written, first clear",
      "ept=Y, 100% written, second clear",
    ]);
    for (const one of shadow.notModelled) expect(one.why.length).toBeGreaterThan(20);
  });
});
