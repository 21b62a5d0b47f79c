import type { Validation } from "../../cost/validate.js";
import type { MeasuredValidation } from "../../cost/validateMeasured.js";
import { formatNs } from "../units.js";
import { loadPlot, type Plot } from "./charts/draw.js";
import { intervalsChart } from "./charts/intervals.js";
import { type Line, linesChart } from "./charts/lines.js";
import type { Cell, Figure, Group, KeyEntry, Page, Section, TableColumn } from "./page.js";

const FITTED =
  "A hollow mark is of a row that the model's figures were fitted to: that it agrees proves nothing. A filled one is judged.";

/** The page of the model beside what others published. */
export async function validatePage(validation: Validation): Promise<Page> {
  const plot = await loadPlot();
  const groups: Group[] = [
    {
      title: "Splitting under a strategy",
      lead: FITTED,
      alarms: [],
      sections: validation.split.map((one) => splitSection(plot, one)),
    },
    {
      title: "Many vCPUs at once",
      lead: FITTED,
      alarms: [],
      sections: byTable(validation).map(([title, columns]) => columnsSection(plot, title, columns)),
    },
    {
      title: "x86 shadow MMU",
      lead: `Described, not explained. ${FITTED}`,
      alarms: [],
      sections: shadowSections(plot, validation),
    },
    {
      title: "x86 zap",
      lead: "Counts that were published, beside those that are simulated.",
      alarms: [],
      sections: [zapSection(validation)],
    },
  ];
  return {
    title: "The model beside published measurements",
    lead: "How near modelled times and simulated counts come to what others measured on real machines.",
    facts: [],
    groups: groups.filter(({ sections }) => sections.length > 0),
    notes: [
      "Published figures are measured, by their authors. Modelled ones are exact counts times a profile of costs.",
    ],
  };
}

const signed = (points: number): string => `${points > 0 ? "+" : ""}${points.toFixed(1)}`;
const percentCell = (value: number): Cell => ({ value, text: `${signed(value)}%` });
const ns = (value: number): Cell => ({ value, text: formatNs(value) });

function splitSection(plot: Plot, { series, profile, rows }: Validation["split"][number]): Section {
  const figure = intervalsChart(
    plot,
    {
      title: `${series.title}: published and modelled change`,
      description: rows
        .map(
          (row) =>
            `${row.mode} ${row.backing}: published ${signed(row.publishedPercent)}%, modelled ${signed(row.modelledPercent)}%`,
        )
        .join("; "),
    },
    rows.map((row) => {
      const name = `${row.mode}, ${row.backing}`;
      const spread = row.stdevPoints ?? 0;
      return {
        name,
        value: row.publishedPercent,
        low: row.publishedPercent - spread,
        high: row.publishedPercent + spread,
        title: `${name}: published ${signed(row.publishedPercent)}%${row.stdevPoints === null ? "" : ` ± ${spread.toFixed(1)}`}`,
        other: {
          value: row.modelledPercent,
          title: `${name}: modelled ${signed(row.modelledPercent)}% (${row.role})`,
          hollow: row.role === "fitted",
        },
      };
    }),
    { format: (value) => `${Math.round(value)}%`, rules: [{ at: 0, alarm: false, title: "no change" }] },
  );
  return {
    title: `${series.author}, ${series.date}: ${series.title}`,
    see: "Where a square lies within the line of its dot, the model is within one published standard deviation.",
    unit: `per cent of the time of ${series.scope === "split" ? "the split alone" : "the ioctl"}, ${series.strategy} against baseline; profile ${profile}`,
    kind: "modelled",
    key: [
      { label: "published, with one standard deviation", mark: "p0", shape: 0 },
      { label: "modelled (hollow: fitted)", mark: "p1", shape: 1 },
    ],
    figures: [{ title: "Change against baseline", svg: figure }],
    warnings: [],
    table: {
      columns: columns(["row"], ["published", "standard deviation", "modelled", "error, points"], ["role", "within"]),
      rows: rows.map((row): Cell[] => [
        `${row.mode}, ${row.backing}`,
        percentCell(row.publishedPercent),
        row.stdevPoints === null ? null : { value: row.stdevPoints, text: row.stdevPoints.toFixed(1) },
        percentCell(row.modelledPercent),
        { value: row.errorPoints, text: signed(row.errorPoints) },
        row.role,
        row.inside === null ? "not published" : row.inside ? "yes" : "no",
      ]),
    },
  };
}

/** A curve over vCPUs: published, and modelled where the model tells. */
interface Curve {
  readonly name: string;
  readonly rows: readonly {
    readonly vcpus: number;
    readonly publishedNs: number;
    readonly modelledNs: number | null;
    readonly role: string;
  }[];
}

function byTable({ contention }: Validation): [string, Curve[]][] {
  const tables = new Map<string, Curve[]>();
  for (const { column, rows } of contention.columns) {
    const { table } = column;
    const title = `${table.author}, ${table.date}: ${table.title} (${table.id})`;
    tables.set(title, [...(tables.get(title) ?? []), { name: column.column.name, rows }]);
  }
  return [...tables];
}

function shadowSections(plot: Plot, { shadow }: Validation): Section[] {
  return shadow.sets.map(({ name, columns: fits }) => columnsSection(plot, name, fits));
}

const CURVE_KEY: readonly KeyEntry[] = [
  { label: "published", mark: "s2", shape: 2, hides: true },
  { label: "modelled (hollow: fitted)", mark: "s5", shape: 5, hides: true },
];

function columnsSection(plot: Plot, title: string, curves: readonly Curve[]): Section {
  const all = curves.flatMap(({ rows }) =>
    rows.flatMap(({ publishedNs, modelledNs }) => [publishedNs, modelledNs ?? publishedNs]),
  );
  const yDomain = [Math.min(...all) / 1.2, Math.max(...all) * 1.2] as const;
  return {
    title,
    see: "Time of a pass over the number of vCPUs that run it at once: where the curves lie on each other, the model tells how it scales.",
    unit: "nanoseconds over vCPUs, log axes",
    kind: "modelled",
    key: CURVE_KEY,
    figures: curves.map((curve) => curveFigure(plot, title, curve, yDomain)),
    warnings: [],
    table: {
      columns: columns(["column"], ["vCPUs", "published", "modelled", "error"], ["role"]),
      rows: curves.flatMap(({ name, rows }) =>
        rows.map(({ vcpus, publishedNs, modelledNs, role }): Cell[] => [
          name,
          vcpus,
          ns(publishedNs),
          modelledNs === null ? null : ns(modelledNs),
          modelledNs === null ? null : percentCell(100 * (modelledNs / publishedNs - 1)),
          role,
        ]),
      ),
    },
  };
}

function curveFigure(plot: Plot, title: string, { name, rows }: Curve, yDomain: readonly [number, number]): Figure {
  const lines: Line[] = [
    {
      name: "published",
      place: 2,
      points: rows.map(({ vcpus, publishedNs }) => ({
        x: vcpus,
        y: publishedNs,
        title: `${vcpus} vCPUs, published: ${formatNs(publishedNs)}`,
      })),
    },
    {
      name: "modelled",
      place: 5,
      points: rows.flatMap(({ vcpus, modelledNs, role }) =>
        modelledNs === null
          ? []
          : [
              {
                x: vcpus,
                y: modelledNs,
                hollow: role === "fitted",
                title: `${vcpus} vCPUs, modelled: ${formatNs(modelledNs)} (${role})`,
              },
            ],
      ),
    },
  ];
  const ticks = apart([...new Set(rows.map((row) => row.vcpus))]);
  return {
    title: name,
    svg: linesChart(
      plot,
      {
        title: `${title}, ${name}: published and modelled, over vCPUs`,
        description: rows
          .map(
            (row) =>
              `${row.vcpus} vCPUs: published ${formatNs(row.publishedNs)}, modelled ${row.modelledNs === null ? "not" : formatNs(row.modelledNs)}`,
          )
          .join("; "),
      },
      lines.filter(({ points }) => points.length > 0),
      { x: { label: "vCPUs", log: true, ticks, format: String }, yDomain, yLabel: "", scale: "log", yFormat: formatNs },
    ),
  };
}

/** Places far enough from each other for their labels, the last among them. */
function apart(places: readonly number[]): number[] {
  const kept: number[] = [];
  for (const place of [...places].sort((a, b) => b - a)) {
    if (kept.length === 0 || kept[0]! >= 1.6 * place) kept.unshift(place);
  }
  return kept;
}

function zapSection({ zap }: Validation): Section {
  return {
    title: "Loops of a zap, pass by pass",
    see: zap.exact ? "Every count of loops and entries is as published." : "A count differs from what was published.",
    unit: "loops and entries",
    kind: "exact",
    key: [],
    figures: [],
    warnings: [],
    open: true,
    table: {
      columns: columns(
        ["pass"],
        [
          "loops before, published",
          "simulated",
          "loops after, published",
          "simulated",
          "entries, published",
          "simulated",
        ],
        [],
      ),
      rows: zap.passes.map((pass): Cell[] => [
        `root ${pass.root}, level ${pass.zapLevel}`,
        pass.publishedBefore,
        pass.simulatedBefore,
        pass.publishedAfter,
        pass.simulatedAfter,
        pass.publishedEntries,
        pass.simulatedEntries,
      ]),
    },
  };
}

/** The page of the model beside measured runs. */
export async function validateMeasuredPage({ rows, profile }: MeasuredValidation): Promise<Page> {
  const plot = await loadPlot();
  const text = {
    title: "Measured and modelled, phase by phase",
    description: rows
      .map(
        ({ label, measuredNs, modelledNs }) =>
          `${label}: measured ${formatNs(measuredNs)}, modelled ${formatNs(modelledNs)}`,
      )
      .join("; "),
  };
  const relative = rows.map(({ label, measuredNs, ci95Ns, modelledNs }) => ({
    name: label,
    value: 100,
    low: (100 * ci95Ns[0]) / measuredNs,
    high: (100 * ci95Ns[1]) / measuredNs,
    title: `${label}: measured ${formatNs(measuredNs)}`,
    other: {
      value: (100 * modelledNs) / measuredNs,
      title: `${label}: modelled ${formatNs(modelledNs)}`,
      hollow: false,
    },
  }));
  const section: Section = {
    title: "Measured and modelled",
    see: "Where a square lies within the line of its dot, the modelled time is within the 95% interval of what was measured.",
    unit: "per cent of the measured median",
    kind: "measured",
    key: [
      { label: "measured, 95% interval", mark: "p0", shape: 0 },
      { label: "modelled", mark: "p1", shape: 1 },
    ],
    figures: [
      {
        title: "Modelled, of measured",
        svg: intervalsChart(plot, text, relative, { format: (value) => `${Math.round(value)}%`, rules: [] }),
      },
    ],
    warnings: [],
    table: {
      columns: columns(["phase"], ["samples", "measured", "95% from", "95% to", "modelled", "error"], []),
      rows: rows.map((row): Cell[] => [
        row.label,
        row.samples,
        ns(row.measuredNs),
        ns(row.ci95Ns[0]),
        ns(row.ci95Ns[1]),
        ns(row.modelledNs),
        percentCell(row.errorPercent),
      ]),
    },
  };
  return {
    title: "The model beside measured runs",
    lead: "How near modelled times come to what was measured, phase by phase.",
    facts: [{ name: "Profile", value: profile }],
    groups: [{ title: "Phases", lead: "", alarms: [], sections: [section] }],
    notes: [
      "Measured times are of the machine that ran the test. Modelled ones are exact counts times a profile of costs.",
    ],
  };
}

function columns(before: readonly string[], figures: readonly string[], after: readonly string[]): TableColumn[] {
  return [
    ...before.map((heading) => ({ heading, figure: false })),
    ...figures.map((heading) => ({ heading, figure: true })),
    ...after.map((heading) => ({ heading, figure: false })),
  ];
}
