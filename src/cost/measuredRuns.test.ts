import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { assembleImport } from "../measure/assemble.js";
import { readLog } from "../measure/readLog.js";
import { findSelftestCommand } from "../measure/selftestCommand.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { measuredPhases } from "./measuredRuns.js";

const FIXTURES = new URL("../testing/fixtures/", import.meta.url);
const baseline = strategies.find(({ id }) => id === "baseline")!;

function measured(name: string, command: string) {
  const text = readFileSync(new URL(name, FIXTURES), "utf8");
  const origin = { log: name, rawFile: null, exitCode: 0, signal: null, durationNs: null, truncated: false };
  const file = assembleImport([readLog(text, origin, name, findSelftestCommand(command))], "1.2.3");
  return measuredPhases([{ input: name, file }], baseline);
}

it("names the guest mode in each row of a command without -m, so that no two rows have one label", () => {
  const command = "KVM_EAGER_SPLIT_CHUNK=0x200000 dirty_log_perf_test -g -b 64M";
  const { phases } = measured("dirty-log-perf-test/var_allmodes_64M_anon_chunk2M_g.txt", command);
  const labels = phases.map(({ label }) => label);
  expect(new Set(labels).size).toBe(labels.length);
  const modes = [3, 4, 5, 6, 7, 8, 12, 13, 14, 16];
  expect(labels.filter((label) => label.endsWith(": enable"))).toEqual(
    modes.map((mode) => `-m ${mode} -s anonymous -b 64M -g chunk 2M: enable`),
  );
});

it("counts guests of 52 bits, the first that the test runs where the host has LPA2", () => {
  const { phases, skipped } = measured(
    "dirty-log-perf-test-7.3/var_allmodes_4M_thp_g.txt",
    "dirty_log_perf_test -g -b 4M -s anonymous_thp",
  );
  expect(skipped).toEqual([]);
  const enabled = phases.filter(({ label }) => label.endsWith(": dirty 1"));
  const modes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 16];
  expect(enabled.map(({ label }) => label.split(" -s ")[0])).toEqual(modes.map((mode) => `-m ${mode}`));
  // A level more in the tree changes nothing of what is split and faulted: as in the 48-bit guest
  // of the same page size.
  for (const mode of [0, 1, 2]) expect(enabled[mode]!.terms).toEqual(enabled[mode + 3]!.terms);
  expect(enabled[0]!.terms.faults).toBeGreaterThan(0);
});
