import { expect, it } from "vitest";
import { readLog } from "./readLog.js";
import { findSelftestCommand } from "./selftestCommand.js";

/** The format is the test's own, the same on every architecture; the times are made up. */
const LOG = `Test iterations: 2
Testing guest mode: PA-bits:56,  VA-bits:57,  4K pages
guest physical test memory: [0xfffffefffff000, 0xfffffffffff000)
Populate memory time: 1.250000000s
Enabling dirty logging time: 0.000012000s

Iteration 1 dirty memory time: 0.750000000s
Iteration 1 get dirty log time: 0.000100000s
Iteration 1 clear dirty log time: 0.002000000s
Iteration 2 dirty memory time: 0.500000000s
Iteration 2 get dirty log time: 0.000200000s
Iteration 2 clear dirty log time: 0.003000000s
Disabling dirty logging time: 0.010000000s
Get dirty log over 2 iterations took 0.000300000s. (Avg 0.000150000s/iteration)
Clear dirty log over 2 iterations took 0.005000000s. (Avg 0.002500000s/iteration)
`;

it("the test's output on riscv is taken as it is", () => {
  const source = { log: "log", rawFile: null, exitCode: 0, signal: null, durationNs: null, truncated: false };
  const command = findSelftestCommand("./dirty_log_perf_test -m 19 -v 1 -b 4G -i 2")!;
  const { runs, cases } = readLog(LOG, source, "log", command);
  expect(cases[0]!.options!.unknown).toEqual([]);
  expect(runs.map(({ status, notes }) => [status, notes])).toEqual([["complete", []]]);
});
