import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXIT } from "../exit.js";
import { displayWidth } from "../report/displayWidth.js";
import { run } from "../testing/inProcess.js";
import { NIGHTLY } from "../testing/nightly.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const fixture = (name: string) => join(ROOT, "src/testing/fixtures", name);
const scenario = (name: string) => join(ROOT, "scenarios", `${name}.json`);

const folder = mkdtempSync(join(tmpdir(), "s2split-width-"));
const file = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SMALL = ["-s", "thp", "-b", "4M"];
const FEW = ["--strategy", "skip-return-rfc,max-level"];
const LOGS = ["chunk2M", "off"].map((chunk) => fixture(`dirty-log-perf-test/dlpt_64M_anon_hugetlb_2mb_${chunk}_g.txt`));

beforeAll(async () => {
  const bench = ["bench", ...SMALL, "--mode", "both", ...FEW, "--runs", "6", "-q", "--export-json"];
  expect((await run([...bench, file("base.json")])).code).toBe(0);
  const text = readFileSync(file("base.json"), "utf8");
  writeFileSync(file("new.json"), text.replaceAll(/"(tablesAllocated|topupPages)": \d+/g, '"$1": 123456'));
  for (const part of [1, 2]) await run([...bench, file(`part${part}.json`), "--shard", `${part}/2`]);
  const command = "dirty_log_perf_test -b 64M -s anonymous_hugetlb_2mb -g";
  await run(["import", ...LOGS, "--command", command, "--output", file("measured.json")]);
});

/** Every command that prints for people, and what each has to say at its longest. */
const COMMANDS: readonly (() => string[])[] = [
  () => ["bench", ...SMALL, "--runs", "6", "--long"],
  () => ["bench", "-s", "4k,thp", "-b", "2M", "--mode", "both", "--chunk", "2M,1G", "--no-wall"],
  () => ["bench", "--mmu", "x86-tdp,riscv,arm64", "--workload", "split", ...SMALL, "--no-wall"],
  () => ["bench", "--scenario", scenario("x86-zap-hello"), scenario("x86-shadow-one-per-page"), "--no-wall"],
  () => ["bench", "--scenario", scenario("riscv-fault-passed-over"), scenario("fault-passed-over"), "--no-wall"],
  () => ["bench", ...SMALL, "--strategy", join(ROOT, "examples/first-idea.mjs"), "--no-wall", "--plot"],
  () => ["bench", ...SMALL, "--mode", "both", ...FEW, "--no-wall", "--baseline", file("new.json")],
  () => ["merge", file("part1.json"), file("part2.json")],
  () => ["compare", file("base.json"), file("new.json"), "--wall-threshold", "1%"],
  () => ["compare", file("base.json"), file("new.json"), "--all"],
  () => ["compare", file("measured.json"), file("measured.json")],
  () => ["run", ...SMALL, "-g", "--profile", "ampereone", "-w", "30", "-a", "-v", "2", "--bbm", "2", "--plot"],
  () => ["run", ...SMALL, "-e", ...FEW],
  () => ["run", "--mmu", "riscv", ...SMALL, "-g"],
  () => ["verify", "--scenario", scenario("fault-passed-over"), scenario("riscv-fault-two-blocks")],
  () => ["verify", "--exhaustive", "--bound", "small", "--shard", "1/400", ...FEW],
  () => ["trace", "--strategy", "skip-return", "--scenario", scenario("fault-passed-over")],
  () => ["trace", "--strategy", "skip-return", "--against", "baseline", "--scenario", scenario("fault-passed-over")],
  () => ["trace", "--mmu", "riscv", ...SMALL, "--phase", "all"],
  () => ["trace", "--scenario", scenario("x86-zap-hello")],
  () => ["validate", file("measured.json"), "--profile", "kunpeng920"],
  () => ["list", "strategies"],
  () => ["list", "scenarios"],
  () => ["list", "scenarios", "--long"],
  () => ["list", "backings"],
  () => ["list", "profiles"],
  () => ["list", "profiles", "--long"],
  // What `measure` prints is the same report.
  () => ["import", ...LOGS],
  () => ["import-layout", fixture("stage2-dump/ene-2024-08.txt"), "--output", file("guest.json"), "--force"],
];

/**
 * Those that take a good part of a second, whatever the width: by day at the narrowest, at night at
 * all.
 */
const SLOW: typeof COMMANDS = [
  () => ["noise", ...SMALL, "--strategy", "max-level", "--runs", "6"],
  () => ["verify", "--random", "12", ...FEW],
  () => ["verify", "--mmu", "x86-tdp,riscv", "--random", "5"],
  () => ["advise", "--backing", "thp", "--memory", "64M", "--vcpus", "2", ...FEW],
  () => ["calibrate", file("measured.json")],
  // The published series, whose tables are the widest.
  () => ["validate"],
];

/**
 * What must not be broken stands on a line of its own, as wide as it is: what is there to be pasted
 * (JSON, a command, a path), and an error, which is one line, for logs.
 */
function isPasted(line: string): boolean {
  return /^\s*(?:[{[]"|s2split |\S+$)|^s2split: /.test(line);
}

/**
 * Lines of both streams, as a terminal that is not redrawn has them: of progress only what is shown
 * last.
 */
function linesOf({ stdout, stderr }: { stdout: string; stderr: string }): string[] {
  return [...stdout.split("\n"), ...stderr.split("\n")].map((line) => line.slice(line.lastIndexOf("\r") + 1));
}

async function tooWide(args: readonly string[], columns: number | undefined): Promise<string[]> {
  const printed = await run(args, columns === undefined ? {} : { columns, env: { FORCE_COLOR: "1" } });
  expect(printed.stdout + printed.stderr).not.toBe("");
  expect([EXIT.fine, EXIT.regression]).toContain(printed.code);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a redraw begins so
  const lines = linesOf(printed).map((line) => line.replace(/\u001b\[2K/g, ""));
  return lines.filter((line) => displayWidth(line) > (columns ?? 120) && !isPasted(line));
}

/** By day the narrowest terminal and the pipe, which is as wide as the widest. */
const WIDTHS = NIGHTLY ? [80, 100, 120, undefined] : [80, undefined];

describe.each(WIDTHS)("nothing is printed wider than %s columns (undefined: 120, in a pipe)", (columns) => {
  const all = NIGHTLY || columns === 80;
  const commands = [...COMMANDS, ...(all ? SLOW : [])];
  it.each(commands.map((args) => ({ args, name: args().slice(0, 4).join(" ") })))("by s2split $name", async (one) => {
    expect(await tooWide(one.args(), columns)).toEqual([]);
  });
});
