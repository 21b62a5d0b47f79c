import { expect, it } from "vitest";
import type { FlowSpec } from "../mmu/contract.js";
import type { GuestFlow } from "../mmu/flow/guestFlow.js";
import { colourStyle, marked } from "../testing/markedStyle.js";
import { type FlowRun, flowReport } from "./flowTable.js";

const spec = {
  columns: [
    { heading: "faults", paths: ["faults"] },
    { heading: "flushes", paths: ["flush/range", "flush/all"] },
    { heading: "never", paths: ["never"] },
  ],
  notes: ["a note"],
} as unknown as FlowSpec;
const slot = (base: string, ...maps: string[]) => ({ base, size: "2M", backing: maps.map((map) => ({ map })) });
const flow = { slots: [slot("0x1000", "2M", "4K"), slot("0x9000", "2M")], vcpus: 1, manual: 0 } as unknown as GuestFlow;
const run = (strategy: string, variant: string, ...figures: (readonly [string, number, number])[]): FlowRun =>
  ({
    strategy,
    source: "builtin",
    variant,
    variables: {},
    steps: figures.map(([phase, faults, flushes]) => ({
      phase,
      counts: { faults, flush: { range: flushes, all: flushes === 0 ? 0 : 1 } },
    })),
  }) as unknown as FlowRun;
const lazy = run("baseline", "lazy", ["populate", 2, 0], ["enable", 0, 0], ["dirty1", 1024, 3], ["clear1", 0, 1]);
const eager = run("baseline", "eager", ["populate", 2, 0], ["enable", 0, 0], ["dirty1", 0, 7], ["clear1", 0, 1]);

it("a flow is told phase by phase, its variants apart where they differ, and what they come to", () => {
  expect(
    marked(flowReport("a title", spec, flow, [lazy, eager, { ...lazy, strategy: "other" }], colourStyle())),
  ).toBe(`<bold>a title</>: 4M of 2M, 4K at 0x1000, 1 vCPU, no manual protect

<bold>baseline</>

<bold>phase</>                            <bold>faults</>  <bold>flushes</>
Populate memory                       2        0
Iteration 1 dirty memory, lazy    1,024        4
Iteration 1 dirty memory, eager       0        8
Iteration 1 clear dirty log           0        2

<bold>other</>

<bold>phase</>                        <bold>faults</>  <bold>flushes</>
Populate memory                   2        0
Iteration 1 dirty memory      1,024        4
Iteration 1 clear dirty log       0        2

<dim>Counts are exact. A phase of guests counts their faults, one of ioctls what userspace waits for. A phase without lazy or
  eager is the same under both; what is 0 throughout is left out.</>
<dim>a note</>

baseline: all phases together, eager splits in place of lazy ones take faults from 1,026 to 2 and flushes from 6 to 10.
other, lazy: 1,026 faults and 6 flushes in all.
`);
});

it("variants that cost the same say so, and many vCPUs with manual protect are told", () => {
  const text = flowReport(
    "t",
    spec,
    { ...flow, vcpus: 2, manual: 3 },
    [lazy, { ...lazy, variant: "eager" }],
    colourStyle(),
  );
  expect(marked(text).split("\n")[0]).toBe(
    "<bold>t</>: 4M of 2M, 4K at 0x1000, 2 vCPUs, manual protect, initially-all-set",
  );
  expect(text).toContain("\nbaseline: all phases together, eager splits cost what lazy ones do.\n");
});
