import { type Advice, type AdviceRequest, passNs } from "../../advise/advise.js";
import type { Recommendation } from "../../advise/recommend.js";
import { type AdviceRow, isRight } from "../../advise/row.js";
import { columnsOf } from "../columns.js";
import { verdict } from "../findings.js";
import { formatNs } from "../units.js";
import { loadPlot, type Plot } from "./charts/draw.js";
import { type StackPoint, stackChart } from "./charts/stack.js";
import { logChart } from "./charts/strategies.js";
import type { Cell, Group, Page, Section } from "./page.js";

/** Who pays, from the bottom of the stack. */
const PAYERS = ["enabling the log (ioctl)", "first clear (ioctl)", "first pass of all vCPUs (guest)"] as const;

/** Shares of writes that are drawn, per cent. */
const PERCENTS = [1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100] as const;

const MODES = {
  enable: "enable mode (no manual protect)",
  clear: "clear mode (manual protect, initially-all-set)",
} as const;

/**
 * The page of an advice: what each choice costs and who pays, over the share of writes; and how
 * long the lock is held.
 */
export async function advisePage(advice: Advice, request: AdviceRequest, guestText: string): Promise<Page> {
  const plot = await loadPlot();
  const groups = request.modes.map((mode): Group => {
    const rows = advice.rows.filter((row) => row.mode === mode);
    const wrong = rows.filter((row) => row.findings.length > 0);
    return {
      title: MODES[mode].charAt(0).toUpperCase() + MODES[mode].slice(1),
      lead: advice.recommendations
        .filter((one) => one.mode === mode)
        .map((one) => said(one, request))
        .join(" "),
      alarms: wrong.map((row) => `${choiceName(row, request)}: ${verdict(row.findings)}`),
      sections: [costSection(plot, rows, request), holdSection(plot, rows, request), countsSection(rows, request)],
    };
  });
  const { vcpus, writePercent } = request;
  return {
    title: `Eager splitting: ${guestText}`,
    lead:
      "What it costs to split eagerly, with which chunk and in which mode, and who pays: the ioctl that userspace " +
      "waits for, or the guest.",
    facts: [
      { name: "vCPUs", value: String(vcpus) },
      { name: "Writes", value: `${writePercent}% of accesses` },
      { name: "Profile", value: advice.profile },
    ],
    groups,
    notes: [
      `Times are modelled with profile ${advice.profile}; all else is counted.`,
      ...(advice.restsOnAssumptions
        ? ["Some figures of the profile are assumptions: s2split list profiles tells which."]
        : []),
    ],
  };
}

function said({ strategy, chunk }: Recommendation, request: AdviceRequest): string {
  const who = request.strategies.length > 1 ? `${strategy}: ` : "";
  if (chunk === null) return `${who}no recommendation.`;
  return chunk === "0" ? `${who}leave eager splitting off.` : `${who}split eagerly, with chunk ${chunk}.`;
}

function choiceName(row: AdviceRow, request: AdviceRequest): string {
  const chunk = row.chunk === "0" ? "off" : `chunk ${row.chunk}`;
  return request.strategies.length > 1 ? `${row.strategy}, ${chunk}` : chunk;
}

function costSection(plot: Plot, rows: readonly AdviceRow[], request: AdviceRequest): Section {
  const right = rows.filter(isRight);
  const drawn = right.map((row) => ({
    row,
    points: PERCENTS.map((percent): StackPoint => {
      return { x: percent, values: [row.enableNs, row.firstClearNs ?? 0, passNs(request, row.chunk !== "0", percent)] };
    }),
  }));
  const max = Math.max(
    1,
    ...drawn.flatMap(({ points }) => points.map(({ values }) => values.reduce((a, b) => a + b, 0))),
  );
  const mark = { at: request.writePercent, title: `asked for: ${request.writePercent}% writes` };
  return {
    title: "What each choice costs, over the share of writes",
    see:
      "The lower the whole stack, the less a choice costs; splitting eagerly moves cost from the guest (top) to " +
      "the ioctl (below), and the dashed line is the share that was asked for.",
    unit: "modelled nanoseconds",
    kind: "modelled",
    key: PAYERS.map((label, i) => ({ label, mark: `p${i}`, shape: "box" as const })),
    figures: drawn.map(({ row, points }) => {
      const name = choiceName(row, request);
      const told = points.map(({ x, values }) => `${x}%: ${formatNs(values.reduce((a, b) => a + b, 0))}`).join(", ");
      const text = {
        title: `Cost of ${name}, ${row.mode} mode, over the share of writes`,
        description: `Altogether ${told}.`,
      };
      return {
        title: name,
        svg: stackChart(plot, text, points, { parts: PAYERS, label: "writes, of the guest's accesses", max, mark }),
      };
    }),
    table: {
      columns: columnsOf(["choice"], ["writes", ...PAYERS, "together"]),
      rows: drawn.flatMap(({ row, points }) =>
        points.map(({ x, values }): Cell[] => [
          choiceName(row, request),
          { value: x, text: `${x}%` },
          ...values.map(ns),
          ns(values.reduce((a, b) => a + b, 0)),
        ]),
      ),
    },
  };
}

function holdSection(plot: Plot, rows: readonly AdviceRow[], request: AdviceRequest): Section {
  const limit = request.maxLockHoldNs;
  const parts = ["longest hold of mmu_lock", "longest stretch without a chance to be preempted"];
  const drawn = rows.map((row) => ({
    name: choiceName(row, request),
    values: [row.longestHold.ns, row.longestStretch.ns],
    wrong: row.findings.length > 0,
  }));
  const text = {
    title: "Longest hold of mmu_lock, by choice",
    description: drawn.map(({ name, values }) => `${name}: ${formatNs(values[0]!)}`).join("; "),
  };
  const line = limit === null ? {} : { limit: { at: limit, title: `limit ${formatNs(limit)}` } };
  return {
    title: "How long the lock is held",
    see:
      "A vCPU that faults meanwhile may wait for as long as a " +
      `hold${limit === null ? "" : `; the dashed line is the limit, ${formatNs(limit)}`}.`,
    unit: "modelled nanoseconds, log scale",
    kind: "modelled",
    key: parts.map((label, i) => ({ label, mark: `p${i}`, shape: i })),
    figures: [
      { title: "Longest hold, by choice", svg: logChart(plot, text, drawn, parts, { format: formatNs, ...line }) },
    ],
    table: {
      columns: columnsOf(
        ["choice"],
        ["longest hold", "visits in it", "longest stretch", "visits in it", "held for each GiB"],
        ["limit"],
      ),
      rows: rows.map((row): Cell[] => [
        choiceName(row, request),
        ns(row.longestHold.ns),
        row.longestHold.visits,
        ns(row.longestStretch.ns),
        row.longestStretch.visits,
        ns(row.lockedNsPerGiB),
        limit === null ? "none" : row.withinLockHold ? "kept" : "broken",
      ]),
    },
  };
}

/** What was counted for each choice: no drawing, the figures are too unlike. */
function countsSection(rows: readonly AdviceRow[], request: AdviceRequest): Section {
  const headings = [
    "enable",
    "first clear",
    "first pass",
    "all together",
    "TLBIs, ioctl",
    "TLBIs, guest",
    "guest faults",
    "page cache, pages",
  ];
  return {
    title: `At ${request.writePercent}% writes`,
    see: "What was asked for, choice by choice.",
    unit: "modelled nanoseconds; the rest is counted",
    kind: "modelled",
    open: true,
    table: {
      columns: columnsOf(["choice"], headings),
      rows: rows.map((row): Cell[] => [
        choiceName(row, request),
        ns(row.enableNs),
        row.firstClearNs === null ? null : ns(row.firstClearNs),
        row.guest === null ? null : ns(row.guest.elapsedNs),
        row.totalNs === null ? null : ns(row.totalNs),
        row.ioctlTlbis,
        row.guest?.tlbis ?? null,
        row.guest?.faults ?? null,
        row.cachePages,
      ]),
    },
  };
}

function ns(value: number): Cell {
  return { value, text: formatNs(value) };
}
