import { zip } from "../lists.js";
import type { CaseResult } from "./measure.js";
import type { ScaleResult } from "./scale.js";
import type { StartupResult } from "./startup.js";

/** A line of columns; the first is left-aligned, the others are right-aligned. */
function line(cells: readonly string[], widths: readonly number[]): string {
  return zip(cells, widths)
    .map(([cell, width], i) => (i === 0 ? cell.padEnd(width) : cell.padStart(width)))
    .join("  ")
    .trimEnd();
}

const CASE_WIDTHS = [61, 15, 8, 13, 9, 6, 7];

export const CASE_HEADING = line(["case", "unit", "p10 ns", "quartiles", "M/s", "ratio", "at most"], CASE_WIDTHS);

export function caseLine({ title, unit, nsPerUnit, ratio, limit, reference }: CaseResult): string {
  const target = limit === null ? "" : `${limit}${ratio <= limit ? "" : " !"}`;
  const against = reference.title === "bare scan" ? title : `${title}\n  against the ${reference.title}`;
  const [first, ...rest] = against.split("\n");
  const figures = line(
    [
      first!,
      unit,
      figure(nsPerUnit.p10),
      `${figure(nsPerUnit.p25)}-${figure(nsPerUnit.p75)}`,
      figure(1000 / nsPerUnit.p10),
      figure(ratio),
      target,
    ],
    CASE_WIDTHS,
  );
  return [figures, ...rest].join("\n");
}

/** Three digits that count. */
function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

export function startupLines({ processes, imports }: StartupResult): string[] {
  const alone = processes[0]!.ms;
  return [
    "start-up, whole processes (median of wall times)",
    ...processes.map(({ title, ms, limitMs }, i) => {
      const beyond = i === 0 ? "" : `  (${(ms - alone).toFixed(0)} ms beyond node itself)`;
      const target = limitMs === null ? "" : `  target < ${limitMs} ms${ms < limitMs ? "" : " !"}`;
      return `  ${ms.toFixed(0).padStart(5)} ms  ${title}${beyond}${target}`;
    }),
    "loading a module, in an otherwise empty process",
    ...imports.map(({ title, ms }) => `  ${ms.toFixed(1).padStart(5)} ms  ${title}`),
  ];
}

const SCALE_WIDTHS = [8, 8, 8, 20, 9, 10];
export const SCALE_HEADING = line(["memory", "backing", "mode", "strategies", "seconds", "peak RSS"], SCALE_WIDTHS);

export function scaleLine({ memory, backing, mode, strategies, seconds, peakMiB }: ScaleResult): string {
  const cells = [memory, backing, mode, strategies, seconds.toFixed(2), `${peakMiB.toFixed(0)} MiB`];
  return line(cells, SCALE_WIDTHS);
}
