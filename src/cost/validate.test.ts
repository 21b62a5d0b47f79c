import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import { run } from "../testing/inProcess.js";
import { builtinProfile } from "./profiles.js";
import { SPLIT_SERIES } from "./published/split.js";
import { fitChanges } from "./splitFit.js";
import { countedRows } from "./splitRows.js";
import { SPLIT_SETS, validateAll, validateSplitSeries } from "./validate.js";
import { contentionNames } from "./validateContention.js";
import { validateZap } from "./validateZap.js";

const all = validateAll();
const seriesRows = (id: string) => all.split.find((s) => s.series.id.startsWith(id))!;

describe("validate", () => {
  it("says what docs/validate.md shows of it, line by line", async () => {
    const document = readFileSync(new URL("../../docs/validate.md", import.meta.url), "utf8");
    const [, shown] = /^\$ npx s2split validate\n([\s\S]*?)^```$/m.exec(document)!;
    const { stdout } = await run(["validate"]);
    expect(stdout.split("\n")).toEqual(shown!.split("\n"));
  });

  it("is within 3 points of the RFC's three percentages with the model-rfc profile", () => {
    const { rows, profile, assumptions } = seriesRows("rfc");
    expect(profile).toBe("model-rfc");
    expect(assumptions).toBe("none");
    expect(rows).toHaveLength(3);
    for (const row of rows) expect(Math.abs(row.errorPoints), row.backing).toBeLessThanOrEqual(3);
  });

  it("fits v1 to its six rows, and v2 to two rows of enable, so that its clear rows are judged", () => {
    const roles = (id: string) => seriesRows(id).rows.map((r) => `${r.mode} ${r.backing} ${r.role}`);
    expect(roles("v1").every((role) => role.endsWith(" fitted"))).toBe(true);
    expect(roles("v2")).toEqual([
      "enable 4K fitted",
      "enable thp fitted",
      "enable hugetlb-1g judged",
      "clear 4K judged",
      "clear thp judged",
      "clear hugetlb-1g judged",
    ]);
    expect(seriesRows("v1").assumptions).toBe("none");
    expect(seriesRows("v2").assumptions).toBe("scaleOnly");
    expect(seriesRows("v1").scaled).toBe(true);
  });

  it("has all six clear rows of v1 and v2, and every row of enable, inside one published standard deviation", () => {
    for (const id of ["v1", "v2"]) {
      for (const row of seriesRows(id).rows) expect(row.inside, `${id} ${row.mode} ${row.backing}`).toBe(true);
    }
  });

  it("has in the profiles what the fits give", () => {
    for (const series of SPLIT_SERIES.slice(1)) {
      const own = builtinProfile(series.profile);
      const varied = SPLIT_SETS[series.profile]!;
      const fitted = fitChanges(
        countedRows(series).filter((one) => one.row.fitted),
        own,
        varied,
      );
      for (const id of varied) expect(fitted.costs[id]!.ns / own.costs[id]!.ns, id).toBeCloseTo(1, 1.7);
    }
  });

  it("refits a series without a row that is left out, and judges it", () => {
    const { split } = validateAll(undefined, "v1-2026-06-10/clear thp");
    const row = split[1]!.rows[4]!;
    expect(row.role).toBe("judged");
    // Without it the broken block is worth less: the row is what tells most of it.
    expect(row.errorPoints).toBeLessThan(-1);
    expect(split[1]!.rows.filter((one) => one.role === "fitted")).toHaveLength(5);
  });

  it("says in one line what can be left out, for a name that is not there", () => {
    expect(() => validateAll(undefined, "koller")).toThrow(UserError);
    expect(() => validateAll(undefined, "koller")).toThrow(
      [
        '--leave-out "koller": no such post, table, column or row; expected rfc-2026-05-15, v1-2026-06-10',
        "v2-2026-06-18",
        ...contentionNames(),
        "or one row of them",
      ].join(", "),
    );
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
  });

  it("does not depend on the assumed scale of a ratio profile", () => {
    const series = SPLIT_SERIES[2]!;
    const own = builtinProfile(series.profile);
    const scaled = {
      ...own,
      costs: Object.fromEntries(
        Object.entries(own.costs).map(([id, figure]) => [id, { ...figure, ns: 3 * figure.ns }]),
      ),
    };
    const percents = (s: ReturnType<typeof validateSplitSeries>) => s.rows.map((r) => r.modelledPercent.toFixed(9));
    expect(percents(validateSplitSeries(series, scaled))).toEqual(percents(seriesRows("v2")));
  });

  it("rests on one scale where all else is a multiple of it, and on figures where it is not", () => {
    const series = SPLIT_SERIES[2]!;
    const own = builtinProfile("thunderx2");
    const { walk } = own.costs;
    const with_ = (provenance: object) => {
      const costs = { ...own.costs, walk: { ...walk!, provenance: { ...walk!.provenance, ...provenance } } };
      return validateSplitSeries(series, { ...own, costs }).assumptions;
    };
    expect([with_({}), with_({ kind: "assumed" }), with_({ scale: undefined })]).toEqual([
      "scaleOnly",
      "figures",
      "figures",
    ]);
  });

  it("leaves out a whole series, or nothing of one that is named otherwise", () => {
    const [, v1, v2] = SPLIT_SERIES;
    const roles = (series: typeof v1, leaveOut: string) =>
      validateSplitSeries(series!, undefined, undefined, leaveOut).rows.filter(({ role }) => role === "fitted").length;
    expect([roles(v2, v1!.id), roles(v2, "v2-2026-06-18/enable 4K"), roles(v2, "v2-2026-06-18/clear 4K")]).toEqual([
      2, 1, 2,
    ]);
    expect(validateAll(undefined, "koller-2022-rfc").contention.leftOut!.rows).toBe(27);
    expect(validateAll(undefined, "v2-2026-06-18/clear 4K").contention.leftOut).toBe(null);
  });

  it("says by how much the chunk size that the mails do not state could change a row", () => {
    expect(all.split.map((one) => one.otherChunkPoints.toFixed(2))).toEqual(["0.98", "3.68", "0.47"]);
  });

  it("judges every row where the profile is not the series' own", () => {
    const { rows } = validateSplitSeries(SPLIT_SERIES[2]!, builtinProfile("ampereone"));
    expect(rows.every((row) => row.role === "judged")).toBe(true);
  });

  it("reproduces Kauer's loops and entries exactly, and the time saved to a percent", () => {
    const zap = validateZap();
    expect(zap.exact).toBe(true);
    expect(zap.passes.reduce((sum, p) => sum + p.simulatedBefore, 0)).toBe(9216);
    expect(zap.passes.reduce((sum, p) => sum + p.simulatedAfter, 0)).toBe(303);
    expect(Math.abs(zap.modelledSavedNs / zap.publishedSavedNs - 1)).toBeLessThan(0.01);
  });
});
