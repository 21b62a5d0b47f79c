import type { Validation } from "../../cost/validate.js";
import { groupBy } from "../../lists.js";
import { columnsOf } from "../columns.js";
import { percentCell, signed } from "./cells.js";
import { loadPlot, type Plot } from "./charts/draw.js";
import { intervalsChart } from "./charts/intervals.js";
import type { Cell, Group, Page, Section } from "./page.js";
import { type Curve, curvesSection } from "./vcpuCurves.js";

const FITTED =
  "A hollow mark is of a row that the model's figures were fitted to: that it agrees proves nothing. A filled " +
  "one is judged.";

/** The page of the model beside what others published. */
export async function validatePage(validation: Validation): Promise<Page> {
  const plot = await loadPlot();
  const groups: Group[] = [
    {
      title: "Splitting under a strategy",
      lead: FITTED,
      sections: validation.split.map((one) => splitSection(plot, one)),
    },
    {
      title: "Many vCPUs at once",
      lead: FITTED,
      sections: byTable(validation).map(([title, columns]) => curvesSection(plot, title, columns)),
    },
    {
      title: "x86 shadow MMU",
      lead: `Described, not explained. ${FITTED}`,
      sections: shadowSections(plot, validation),
    },
    {
      title: "x86 zap",
      lead: "Counts that were published, beside those that are simulated.",
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

function splitSection(plot: Plot, { series, profile, rows }: Validation["split"][number]): Section {
  const figure = intervalsChart(
    plot,
    {
      title: `${series.title}: published and modelled change`,
      description: rows
        .map(
          (row) =>
            `${row.mode} ${row.backing}: published ${signed(row.publishedPercent)}%, modelled ` +
            `${signed(row.modelledPercent)}%`,
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
        title:
          `${name}: published ` +
          `${signed(row.publishedPercent)}%${row.stdevPoints === null ? "" : ` ± ${spread.toFixed(1)}`}`,
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
    unit:
      `per cent of the time of ${series.scope === "split" ? "the split alone" : "the ioctl"}, ${series.strategy} ` +
      `against baseline; profile ${profile}`,
    kind: "modelled",
    key: [
      { label: "published, with one standard deviation", mark: "p0", shape: 0 },
      { label: "modelled (hollow: fitted)", mark: "p1", shape: 1 },
    ],
    figures: [{ title: "Change against baseline", svg: figure }],
    table: {
      columns: columnsOf(["row"], ["published", "standard deviation", "modelled", "error, points"], ["role", "within"]),
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

function byTable({ contention }: Validation): [string, Curve[]][] {
  return [...groupBy(contention.columns, ({ column: { table } }) => table).values()].map((columns) => {
    const { author, date, title, id } = columns[0].column.table;
    const curves = columns.map(({ column, rows }) => ({ name: column.column.name, rows }));
    return [`${author}, ${date}: ${title} (${id})`, curves];
  });
}

function shadowSections(plot: Plot, { shadow }: Validation): Section[] {
  return shadow.sets.map(({ name, columns: fits }) => curvesSection(plot, name, fits));
}

function zapSection({ zap }: Validation): Section {
  return {
    title: "Loops of a zap, pass by pass",
    see: zap.exact ? "Every count of loops and entries is as published." : "A count differs from what was published.",
    unit: "loops and entries",
    kind: "exact",
    open: true,
    table: {
      columns: columnsOf(
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
