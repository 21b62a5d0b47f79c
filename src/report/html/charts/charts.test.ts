import { beforeAll, describe, expect, it } from "vitest";
import type { Markup } from "../markup.js";
import { labelRoom, loadPlot, type Plot, shortName } from "./draw.js";
import { intervalsChart } from "./intervals.js";
import { linesChart } from "./lines.js";
import { stackChart } from "./stack.js";
import { logChart, partsChart } from "./strategies.js";
import { walkChart } from "./walk.js";
import { wallChart } from "./wall.js";

const text = { title: "a title", description: "what is drawn" };
let plot: Plot;

beforeAll(async () => {
  plot = await loadPlot();
});

/** A drawing, an element a line. */
const lines = ({ text }: Markup) => text.replaceAll("><", ">\n<");

describe("a drawing, to the last mark,", () => {
  it("of parts that add up, with a wrong row", () => {
    const rows = [
      { name: "baseline", values: [300, 100], wrong: false },
      { name: "skip", values: [100, 0], wrong: true },
    ];
    expect(
      lines(partsChart(plot, text, rows, ["protect", "split"])),
    ).toBe(`<svg text-anchor="middle" width="360" height="82" viewBox="0 0 360 82" role="img" xmlns="http://www.w3.org/2000/svg">
<title>a title</title>
<desc>what is drawn</desc>
<g text-anchor="end" transform="translate(-9,8.5)">
<text y="0.32em" transform="translate(70,10)">baseline</text>
<text y="0.32em" transform="translate(70,33)">skip</text>
</g>
<g fill="none" stroke="currentColor">
<path transform="translate(70,56)" d="M0,0L0,6"/>
<path transform="translate(117,56)" d="M0,0L0,6"/>
<path transform="translate(164,56)" d="M0,0L0,6"/>
<path transform="translate(211,56)" d="M0,0L0,6"/>
<path transform="translate(258,56)" d="M0,0L0,6"/>
</g>
<g font-variant="tabular-nums" transform="translate(0,9)">
<text y="0.71em" transform="translate(70,56)">0</text>
<text y="0.71em" transform="translate(117,56)">100</text>
<text y="0.71em" transform="translate(164,56)">200</text>
<text y="0.71em" transform="translate(211,56)">300</text>
<text y="0.71em" transform="translate(258,56)">400</text>
</g>
<g class="grid" stroke="var(--line)">
<line x1="70" x2="70" y1="4" y2="56"/>
<line x1="117" x2="117" y1="4" y2="56"/>
<line x1="164" x2="164" y1="4" y2="56"/>
<line x1="211" x2="211" y1="4" y2="56"/>
<line x1="258" x2="258" y1="4" y2="56"/>
</g>
<g class="p0" fill="var(--p0)" stroke="var(--p0)">
<rect x="70" width="141" y="11" height="15" fill-opacity="1">
<title>baseline, protect: 300</title>
</rect>
<rect x="70" width="47" y="34" height="15" fill-opacity="0.25">
<title>skip, protect: 100 (the result is wrong)</title>
</rect>
</g>
<g class="p1" fill="var(--p1)" stroke="var(--p1)">
<rect x="211" width="47" y="11" height="15" fill-opacity="1">
<title>baseline, split: 100</title>
</rect>
<rect x="117" width="0" y="34" height="15" fill-opacity="0.25">
<title>skip, split: 0 (the result is wrong)</title>
</rect>
</g>
<g text-anchor="start" transform="translate(5,8.5)">
<text y="0.32em" transform="translate(258,10)">400</text>
</g>
<g class="wrong" text-anchor="start" transform="translate(5,8.5)">
<text y="0.32em" transform="translate(117,33)">100 wrong</text>
</g>
</svg>`);
  });

  it("of parts with a unit and a width of their own", () => {
    const rows = [{ name: "a", values: [5], wrong: false }];
    expect(
      lines(partsChart(plot, text, rows, ["time"], { format: (ns) => `${ns} ns`, width: 500 })),
    ).toBe(`<svg text-anchor="middle" width="500" height="56" viewBox="0 0 500 56" role="img" xmlns="http://www.w3.org/2000/svg">
<title>a title</title>
<desc>what is drawn</desc>
<g text-anchor="end" transform="translate(-9,7.5)">
<text y="0.32em" transform="translate(21,10)">a</text>
</g>
<g fill="none" stroke="currentColor">
<path transform="translate(21,30)" d="M0,0L0,6"/>
<path transform="translate(187.8,30)" d="M0,0L0,6"/>
<path transform="translate(354.6,30)" d="M0,0L0,6"/>
</g>
<g font-variant="tabular-nums" transform="translate(0,9)">
<text y="0.71em" transform="translate(21,30)">0 ns</text>
<text y="0.71em" transform="translate(187.8,30)">2 ns</text>
<text y="0.71em" transform="translate(354.6,30)">4 ns</text>
</g>
<g class="grid" stroke="var(--line)">
<line x1="21" x2="21" y1="4" y2="30"/>
<line x1="187.8" x2="187.8" y1="4" y2="30"/>
<line x1="354.6" x2="354.6" y1="4" y2="30"/>
</g>
<g class="p0" fill="var(--p0)" stroke="var(--p0)">
<rect x="21" width="417" y="11" height="13" fill-opacity="1">
<title>a, time: 5 ns</title>
</rect>
</g>
<g text-anchor="start" transform="translate(5,7.5)">
<text y="0.32em" transform="translate(438,10)">5 ns</text>
</g>
</svg>`);
  });

  it("of figures that span decades, with zero and a limit", () => {
    const rows = [
      { name: "baseline", values: [3000, 20, 4], wrong: false },
      { name: "skip", values: [100, 0, 7], wrong: true },
    ];
    const limit = { at: 9000, title: "the limit" };
    expect(
      lines(logChart(plot, text, rows, ["a", "b", "c"], { limit })),
    ).toBe(`<svg text-anchor="middle" width="360" height="82" viewBox="0 0 360 82" role="img" xmlns="http://www.w3.org/2000/svg">
<title>a title</title>
<desc>what is drawn</desc>
<g text-anchor="end" transform="translate(-9,0)">
<text y="0.32em" transform="translate(70,19)">baseline</text>
<text y="0.32em" transform="translate(70,42)">skip</text>
</g>
<g fill="none" stroke="currentColor">
<path transform="translate(87.31,56)" d="M0,0L0,6"/>
<path transform="translate(144.81,56)" d="M0,0L0,6"/>
<path transform="translate(202.32,56)" d="M0,0L0,6"/>
<path transform="translate(259.82,56)" d="M0,0L0,6"/>
<path transform="translate(317.32,56)" d="M0,0L0,6"/>
</g>
<g font-variant="tabular-nums" transform="translate(0,9)">
<text y="0.71em" transform="translate(87.31,56)">1</text>
<text y="0.71em" transform="translate(144.81,56)">10</text>
<text y="0.71em" transform="translate(202.32,56)">100</text>
<text y="0.71em" transform="translate(259.82,56)">1k</text>
<text y="0.71em" transform="translate(317.32,56)">10k</text>
</g>
<g class="grid" stroke="var(--line)">
<line x1="87.31" x2="87.31" y1="4" y2="56"/>
<line x1="144.81" x2="144.81" y1="4" y2="56"/>
<line x1="202.32" x2="202.32" y1="4" y2="56"/>
<line x1="259.82" x2="259.82" y1="4" y2="56"/>
<line x1="317.32" x2="317.32" y1="4" y2="56"/>
</g>
<g stroke="var(--line)">
<line x1="70" x2="287.25" y1="19" y2="19"/>
<line x1="70" x2="202.32" y1="42" y2="42"/>
</g>
<g stroke="var(--alarm)" stroke-dasharray="5 3">
<line x1="314.69" x2="314.69" y1="4" y2="56">
<title>the limit</title>
</line>
</g>
<g class="p0" stroke="var(--p0)" stroke-width="1.5">
<circle cx="287.25" cy="19" r="5" fill="var(--p0)">
<title>baseline, a: 3,000</title>
</circle>
<circle cx="202.32" cy="42" r="5" fill="var(--ground)">
<title>skip, a: 100 (the result is wrong)</title>
</circle>
</g>
<g class="p1" stroke="var(--p1)" stroke-width="1.5">
<path transform="translate(162.12,19)" d="M-4.43,-4.43h8.86v8.86h-8.86Z" fill="var(--p1)">
<title>baseline, b: 20</title>
</path>
<path transform="translate(70,42)" d="M-4.43,-4.43h8.86v8.86h-8.86Z" fill="var(--ground)">
<title>skip, b: 0 (the result is wrong)</title>
</path>
</g>
<g class="p2" stroke="var(--p2)" stroke-width="1.5">
<path transform="translate(121.93,19)" d="M0,-7.78L6.73,3.89L-6.73,3.89Z" fill="var(--p2)">
<title>baseline, c: 4</title>
</path>
<path transform="translate(135.91,42)" d="M0,-7.78L6.73,3.89L-6.73,3.89Z" fill="var(--ground)">
<title>skip, c: 7 (the result is wrong)</title>
</path>
</g>
</svg>`);
  });

  it("of figures above a decade, without zero", () => {
    const rows = [{ name: "baseline", values: [3000, 250], wrong: false }];
    expect(
      lines(logChart(plot, text, rows, ["a", "b"], { format: (ns) => `${ns} ns` })),
    ).toBe(`<svg text-anchor="middle" width="360" height="56" viewBox="0 0 360 56" role="img" xmlns="http://www.w3.org/2000/svg">
<title>a title</title>
<desc>what is drawn</desc>
<g text-anchor="end" transform="translate(-9,0)">
<text y="0.32em" transform="translate(70,17)">baseline</text>
</g>
<g fill="none" stroke="currentColor">
<path transform="translate(70,30)" d="M0,0L0,6"/>
<path transform="translate(193.98,30)" d="M0,0L0,6"/>
<path transform="translate(300.77,30)" d="M0,0L0,6"/>
</g>
<g font-variant="tabular-nums" transform="translate(0,9)">
<text y="0.71em" transform="translate(70,30)">100 ns</text>
<text y="0.71em" transform="translate(193.98,30)">500 ns</text>
<text y="0.71em" transform="translate(300.77,30)">2000 ns</text>
</g>
<g class="grid" stroke="var(--line)">
<line x1="70" x2="70" y1="4" y2="30"/>
<line x1="193.98" x2="193.98" y1="4" y2="30"/>
<line x1="300.77" x2="300.77" y1="4" y2="30"/>
</g>
<g stroke="var(--line)">
<line x1="70" x2="332" y1="17" y2="17"/>
</g>
<g class="p0" stroke="var(--p0)" stroke-width="1.5">
<circle cx="332" cy="17" r="5" fill="var(--p0)">
<title>baseline, a: 3000 ns</title>
</circle>
</g>
<g class="p1" stroke="var(--p1)" stroke-width="1.5">
<path transform="translate(140.58,17)" d="M-4.43,-4.43h8.86v8.86h-8.86Z" fill="var(--p1)">
<title>baseline, b: 250 ns</title>
</path>
</g>
</svg>`);
  });

  it("of lines with their points, hollow ones and spreads", () => {
    const points = [
      { x: 1, y: 10, title: "one" },
      { x: 4, y: 40, title: "four", hollow: true, range: [30, 50] as const },
    ];
    const x = { label: "vCPUs", log: true, ticks: [1, 4], format: String };
    const options = { x, yDomain: [1, 100] as const, yLabel: "ns", scale: "log" as const };
    expect(
      lines(linesChart(plot, text, [{ name: "a", place: 1, points }], options)),
    ).toBe(`<svg text-anchor="middle" width="360" height="230" viewBox="0 0 360 230" role="img" xmlns="http://www.w3.org/2000/svg">
<title>a title</title>
<desc>what is drawn</desc>
<g fill="none" stroke="currentColor">
<path transform="translate(46,192)" d="M0,0L-6,0"/>
<path transform="translate(46,107)" d="M0,0L-6,0"/>
<path transform="translate(46,22)" d="M0,0L-6,0"/>
</g>
<g text-anchor="end" font-variant="tabular-nums" transform="translate(-9,0)">
<text y="0.32em" transform="translate(46,192)">1</text>
<text y="0.32em" transform="translate(46,107)">10</text>
<text y="0.32em" transform="translate(46,22)">100</text>
</g>
<g text-anchor="start" transform="translate(-43,-19)">
<text y="0.71em" transform="translate(46,22)">ns</text>
</g>
<g fill="none" stroke="currentColor">
<path transform="translate(56,192)" d="M0,0L0,6"/>
<path transform="translate(330,192)" d="M0,0L0,6"/>
</g>
<g font-variant="tabular-nums" transform="translate(0,9)">
<text y="0.71em" transform="translate(56,192)">1</text>
<text y="0.71em" transform="translate(330,192)">4</text>
</g>
<g transform="translate(0,35)">
<text transform="translate(193,192)">vCPUs</text>
</g>
<g class="grid" stroke="var(--line)">
<line x1="46" x2="340" y1="192" y2="192"/>
<line x1="46" x2="340" y1="107" y2="107"/>
<line x1="46" x2="340" y1="22" y2="22"/>
</g>
<g class="s1" fill="none" stroke="var(--s1)" stroke-width="1.8" stroke-linejoin="round" stroke-linecap="round">
<path d="M56,107L330,55.83"/>
</g>
<g class="s1" stroke="var(--s1)">
<line x1="1876.42" x2="1876.42" y1="-2358" y2="-4058"/>
</g>
<g class="s1" stroke="var(--s1)" stroke-width="1.5">
<path transform="translate(56,107)" d="M-3.54,-3.54h7.09v7.09h-7.09Z" fill="var(--s1)">
<title>one</title>
</path>
<path transform="translate(330,55.82)" d="M-3.54,-3.54h7.09v7.09h-7.09Z" fill="var(--ground)">
<title>four</title>
</path>
</g>
</svg>`);
    const linear = {
      ...options,
      scale: "linear" as const,
      yLabel: "",
      yFormat: (ns: number) => `${ns} ns`,
      height: 100,
    };
    expect(
      lines(
        linesChart(
          plot,
          text,
          [
            { name: "b", place: 9, points: points.slice(0, 1) },
            { name: "c", place: 2, points },
          ],
          { ...linear, x: { ...x, log: false } },
        ),
      ),
    ).toBe(`<svg text-anchor="middle" width="360" height="100" viewBox="0 0 360 100" role="img" xmlns="http://www.w3.org/2000/svg">
<title>a title</title>
<desc>what is drawn</desc>
<g fill="none" stroke="currentColor">
<path transform="translate(60,36.26)" d="M0,0L-6,0"/>
<path transform="translate(60,10)" d="M0,0L-6,0"/>
</g>
<g text-anchor="end" font-variant="tabular-nums" transform="translate(-9,0)">
<text y="0.32em" transform="translate(60,36.26)">50 ns</text>
<text y="0.32em" transform="translate(60,10)">100 ns</text>
</g>
<g fill="none" stroke="currentColor">
<path transform="translate(70,62)" d="M0,0L0,6"/>
<path transform="translate(330,62)" d="M0,0L0,6"/>
</g>
<g font-variant="tabular-nums" transform="translate(0,9)">
<text y="0.71em" transform="translate(70,62)">1</text>
<text y="0.71em" transform="translate(330,62)">4</text>
</g>
<g transform="translate(0,35)">
<text transform="translate(200,62)">vCPUs</text>
</g>
<g class="grid" stroke="var(--line)">
<line x1="60" x2="340" y1="36.26" y2="36.26"/>
<line x1="60" x2="340" y1="10" y2="10"/>
</g>
<g class="s9" fill="none" stroke="var(--s9)" stroke-width="1.8" stroke-linejoin="round" stroke-linecap="round">
<path d="M70,57.27Z"/>
</g>
<g class="s9" stroke="var(--s9)" stroke-width="1.5">
<circle cx="70" cy="57.27" r="4" fill="var(--s9)">
<title>one</title>
</circle>
</g>
<g class="s2" fill="none" stroke="var(--s2)" stroke-width="1.8" stroke-linejoin="round" stroke-linecap="round">
<path d="M70,57.27L330,41.52"/>
</g>
<g class="s2" stroke="var(--s2)">
<line x1="330" x2="330" y1="46.77" y2="36.26"/>
</g>
<g class="s2" stroke="var(--s2)" stroke-width="1.5">
<path transform="translate(70,57.27)" d="M0,-6.22L5.39,3.11L-5.39,3.11Z" fill="var(--s2)">
<title>one</title>
</path>
<path transform="translate(330,41.52)" d="M0,-6.22L5.39,3.11L-5.39,3.11Z" fill="var(--ground)">
<title>four</title>
</path>
</g>
</svg>`);
  });

  it("of parts stacked over an axis, with what was asked about", () => {
    const points = [
      { x: 1, values: [100, 50] },
      { x: 50, values: [100, 25] },
    ];
    const options = { parts: ["ioctl", "guest"], label: "writes", max: 150, mark: { at: 25, title: "asked" } };
    expect(
      lines(stackChart(plot, text, points, options)),
    ).toBe(`<svg text-anchor="middle" width="360" height="220" viewBox="0 0 360 220" role="img" xmlns="http://www.w3.org/2000/svg">
<title>a title</title>
<desc>what is drawn</desc>
<g fill="none" stroke="currentColor">
<path transform="translate(58,182)" d="M0,0L-6,0"/>
<path transform="translate(58,125.33)" d="M0,0L-6,0"/>
<path transform="translate(58,68.67)" d="M0,0L-6,0"/>
<path transform="translate(58,12)" d="M0,0L-6,0"/>
</g>
<g text-anchor="end" font-variant="tabular-nums" transform="translate(-9,0)">
<text y="0.32em" transform="translate(58,182)">0</text>
<text y="0.32em" transform="translate(58,125.33)">50.0 ns</text>
<text y="0.32em" transform="translate(58,68.67)">100 ns</text>
<text y="0.32em" transform="translate(58,12)">150 ns</text>
</g>
<g fill="none" stroke="currentColor">
<path transform="translate(58,182)" d="M0,0L0,6"/>
<path transform="translate(195.14,182)" d="M0,0L0,6"/>
<path transform="translate(338,182)" d="M0,0L0,6"/>
<path transform="translate(480.86,182)" d="M0,0L0,6"/>
<path transform="translate(623.71,182)" d="M0,0L0,6"/>
</g>
<g font-variant="tabular-nums" transform="translate(0,9)">
<text y="0.71em" transform="translate(58,182)">1%</text>
<text y="0.71em" transform="translate(195.14,182)">25%</text>
<text y="0.71em" transform="translate(338,182)">50%</text>
<text y="0.71em" transform="translate(480.86,182)">75%</text>
<text y="0.71em" transform="translate(623.71,182)">100%</text>
</g>
<g transform="translate(0,35)">
<text transform="translate(198,182)">writes</text>
</g>
<g class="grid" stroke="var(--line)">
<line x1="58" x2="338" y1="182" y2="182"/>
<line x1="58" x2="338" y1="125.33" y2="125.33"/>
<line x1="58" x2="338" y1="68.67" y2="68.67"/>
<line x1="58" x2="338" y1="12" y2="12"/>
</g>
<g class="p0" fill="var(--p0)" fill-opacity="0.85">
<path d="M58,68.67L338,68.67L338,182L58,182Z"/>
</g>
<g fill="none" stroke="var(--ground)" stroke-linejoin="round" stroke-linecap="round">
<path d="M58,68.67L338,68.67"/>
</g>
<g class="p0" fill="var(--p0)" stroke="var(--ground)" stroke-width="1.5">
<circle cx="58" cy="68.67" r="3">
<title>ioctl, 1% writes: 100 ns</title>
</circle>
<circle cx="338" cy="68.67" r="3">
<title>ioctl, 50% writes: 100 ns</title>
</circle>
</g>
<g class="p1" fill="var(--p1)" fill-opacity="0.85">
<path d="M58,12L338,40.33L338,68.67L58,68.67Z"/>
</g>
<g fill="none" stroke="var(--ground)" stroke-linejoin="round" stroke-linecap="round">
<path d="M58,12L338,40.33"/>
</g>
<g class="p1" fill="var(--p1)" stroke="var(--ground)" stroke-width="1.5">
<circle cx="58" cy="12" r="3">
<title>guest, 1% writes: 50.0 ns</title>
</circle>
<circle cx="338" cy="40.33" r="3">
<title>guest, 50% writes: 25.0 ns</title>
</circle>
</g>
<g stroke="var(--ink)" stroke-dasharray="3 3">
<line x1="195.14" x2="195.14" y1="12" y2="182">
<title>asked</title>
</line>
</g>
</svg>`);
  });

  it("of intervals, with alarms, rules and a second figure", () => {
    const rows = [
      { name: "a", value: 5, low: 4, high: 7, title: "five", alarm: true },
      { name: "b", value: 6, low: 6, high: 6, title: "six", other: { value: 9, title: "nine", hollow: true } },
    ];
    const rules = [
      { at: 0, alarm: false, title: "zero" },
      { at: 8, alarm: true, title: "limit" },
    ];
    expect(
      lines(intervalsChart(plot, text, rows, { format: (value) => `${value}%`, rules })),
    ).toBe(`<svg text-anchor="middle" width="360" height="82" viewBox="0 0 360 82" role="img" xmlns="http://www.w3.org/2000/svg">
<title>a title</title>
<desc>what is drawn</desc>
<g text-anchor="end" transform="translate(-9,0)">
<text y="0.32em" transform="translate(21,19)">a</text>
<text y="0.32em" transform="translate(21,42)">b</text>
</g>
<g fill="none" stroke="currentColor">
<path transform="translate(35.32,56)" d="M0,0L0,6"/>
<path transform="translate(194.41,56)" d="M0,0L0,6"/>
</g>
<g font-variant="tabular-nums" transform="translate(0,9)">
<text y="0.71em" transform="translate(35.32,56)">0%</text>
<text y="0.71em" transform="translate(194.41,56)">5%</text>
</g>
<g class="grid" stroke="var(--line)">
<line x1="35.32" x2="35.32" y1="4" y2="56"/>
<line x1="194.41" x2="194.41" y1="4" y2="56"/>
</g>
<g stroke-dasharray="5 3">
<line x1="35.32" x2="35.32" y1="4" y2="56" stroke="var(--ink)">
<title>zero</title>
</line>
<line x1="289.86" x2="289.86" y1="4" y2="56" stroke="var(--alarm)">
<title>limit</title>
</line>
</g>
<g class="p0" stroke-width="2.5">
<line x1="162.59" x2="258.05" y1="19" y2="19" stroke="var(--alarm)">
<title>five</title>
</line>
<line x1="226.23" x2="226.23" y1="42" y2="42" stroke="var(--p0)">
<title>six</title>
</line>
</g>
<g class="p0">
<circle cx="194.41" cy="19" r="4.5" fill="var(--alarm)">
<title>five</title>
</circle>
<circle cx="226.23" cy="42" r="4.5" fill="var(--p0)">
<title>six</title>
</circle>
</g>
<g class="p1" stroke="var(--p1)" stroke-width="1.5">
<path transform="translate(321.68,42)" d="M-3.99,-3.99h7.98v7.98h-7.98Z" fill="var(--ground)">
<title>nine</title>
</path>
</g>
</svg>`);
    const one = [{ name: "a", value: 0, low: 0, high: 0, title: "none" }];
    expect(
      lines(intervalsChart(plot, text, one, { format: (value) => value.toFixed(2), rules: [] })),
    ).toBe(`<svg text-anchor="middle" width="360" height="58" viewBox="0 0 360 58" role="img" xmlns="http://www.w3.org/2000/svg">
<title>a title</title>
<desc>what is drawn</desc>
<g text-anchor="end" transform="translate(-9,0)">
<text y="0.32em" transform="translate(21,18)">a</text>
</g>
<g fill="none" stroke="currentColor">
<path transform="translate(21,32)" d="M0,0L0,6"/>
<path transform="translate(178.5,32)" d="M0,0L0,6"/>
<path transform="translate(336,32)" d="M0,0L0,6"/>
</g>
<g font-variant="tabular-nums" transform="translate(0,9)">
<text y="0.71em" transform="translate(21,32)">-0.05</text>
<text y="0.71em" transform="translate(178.5,32)">0.00</text>
<text y="0.71em" transform="translate(336,32)">0.05</text>
</g>
<g class="grid" stroke="var(--line)">
<line x1="21" x2="21" y1="4" y2="32"/>
<line x1="178.5" x2="178.5" y1="4" y2="32"/>
<line x1="336" x2="336" y1="4" y2="32"/>
</g>
<g class="p0" stroke-width="2.5">
<line x1="178.5" x2="178.5" y1="18" y2="18" stroke="var(--p0)">
<title>none</title>
</line>
</g>
<g class="p0">
<circle cx="178.5" cy="18" r="4.5" fill="var(--p0)">
<title>none</title>
</circle>
</g>
</svg>`);
  });

  it("of samples, one tick a place", () => {
    const rows = [
      { name: "baseline", samplesNs: [1000, 1000.1, 1500], medianNs: 1000, ci95Ns: [990, 1100] as const, wrong: false },
      { name: "skip", samplesNs: [200], medianNs: 200, ci95Ns: [200, 200] as const, wrong: true },
    ];
    expect(
      lines(wallChart(plot, text, rows, "log")),
    ).toBe(`<svg text-anchor="middle" width="360" height="90" viewBox="0 0 360 90" role="img" xmlns="http://www.w3.org/2000/svg">
<title>a title</title>
<desc>what is drawn</desc>
<g text-anchor="end" transform="translate(-9,9)">
<text y="0.32em" transform="translate(70,12)">baseline</text>
<text y="0.32em" transform="translate(70,38)">skip</text>
</g>
<g fill="none" stroke="currentColor">
<path transform="translate(81.41,64)" d="M0,0L0,6"/>
<path transform="translate(191.09,64)" d="M0,0L0,6"/>
<path transform="translate(274.06,64)" d="M0,0L0,6"/>
</g>
<g font-variant="tabular-nums" transform="translate(0,9)">
<text y="0.71em" transform="translate(81.41,64)">200 ns</text>
<text y="0.71em" transform="translate(191.09,64)">500 ns</text>
<text y="0.71em" transform="translate(274.06,64)">1.00 us</text>
</g>
<g class="grid" stroke="var(--line)">
<line x1="81.41" x2="81.41" y1="4" y2="64"/>
<line x1="191.09" x2="191.09" y1="4" y2="64"/>
<line x1="274.06" x2="274.06" y1="4" y2="64"/>
</g>
<g class="p1" fill="var(--p1)">
<rect x="272.85" width="12.61" y="12" height="18">
<title>baseline: 95% interval of the median, 990 ns to 1.10 us</title>
</rect>
<rect x="81.41" width="0" y="38" height="18">
<title>skip: 95% interval of the median, 200 ns to 200 ns</title>
</rect>
</g>
<g stroke="var(--ink)" stroke-opacity="0.5">
<line x1="274.07" x2="274.07" y1="14" y2="28">
<title>baseline: a sample, 1.00 us</title>
</line>
<line x1="322.59" x2="322.59" y1="14" y2="28">
<title>baseline: a sample, 1.50 us</title>
</line>
<line x1="81.41" x2="81.41" y1="40" y2="54">
<title>skip: a sample, 200 ns</title>
</line>
</g>
<g class="p0" fill="var(--p0)" stroke="var(--ground)" stroke-width="1.5" transform="translate(0,9)">
<circle cx="274.06" cy="12" r="4">
<title>baseline: median 1.00 us</title>
</circle>
<circle cx="81.41" cy="38" r="4">
<title>skip: median 200 ns</title>
</circle>
</g>
</svg>`);
    expect(
      lines(wallChart(plot, text, rows, "linear")),
    ).toBe(`<svg text-anchor="middle" width="360" height="90" viewBox="0 0 360 90" role="img" xmlns="http://www.w3.org/2000/svg">
<title>a title</title>
<desc>what is drawn</desc>
<g text-anchor="end" transform="translate(-9,9)">
<text y="0.32em" transform="translate(70,12)">baseline</text>
<text y="0.32em" transform="translate(70,38)">skip</text>
</g>
<g fill="none" stroke="currentColor">
<path transform="translate(70,64)" d="M0,0L0,6"/>
<path transform="translate(158,64)" d="M0,0L0,6"/>
<path transform="translate(246,64)" d="M0,0L0,6"/>
<path transform="translate(334,64)" d="M0,0L0,6"/>
</g>
<g font-variant="tabular-nums" transform="translate(0,9)">
<text y="0.71em" transform="translate(70,64)">0</text>
<text y="0.71em" transform="translate(158,64)">500 ns</text>
<text y="0.71em" transform="translate(246,64)">1.00 us</text>
<text y="0.71em" transform="translate(334,64)">1.50 us</text>
</g>
<g class="grid" stroke="var(--line)">
<line x1="70" x2="70" y1="4" y2="64"/>
<line x1="158" x2="158" y1="4" y2="64"/>
<line x1="246" x2="246" y1="4" y2="64"/>
<line x1="334" x2="334" y1="4" y2="64"/>
</g>
<g class="p1" fill="var(--p1)">
<rect x="244.24" width="19.36" y="12" height="18">
<title>baseline: 95% interval of the median, 990 ns to 1.10 us</title>
</rect>
<rect x="105.2" width="0" y="38" height="18">
<title>skip: 95% interval of the median, 200 ns to 200 ns</title>
</rect>
</g>
<g stroke="var(--ink)" stroke-opacity="0.5">
<line x1="246.02" x2="246.02" y1="14" y2="28">
<title>baseline: a sample, 1.00 us</title>
</line>
<line x1="334" x2="334" y1="14" y2="28">
<title>baseline: a sample, 1.50 us</title>
</line>
<line x1="105.2" x2="105.2" y1="40" y2="54">
<title>skip: a sample, 200 ns</title>
</line>
</g>
<g class="p0" fill="var(--p0)" stroke="var(--ground)" stroke-width="1.5" transform="translate(0,9)">
<circle cx="246" cy="12" r="4">
<title>baseline: median 1.00 us</title>
</circle>
<circle cx="105.2" cy="38" r="4">
<title>skip: median 200 ns</title>
</circle>
</g>
</svg>`);
  });

  it("of a walk, with an entry that is read outside of its address", () => {
    const points = [
      { step: 1, address: 0x40000000, entry: 0x40000000, outside: false, title: "one" },
      { step: 2, address: 0x40200000, entry: 0x40000000, outside: true, title: "two" },
      { step: 3, address: 0x40200000, entry: 0x40200000, outside: false, title: "three" },
    ];
    expect(
      lines(walkChart(plot, text, points)),
    ).toBe(`<svg text-anchor="middle" width="360" height="240" viewBox="0 0 360 240" role="img" xmlns="http://www.w3.org/2000/svg">
<title>a title</title>
<desc>what is drawn</desc>
<g fill="none" stroke="currentColor">
<path transform="translate(93,202)" d="M0,0L-6,0"/>
<path transform="translate(93,112)" d="M0,0L-6,0"/>
<path transform="translate(93,22)" d="M0,0L-6,0"/>
</g>
<g text-anchor="end" font-variant="tabular-nums" transform="translate(-9,0)">
<text y="0.32em" transform="translate(93,202)">0x40000000</text>
<text y="0.32em" transform="translate(93,112)">0x40100000</text>
<text y="0.32em" transform="translate(93,22)">0x40200000</text>
</g>
<g text-anchor="start" transform="translate(-90,-19)">
<text y="0.71em" transform="translate(93,22)">guest physical address</text>
</g>
<g fill="none" stroke="currentColor">
<path transform="translate(93,202)" d="M0,0L0,6"/>
<path transform="translate(155.75,202)" d="M0,0L0,6"/>
<path transform="translate(218.5,202)" d="M0,0L0,6"/>
<path transform="translate(281.25,202)" d="M0,0L0,6"/>
<path transform="translate(344,202)" d="M0,0L0,6"/>
</g>
<g font-variant="tabular-nums" transform="translate(0,9)">
<text y="0.71em" transform="translate(93,202)">1</text>
<text y="0.71em" transform="translate(155.75,202)">1.5</text>
<text y="0.71em" transform="translate(218.5,202)">2</text>
<text y="0.71em" transform="translate(281.25,202)">2.5</text>
<text y="0.71em" transform="translate(344,202)">3</text>
</g>
<g transform="translate(0,35)">
<text transform="translate(218.5,202)">step</text>
</g>
<g class="grid" stroke="var(--line)">
<line x1="93" x2="344" y1="202" y2="202"/>
<line x1="93" x2="344" y1="112" y2="112"/>
<line x1="93" x2="344" y1="22" y2="22"/>
</g>
<g class="p1" fill="none" stroke="var(--p1)" stroke-width="2" stroke-linejoin="round" stroke-linecap="round">
<path d="M93,202L218.5,202L218.5,22L344,22L344,22"/>
</g>
<g class="p0" fill="var(--p0)">
<circle cx="93" cy="202" r="2.5">
<title>one</title>
</circle>
<circle cx="344" cy="22" r="2.5">
<title>three</title>
</circle>
</g>
<g fill="none" stroke="var(--alarm)" stroke-width="2">
<path transform="translate(218.5,202)" d="M-4.31,-4.31L4.31,4.31M-4.31,4.31L4.31,-4.31">
<title>two</title>
</path>
</g>
</svg>`);
    expect(
      lines(walkChart(plot, text, points.slice(0, 1))),
    ).toBe(`<svg text-anchor="middle" width="360" height="240" viewBox="0 0 360 240" role="img" xmlns="http://www.w3.org/2000/svg">
<title>a title</title>
<desc>what is drawn</desc>
<g fill="none" stroke="currentColor">
<path transform="translate(93,202)" d="M0,0L-6,0"/>
</g>
<g text-anchor="end" font-variant="tabular-nums" transform="translate(-9,0)">
<text y="0.32em" transform="translate(93,202)">0x40000000</text>
</g>
<g text-anchor="start" transform="translate(-90,-19)">
<text y="0.71em" transform="translate(93,22)">guest physical address</text>
</g>
<g fill="none" stroke="currentColor">
<path transform="translate(93,202)" d="M0,0L0,6"/>
<path transform="translate(218.5,202)" d="M0,0L0,6"/>
<path transform="translate(344,202)" d="M0,0L0,6"/>
</g>
<g font-variant="tabular-nums" transform="translate(0,9)">
<text y="0.71em" transform="translate(93,202)">1</text>
<text y="0.71em" transform="translate(218.5,202)">1.5</text>
<text y="0.71em" transform="translate(344,202)">2</text>
</g>
<g transform="translate(0,35)">
<text transform="translate(218.5,202)">step</text>
</g>
<g class="grid" stroke="var(--line)">
<line x1="93" x2="344" y1="202" y2="202"/>
</g>
<g class="p1" fill="none" stroke="var(--p1)" stroke-width="2" stroke-linejoin="round" stroke-linecap="round">
<path d="M93,202Z"/>
</g>
<g class="p0" fill="var(--p0)">
<circle cx="93" cy="202" r="2.5">
<title>one</title>
</circle>
</g>
</svg>`);
  });

  it("of a long walk has one step a place", () => {
    const points = Array.from({ length: 10000 }, (_, i) => {
      return { step: i + 1, address: 2 ** 21 * i, entry: 2 ** 21 * i, outside: false, title: String(i + 1) };
    });
    expect(walkChart(plot, text, points).text.match(/<circle/g)!.length).toBe(841);
  });
});

it("names are shortened to what an axis has room for, and labels have room", () => {
  expect([shortName("x".repeat(22)), shortName("x".repeat(23))]).toEqual(["x".repeat(22), `${"x".repeat(21)}…`]);
  expect([shortName("abcdef", 5), shortName("abcde", 5)]).toEqual(["abcd…", "abcde"]);
  expect([labelRoom(["a"]), labelRoom(["a", "abc"])]).toEqual([21, 35]);
});
