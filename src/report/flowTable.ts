import { formatSize, parseSize } from "../guest/sizes.js";
import { groupBy, listed, type NonEmpty, nonEmpty, zip } from "../lists.js";
import type { FlowSpec } from "../mmu/contract.js";
import { totalAt } from "../mmu/counters.js";
import type { FlowPhase, GuestFlow } from "../mmu/flow/guestFlow.js";
import { columnsOf } from "./columns.js";
import { grid } from "./grid.js";
import { phaseWords } from "./runRows.js";
import type { Style } from "./style.js";
import { formatCount } from "./units.js";
import { wrapLines } from "./wrapLines.js";

/** A flow that was run: one strategy, one way to split. */
export interface FlowRun {
  readonly strategy: string;
  readonly source: string;
  /** "lazy", "eager". */
  readonly variant: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly steps: readonly FlowPhase[];
}

/**
 * What `s2split run` prints for an MMU that declares flows: a table a strategy, phase by phase, its
 * variants below each other.
 */
export function flowReport(
  title: string,
  spec: FlowSpec,
  flow: GuestFlow,
  runs: readonly FlowRun[],
  style: Style,
): string {
  const parts = [`${style.chalk.bold(title)}: ${guestText(flow)}`];
  const sentences: string[] = [];
  for (const [strategy, those] of groupBy(runs, (run) => run.strategy)) {
    parts.push(`${style.chalk.bold(strategy)}\n\n${phaseTable(spec, those, style)}`);
    sentences.push(closing(spec, those));
  }
  const notes = [
    "Counts are exact. A phase of guests counts their faults, one of ioctls what userspace waits for. " +
      "A phase without lazy or eager is the same under both; what is 0 throughout is left out.",
    ...spec.notes,
  ];
  return `${wrapLines([...parts, style.chalk.dim(notes.join("\n")), sentences.join("\n")].join("\n\n"), style)}\n`;
}

function guestText({ slots, vcpus, manual }: GuestFlow): string {
  const [{ base }] = nonEmpty(slots);
  const bytes = slots.reduce((sum, { size }) => sum + parseSize(size), 0);
  const maps = [...new Set(slots.flatMap(({ backing }) => backing.map(({ map }) => map)))].join(", ");
  const protect = manual === 0 ? "no manual protect" : "manual protect, initially-all-set";
  return `${formatSize(bytes)} of ${maps} at ${base}, ${vcpus} ${vcpus === 1 ? "vCPU" : "vCPUs"}, ${protect}`;
}

/** A row a phase, or one for each variant where they differ; what is 0 throughout is left out. */
function phaseTable({ columns }: FlowSpec, runs: NonEmpty<FlowRun>, style: Style): string {
  const shown = columns.filter(({ paths }) => runs.some(({ steps }) => steps.some((step) => sumOf(step, paths) > 0)));
  const headings = columnsOf(
    ["phase"],
    shown.map(({ heading }) => heading),
  );
  const rows = runs[0].steps.flatMap(({ phase }, index) => {
    const variants = runs.map(({ variant, steps }) => ({
      variant,
      figures: shown.map(({ paths }) => sumOf(steps[index]!, paths)),
    }));
    if (variants.every(({ figures }) => figures.every((figure) => figure === 0))) return [];
    const same = new Set(variants.map(({ figures }) => String(figures))).size === 1;
    return (same ? variants.slice(0, 1) : variants).map(({ variant, figures }) => [
      same ? phaseWords(phase) : `${phaseWords(phase)}, ${variant}`,
      ...figures.map(formatCount),
    ]);
  });
  return grid(headings, rows, style);
}

function sumOf(step: FlowPhase, paths: readonly string[]): number {
  return paths.reduce((total, path) => total + (totalAt(step.counts, path) ?? 0), 0);
}

/**
 * What the first variant and each other come to, all phases together: what differs, or the figures
 * of one alone.
 */
function closing({ columns }: FlowSpec, [first, ...others]: NonEmpty<FlowRun>): string {
  const sums = ({ steps }: FlowRun) =>
    columns.map(({ paths }) => steps.reduce((total, step) => total + sumOf(step, paths), 0));
  const before = sums(first);
  if (others.length === 0) {
    const figures = zip(columns, before).flatMap(([{ heading }, sum]) =>
      sum > 0 ? [`${formatCount(sum)} ${heading}`] : [],
    );
    return `${first.strategy}, ${first.variant}: ${listed(figures)} in all.`;
  }
  return others
    .map((other) => {
      const changes = zip(columns, zip(before, sums(other))).flatMap(([{ heading }, [was, is]]) =>
        was === is ? [] : [`${heading} from ${formatCount(was)} to ${formatCount(is)}`],
      );
      const all = `${other.strategy}: all phases together, ${other.variant} splits`;
      if (changes.length === 0) return `${all} cost what ${first.variant} ones do.`;
      return `${all} in place of ${first.variant} ones take ${listed(changes)}.`;
    })
    .join("\n");
}
