import { formatSize, parseSize } from "../guest/sizes.js";
import type { FlowSpec } from "../mmu/contract.js";
import { totalAt } from "../mmu/counters.js";
import type { FlowPhase, GuestFlow } from "../mmu/flow/guestFlow.js";
import { type GridColumn, grid } from "./grid.js";
import { phaseWords } from "./runTable.js";
import type { Style } from "./style.js";

/** A flow that was run: one strategy, one way to split. */
export interface FlowRun {
  readonly strategy: string;
  readonly source: string;
  /** "lazy", "eager". */
  readonly variant: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly steps: readonly FlowPhase[];
}

/** What `s2split run` prints for an MMU that declares flows: a table a strategy, phase by phase, its variants below each other. */
export function flowReport(
  title: string,
  spec: FlowSpec,
  flow: GuestFlow,
  runs: readonly FlowRun[],
  style: Style,
): string {
  const parts = [`${style.chalk.bold(title)}: ${guestText(flow)}`];
  for (const strategy of new Set(runs.map((run) => run.strategy))) {
    const those = runs.filter((run) => run.strategy === strategy);
    parts.push(`${style.chalk.bold(strategy)}\n\n${phaseTable(spec, those, style)}`);
  }
  const notes = [
    "Counts are exact. A phase of guests counts their faults, one of ioctls what userspace waits for.",
    ...spec.notes,
  ];
  return `${[...parts, style.chalk.dim(notes.join("\n"))].join("\n\n")}\n`;
}

function guestText({ slots, vcpus, manual }: GuestFlow): string {
  const bytes = slots.reduce((sum, { size }) => sum + parseSize(size), 0);
  const maps = [...new Set(slots.flatMap(({ backing }) => backing.map(({ map }) => map)))].join(", ");
  const protect = manual === 0 ? "no manual protect" : "manual protect, initially-all-set";
  return `${formatSize(bytes)} of ${maps} at ${slots[0]!.base}, ${vcpus} ${vcpus === 1 ? "vCPU" : "vCPUs"}, ${protect}`;
}

/** Rows by phase, then by variant; columns that nothing has are left out. */
function phaseTable({ columns }: FlowSpec, runs: readonly FlowRun[], style: Style): string {
  const sum = (step: FlowPhase, paths: readonly string[]) =>
    paths.reduce((total, path) => total + (totalAt(step.counts, path) ?? 0), 0);
  const shown = columns.filter(({ paths }) => runs.some(({ steps }) => steps.some((step) => sum(step, paths) > 0)));
  const headings: GridColumn[] = [
    { heading: "phase", figure: false },
    { heading: "", figure: false },
    ...shown.map(({ heading }) => ({ heading, figure: true })),
  ];
  const rows = runs[0]!.steps.flatMap(({ phase }, index) =>
    runs.map(({ variant, steps }, i) => [
      i === 0 ? phaseWords(phase) : "",
      variant,
      ...shown.map(({ paths }) => String(sum(steps[index]!, paths))),
    ]),
  );
  return grid(headings, rows, style);
}
