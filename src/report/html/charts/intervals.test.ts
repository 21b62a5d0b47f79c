import { expect, it } from "vitest";
import { CHART_WIDTH, labelRoom, loadPlot } from "./draw.js";
import { intervalsChart } from "./intervals.js";

it("all intervals and rules lie within the chart, with room at both ends", async () => {
  const rows = [
    { name: "low", value: -0.5, low: -0.9, high: -0.1, title: "low" },
    { name: "high", value: 0.5, low: 0.1, high: 0.9, title: "high" },
  ];
  const rules = [{ at: 0, alarm: false, title: "zero" }];
  const chart = intervalsChart(await loadPlot(), { title: "t", description: "d" }, rows, { format: String, rules });
  const lines = [...chart.text.matchAll(/<line x1="([-\d.]+)" x2="([-\d.]+)" [^>]*var\(--p0\)/g)];
  expect(lines).toHaveLength(2);
  const ends = lines.flatMap(([, from, to]) => [Number(from), Number(to)]);
  const [left, right] = [labelRoom(["high"]), CHART_WIDTH - 24];
  // 5% of what is shown on each side, of 110%.
  const room = ((right - left) * 5) / 110;
  expect(Math.min(...ends)).toBeCloseTo(left + room, 0);
  expect(Math.max(...ends)).toBeCloseTo(right - room, 0);
});
