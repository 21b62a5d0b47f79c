import type { ColumnValidation, MachineFit } from "../cost/contentionErrors.js";
import type { Summary } from "../cost/contentionFit.js";
import { SHADOW_POST } from "../cost/published/shadow.js";
import type { ContentionValidation } from "../cost/validateContention.js";
import type { ShadowValidation } from "../cost/validateShadow.js";
import { nonEmpty } from "../lists.js";
import { columnsOf } from "./columns.js";
import { grid } from "./grid.js";
import type { Style } from "./style.js";
import { formatCount, formatNs, formatPercent } from "./units.js";

/** Every published table over vCPUs beside the model, then how far off it is in all. */
export function contentionReport(validation: ContentionValidation, style: Style): string {
  const tables = [...new Set(validation.columns.map((one) => one.column.table))];
  return [
    ...tables.map((table) =>
      tableReport(
        validation.columns.filter((one) => one.column.table === table),
        style,
      ),
    ),
    summary(validation, style),
    ...(validation.machines.length === 0 ? [] : [machines(validation, style)]),
  ].join("\n\n");
}

function tableReport(columns: readonly ColumnValidation[], style: Style): string {
  const [{ column: first, profile }] = nonEmpty(columns);
  const { table } = first;
  const head = [
    `${style.chalk.bold(table.date === "" ? table.author : `${table.author}, ${table.date}`)}: ${table.title} ` +
      `(${table.id})`,
    `${table.command}; ${table.workload.text}`,
    `${table.machine ?? "machine not named"}, kernel ${table.kernel}; profile ${profile}`,
    ...columns.map(
      ({ column }) => `${column.column.name}: ${faults(column)} a vCPU, simulated; lock ${column.column.lock}`,
    ),
  ];
  const vcpus = [...new Set(columns.flatMap((one) => one.rows.map((row) => row.vcpus)))];
  const rows = vcpus.map((n) => [
    String(n),
    ...columns.flatMap((one) => {
      const row = one.rows.find((other) => other.vcpus === n);
      if (row === undefined) return ["", "", "", ""];
      return [
        formatNs(row.publishedNs),
        row.modelledNs === null ? "not modelled" : formatNs(row.modelledNs),
        row.errorPercent === null ? "" : formatPercent(row.errorPercent / 100),
        row.role,
      ];
    }),
  ]);
  const grids = grid(
    [
      { heading: "vCPUs", figure: true },
      ...columns.flatMap(({ column }) => columnsOf([], [column.column.name, "modelled", "error"], ["row"])),
    ],
    rows,
    style,
  );
  const notes = table.notKnown.length === 0 ? [] : [`Not known: ${table.notKnown.join("; ")}.`];
  const repeated = table.columns.find((column) => column.repeats !== undefined);
  if (repeated !== undefined)
    notes.push(`Its column ${repeated.name} is ${repeated.repeats}, printed twice: shown once.`);
  return [...head, grids, ...notes.map((note) => `  ${note}`)].join("\n");
}

function faults({ mix }: ColumnValidation["column"]): string {
  const parts = [
    [mix.broken, "that break a block"],
    [mix.map, "that map a page"],
    [mix.relax, "that make a page writable"],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${formatCount(Math.round(count))} faults ${what}`)
    .join(", ");
}

function summary(validation: ContentionValidation, style: Style): string {
  const { overall, columns } = validation;
  const role = (one: ColumnValidation) => {
    const [role, ...others] = nonEmpty([...new Set(one.rows.map((row) => row.role))]);
    return others.length > 0 ? "some fitted" : role;
  };
  const rows = columns.map((one) => [
    one.column.id,
    pair(one.machine),
    one.machine === null ? "" : role(one),
    pair(one.twoRows),
    pair(one.firstRow),
  ]);
  const table = grid(
    columnsOf(["error, percent: mean / largest"], ["machine's set"], ["rows"], ["two rows", "first row"]),
    [...rows, ["all columns", pair(overall.machine), "", pair(overall.twoRows), pair(overall.firstRow)]],
    style,
  );
  const notes = [
    "machine's set: one set of figures for all tables of a machine. two rows: the column alone, from N = 1 and N " +
      "= 32; all others are judged.",
    "first row: serial parts from the machine's other columns, and N = 1; all others are judged. none: nothing " +
      "else tells them.",
  ];
  const repeats = validation.repeats.map((one) => `${one.a} against ${one.b}: ${pair(one.difference)}`);
  const ratios = validation.ratios.map(
    (one) =>
      `${one.table}: ${one.published.toFixed(2)} published, ${one.modelled.toFixed(2)} modelled ` +
      `(${formatPercent(one.errorPercent / 100)})`,
  );
  return [
    style.chalk.bold("Errors over vCPUs"),
    table,
    ...notes.map((note) => `  ${note}`),
    ...(repeats.length === 0
      ? []
      : ["  How far two posts of the same test are apart (mean / largest, percent); closer than this means nothing:"]),
    ...repeats.map((line) => `    ${line}`),
    ...validation.ratios.slice(0, 1).map(({ vcpus }) => `  Lazy over eager at ${vcpus} vCPUs:`),
    ...ratios.map((line) => `    ${line}`),
  ].join("\n");
}

function machines(validation: ContentionValidation, style: Style): string {
  const lines = validation.machines.map(
    (one) =>
      `${one.profile}: ${figuresText(one)}; ${one.fitted.rows} rows fitted ${pair(one.fitted)}` +
      (one.judged === null ? "" : `, ${one.judged.rows} judged ${pair(one.judged)}`) +
      (one.untold.length === 0 ? "" : `; no row tells ${one.untold.join(", ")}`),
  );
  const { leftOut } = validation;
  const left =
    leftOut === null
      ? []
      : [
          `Left out and judged: ${leftOut.name}, ${leftOut.rows} ${leftOut.rows === 1 ? "row" : "rows"}: ` +
            (leftOut.error === null
              ? "not modelled by what is left"
              : `mean / largest error ${pair(leftOut.error)} percent`),
        ];
  return [style.chalk.bold("Machines, ns (modelled)"), ...[...lines, ...left].map((line) => `  ${line}`)].join("\n");
}

function figuresText({ figures }: MachineFit): string {
  const { alone, parallel, rwlock, spinlock } = figures;
  const list = (name: string, values: Readonly<Record<string, number>> | undefined) =>
    values === undefined
      ? []
      : [
          `${name} ${Object.entries(values)
            .map(([key, value]) => `${WORDS[key] ?? key} ${Math.round(value)}`)
            .join(", ")}`,
        ];
  return [
    ...list("alone", { ...alone }),
    ...list("parallel", { ...parallel }),
    ...list("rwlock", { ...rwlock }),
    ...list("spinlock", { ...spinlock }),
  ]
    .filter((text) => !text.endsWith(" "))
    .join("; ");
}

const WORDS: Readonly<Record<string, string>> = { broken: "break", handOver: "hand-over" };

/** The shadow MMU's tables: a description, and what is not modelled. */
export function shadowReport(shadow: ShadowValidation, style: Style): string {
  const head = [
    `${style.chalk.bold(`${SHADOW_POST.author}, ${SHADOW_POST.date}`)}: ${SHADOW_POST.title} (x86 shadow MMU)`,
    style.chalk.yellow(
      "A description, without explanation: a hold of c0 + g log2(vCPUs). A constant hold errs by up to 75%. " +
        "Predict nothing from it.",
    ),
  ];
  const sets = shadow.sets.flatMap((set) => [
    `  ${set.name}: c0 ${Math.round(set.c0)} ns, g ${Math.round(set.g)} ns, rest of a fault ` +
      `${Math.round(set.zLazy)} ns lazy` +
      (set.zEager === null ? "" : `, ${Math.round(set.zEager)} ns eager`) +
      `: ${pair(set.error)} percent, all fitted; fitted up to 16 vCPUs, judged beyond: ${pair(set.beyond)}`,
    ...set.columns.map(
      (column) =>
        `    ${column.name}, ${formatCount(Math.round(column.faultsPerVcpu))} faults a vCPU (derived): ` +
        `${pair(column.error)}`,
    ),
  ]);
  return [...head, ...sets, ...shadow.notModelled.map((one) => `  Not modelled: ${one.what}: ${one.why}.`)].join("\n");
}

function pair(summary: Summary | null): string {
  return summary === null ? "none" : `${summary.mean.toFixed(1)} / ${summary.largest.toFixed(1)}`;
}
