import { describe, expect, it } from "vitest";
import { builtinProfile, profileNamed } from "./profiles.js";
import { SPLIT_SERIES } from "./published.js";
import { validateAll, validateSplitSeries } from "./validate.js";
import { validateZap } from "./validateZap.js";

const all = validateAll();
const seriesRows = (id: string) => all.split.find((s) => s.series.id.startsWith(id))!;

describe("validate", () => {
  it("is within 3 points of the RFC's three percentages with the model-rfc profile", () => {
    const { rows, profile, assumptions } = seriesRows("rfc");
    expect(profile).toBe("model-rfc");
    expect(assumptions).toBe("none");
    expect(rows).toHaveLength(3);
    for (const row of rows) expect(Math.abs(row.errorPoints), row.backing).toBeLessThanOrEqual(3);
  });

  it("has six rows of v1 and of v2, fitted ones in enable alone, and no clear row fitted", () => {
    for (const id of ["v1", "v2"]) {
      const { rows, assumptions, scaled } = seriesRows(id);
      expect(rows.map((r) => `${r.mode} ${r.backing} ${r.role}`)).toEqual([
        "enable 4K fitted",
        "enable thp fitted",
        "enable hugetlb-1g judged",
        "clear 4K judged",
        "clear thp judged",
        "clear hugetlb-1g judged",
      ]);
      expect(assumptions).toBe("scaleOnly");
      expect(scaled).toBe(true);
    }
  });

  it("says inside exactly where the error is within the published standard deviation", () => {
    for (const { rows } of all.split) {
      for (const row of rows) {
        const inside =
          row.stdevPoints === null ? null : Math.abs(row.modelledPercent - row.publishedPercent) <= row.stdevPoints;
        expect(row.inside).toBe(inside);
      }
    }
    expect(
      seriesRows("v1")
        .rows.slice(0, 3)
        .map((r) => r.inside),
    ).toEqual([true, true, true]);
    // The model has no cost for a 64-page word: a clear of pages gains more in it than on hardware.
    expect(seriesRows("v1").rows[3]!.inside).toBe(false);
    expect(seriesRows("v1").rows[3]!.errorPoints).toBeLessThan(-5);
  });

  it("does not depend on the assumed scale of a ratio profile", () => {
    const series = SPLIT_SERIES[1]!;
    const own = builtinProfile(series.profile);
    const scaled = {
      ...own,
      costs: Object.fromEntries(
        Object.entries(own.costs).map(([id, figure]) => [id, { ...figure, ns: 3 * figure.ns }]),
      ),
    };
    const percents = (s: ReturnType<typeof validateSplitSeries>) => s.rows.map((r) => r.modelledPercent.toFixed(9));
    expect(percents(validateSplitSeries(series, scaled))).toEqual(percents(seriesRows("v1")));
  });

  it("comes to the published 4K clear with the word cost that it implies, and nearer to the others", () => {
    for (const id of ["v1", "v2"]) {
      const { wordCost, rows, profile, series } = seriesRows(id);
      const own = profileNamed(profile);
      const range = { ns: wordCost!.nsPerWord, provenance: own.costs.splitVisit!.provenance };
      const mended = validateSplitSeries(series, { ...own, costs: { ...own.costs, range } });
      expect(mended.rows[3]!.errorPoints).toBeCloseTo(0, 6);
      for (const [i, row] of wordCost!.rows.entries()) {
        expect(row.modelledPercent).toBeCloseTo(mended.rows[4 + i]!.modelledPercent, 9);
        expect(Math.abs(row.errorPoints)).toBeLessThan(Math.abs(rows[4 + i]!.errorPoints));
      }
      expect(mended.wordCost).toBe(null);
    }
    expect(seriesRows("rfc").wordCost).toBe(null);
  });

  it("says by how much the chunk size that the mails do not state could change a row", () => {
    expect(all.split.map((one) => one.otherChunkPoints.toFixed(2))).toEqual(["0.98", "0.26", "0.54"]);
  });

  it("judges every row where the profile is not the series' own", () => {
    const { rows } = validateSplitSeries(SPLIT_SERIES[2]!, builtinProfile("ampereone"));
    expect(rows.every((row) => row.role === "judged")).toBe(true);
  });

  it("gives one broken block, one fault and one TLBI a 2M where each vCPU writes once in each", () => {
    const koller = all.vcpus[0]!;
    expect(koller.counts).toEqual({ lazy: { faults: 512, tlbis: 512 }, eager: { faults: 512, tlbis: 0 } });
    expect(koller.rows.map((r) => r.vcpus)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 152]);
    // Broadcast TLBIs contend: lazy grows with the vCPUs, eager does not.
    expect(koller.rows[8]!.modelledLazyMs / koller.rows[0]!.modelledLazyMs).toBeGreaterThan(20);
    expect(koller.rows[8]!.modelledEagerMs).toBe(koller.rows[0]!.modelledEagerMs);
  });

  it("reproduces Kauer's loops and entries exactly, and the time saved to a percent", () => {
    const zap = validateZap();
    expect(zap.exact).toBe(true);
    expect(zap.passes.reduce((sum, p) => sum + p.simulatedBefore, 0)).toBe(9216);
    expect(zap.passes.reduce((sum, p) => sum + p.simulatedAfter, 0)).toBe(303);
    expect(Math.abs(zap.modelledSavedNs / zap.publishedSavedNs - 1)).toBeLessThan(0.01);
  });
});
