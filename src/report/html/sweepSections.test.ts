import { expect, it } from "vitest";
import { planOf } from "../../bench/plan.js";
import { runPlan } from "../../bench/run.js";
import { arm64 } from "../../mmu/arm64/mmu.js";
import type { Mmu } from "../../mmu/contract.js";
import { loadPlot } from "./charts/draw.js";
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
