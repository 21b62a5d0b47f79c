import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** One run of the command line on a guest of some size. */
export interface ScaleResult {
  readonly memory: string;
  readonly backing: string;
  readonly mode: string;
  readonly strategies: string;
  /** Wall time of the process, start-up included. */
  readonly seconds: number;
  /** Peak resident set of the process, in MiB. */
  readonly peakMiB: number;
}

export interface ScaleCase {
  readonly memory: string;
  readonly backing: string;
  readonly mode: "enable" | "clear";
  readonly strategies: string;
}

export const SCALE_SIZES: readonly string[] = ["1G", "4G", "16G", "64G", "256G", "1T", "4T", "16T"];

/**
 * The sizes in 4K pages under baseline and max-level, which have a target, and one more line for
 * each other way to be slow.
 */
export function scaleCases(sizes: readonly string[]): ScaleCase[] {
  const plain = { backing: "4k", mode: "enable" as const, strategies: "baseline,max-level" };
  const cases: ScaleCase[] = sizes.map((memory) => ({ ...plain, memory }));
  const largest = sizes.includes("1T") ? "1T" : sizes.at(-1)!;
  cases.push(
    { ...plain, memory: largest, backing: "thp" },
    { ...plain, memory: largest, mode: "clear" },
    { ...plain, memory: largest, strategies: "all" },
  );
  return cases;
}

/** Writes its process's peak resident set, in KiB, to descriptor 3 when it ends. */
const REPORT_PEAK =
  "data:text/javascript,import{writeSync}from'node:fs';process.on('exit',()=>writeSync(3,String(process.resourceUsage().maxRSS)))";

/** Runs `s2split bench --no-wall` in a process of its own. */
export function measureScale({ memory, backing, mode, strategies }: ScaleCase): ScaleResult {
  const tool = fileURLToPath(new URL("../../bin/s2split.js", import.meta.url));
  const args = [
    "bench",
    "--no-wall",
    "--memory",
    memory,
    "--backing",
    backing,
    "--mode",
    mode,
    "--strategy",
    strategies,
  ];
  const before = performance.now();
  const { status, output } = spawnSync(process.execPath, ["--import", REPORT_PEAK, tool, ...args], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    encoding: "utf8",
  });
  const seconds = (performance.now() - before) / 1000;
  if (status !== 0) throw new Error(`s2split ${args.join(" ")} ended with ${status}: ${output[2]}`);
  return { memory, backing, mode, strategies, seconds, peakMiB: Number(output[3]) / 1024 };
}
