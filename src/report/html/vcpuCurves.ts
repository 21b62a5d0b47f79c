import { columnsOf } from "../columns.js";
import { formatNs } from "../units.js";
import { ns, percentCell } from "./cells.js";
import type { Plot } from "./charts/draw.js";
import { type Line, linesChart } from "./charts/lines.js";
import type { Cell, Figure, KeyEntry, Section } from "./page.js";

/** A curve over vCPUs: published, and modelled where the model tells. */
export interface Curve {
  readonly name: string;
  readonly rows: readonly {
    readonly vcpus: number;
    readonly publishedNs: number;
    readonly modelledNs: number | null;
    readonly role: string;
  }[];
}

const CURVE_KEY: readonly KeyEntry[] = [
  { label: "published", mark: "s2", shape: 2, hides: true },
  { label: "modelled (hollow: fitted)", mark: "s5", shape: 5, hides: true },
];

/** Curves of one published table, a panel a column. */
export function curvesSection(plot: Plot, title: string, curves: readonly Curve[]): Section {
  const all = curves.flatMap(({ rows }) =>
    rows.flatMap(({ publishedNs, modelledNs }) => [publishedNs, modelledNs ?? publishedNs]),
  );
  const yDomain = [Math.min(...all) / 1.2, Math.max(...all) * 1.2] as const;
  return {
    title,
    see:
      "Time of a pass over the number of vCPUs that run it at once: where the curves lie on each other, the model " +
      "tells how it scales.",
    unit: "nanoseconds over vCPUs, log axes",
    kind: "modelled",
    key: CURVE_KEY,
    figures: curves.map((curve) => curveFigure(plot, title, curve, yDomain)),
    table: {
      columns: columnsOf(["column"], ["vCPUs", "published", "modelled", "error"], ["role"]),
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
              `${row.vcpus} vCPUs: published ${formatNs(row.publishedNs)}, modelled ` +
              `${row.modelledNs === null ? "not" : formatNs(row.modelledNs)}`,
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
    const [next = Number.POSITIVE_INFINITY] = kept;
    if (next >= 1.6 * place) kept.unshift(place);
  }
  return kept;
}
