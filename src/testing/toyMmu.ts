import { Fields } from "../files/fields.js";
import { parseSize } from "../guest/sizes.js";
import { aboutOf } from "../mmu/adopt.js";
import type { Case, Mmu, MmuEntry, Strategy, TraceEvent } from "../mmu/contract.js";
import { type GuestOptionTable, type OptionsOf, sharedOptions } from "../mmu/guestOptions.js";

/**
 * The smallest MMU there can be, which no file knows but its test: one table of entries, each a
 * block of 2M or a hole; splitting makes a table of each block. A strategy steps over the table, by
 * one entry or by more.
 */
interface ToyStrategy extends Strategy {
  readonly step: number;
}

const options = {
  memory: sharedOptions.memory,
  holes: {
    flags: "--holes <n>",
    description: "toy: n-th entries",
    group: "Toy:",
    value: { kind: "integer", min: 0, max: 99 },
  },
} as const satisfies GuestOptionTable;

const built = { mmu: "toy", origin: "a test", knownFaults: [], source: "builtin" };
const strategies: readonly ToyStrategy[] = [
  { ...built, id: "each", summary: "looks at each entry", step: 1 },
  { ...built, id: "every-other", summary: "looks at every other", step: 2, knownFaults: ["leaves every other block"] },
];
const figure = (path: string, role: "cost" | "outcome") =>
  ({ path, byLevel: false, label: `${path} of the toy`, unit: "entries", role, doc: "Entries." }) as const;

/** The line that a registry has for it. */
export const toy: MmuEntry = {
  id: "toy",
  title: "a toy",
  workloads: [{ id: "split", title: "split each block" }],
  defaultWorkload: "split",
  options,
  findingWords: {
    "toy-left": {
      short: ({ count }) => `${count} toys left`,
      long: ({ count }) => `${count} blocks of the toy are left`,
    },
  },
  load: async () => toyMmu,
};

export const toyMmu: Mmu<ToyStrategy, OptionsOf<typeof options>> = {
  ...toy,
  baseline: "each",
  counters: [figure("inspected", "cost"), { ...figure("final/left", "outcome"), worse: "more" }],
  strategies,
  columns: [{ path: "inspected", heading: "looked at", change: true }],
  traceWords: { text: (e: TraceEvent & { at?: number }) => `looks at entry ${e.at}` },
  parse,
  cases: ({ memory = "8M", holes = 3 }) => [
    parse({ mmu: "toy", name: `toy-${memory}`, entries: parseSize(memory, "--memory") / 2 ** 21, holes }, "guest"),
  ],
  random: (fc) => fc.record({ mmu: fc.constant("toy"), entries: fc.integer({ min: 1, max: 9 }), holes: fc.nat(3) }),
  adoptStrategy: (exported, input) => {
    const fields = Fields.of(exported, input, ["id", "mmu", "step"]);
    return { ...built, ...aboutOf(fields, strategies), step: fields.integer("step", 1, 9), source: input };
  },
};

function parse(value: unknown, input: string): Case<ToyStrategy> {
  const fields = Fields.of(value, input, ["mmu", "name", "entries", "holes"]);
  const entries = fields.integer("entries", 1, 1000);
  const holes = fields.integer("holes", 0, 99);
  const blocks = Array.from({ length: entries }, (_, i) => holes === 0 || i % holes !== 0);
  const run = ({ step }: ToyStrategy, sink?: (event: TraceEvent) => void) => {
    const left = [...blocks];
    for (let at = 0; at < entries; at += step) {
      sink?.({ event: "look", phase: "split", level: 1, visited: true, ...{ at } });
      left[at] = false;
    }
    const count = left.filter(Boolean).length;
    const counts = { inspected: Math.ceil(entries / step), final: { left: count } };
    const findings = count === 0 ? [] : [{ code: "toy-left", count, data: { entry: left.indexOf(true) } }];
    return { initial: { leaves: { "1": blocks.filter(Boolean).length } }, counts, findings };
  };
  return {
    mmu: toyMmu,
    scenario: { mmu: "toy", name: fields.optionalString("name") ?? "toy", ...{ entries, holes } },
    workload: "split",
    variables: { holes: String(holes) },
    applies: () => true,
    expectedWork: () => entries,
    run: (strategy) => run(strategy),
    trace: (strategy, sink) => run(strategy, sink),
  };
}

/** A case of four blocks, but for what is given. */
export function toyCase(change: Partial<Case> = {}, scenario: object = {}): Case {
  return { ...(parse({ entries: 4, holes: 0, ...scenario }, "test") as unknown as Case), ...change };
}
