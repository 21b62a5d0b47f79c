import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median } from "../stats/statistics.js";

const root = new URL("../../", import.meta.url);
const ROUNDS = 11;

/**
 * One thing that starts, or is loaded, in a process of its own. Milliseconds: medians of
 * {@link ROUNDS}.
 */
export interface StartResult {
  readonly title: string;
  readonly ms: number;
  readonly limitMs: number | null;
}

export interface StartupResult {
  /** Whole processes, from the call to their end. */
  readonly processes: readonly StartResult[];
  /** `import()` in an otherwise empty process. */
  readonly imports: readonly StartResult[];
}

const COMMANDS: readonly { args: readonly string[]; limitMs: number | null }[] = [
  { args: ["--version"], limitMs: 100 },
  { args: ["--help"], limitMs: 100 },
  { args: ["bench", "--no-wall", "--backing", "thp"], limitMs: 400 },
];

const LIBRARIES = ["commander", "chalk", "cli-table3", "zod", "tinybench", "tinypool", "tinyexec", "fast-check"];
const OURS = ["cli/main.js", "cli/commands/bench.js", "mmu/arm64/mmu.js", "results/schema.js"];

/**
 * Measures start-up: node alone, the commands whose start-up is promised, and what each module
 * costs to load.
 */
export function measureStartup(): StartupResult {
  const tool = fileURLToPath(new URL("bin/s2split.js", root));
  const processes = [
    { title: "node alone (-e 0)", args: ["-e", "0"], limitMs: null },
    ...COMMANDS.map(({ args, limitMs }) => ({
      title: `s2split ${args.join(" ")}`,
      args: [tool, ...args],
      limitMs,
    })),
  ];
  const imports = [
    ...LIBRARIES.map((name) => ({ title: name, from: name })),
    ...OURS.map((path) => ({ title: `dist/${path}`, from: new URL(`dist/${path}`, root).href })),
  ];
  return {
    processes: turns(processes, ({ args }) => {
      const before = performance.now();
      node(args);
      return performance.now() - before;
    }),
    imports: turns(imports, ({ from }) => importTime(from)),
  };
}

/** Takes turns, so that a slow moment of the machine falls on all. */
function turns<T extends { title: string; limitMs?: number | null }>(
  things: readonly T[],
  timeOf: (thing: T) => number,
) {
  const timed = things.map((thing) => ({ thing, samples: [] as number[] }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const { thing, samples } of timed) samples.push(timeOf(thing));
  }
  return timed.map(({ thing: { title, limitMs = null }, samples }) => ({ title, ms: median(samples), limitMs }));
}

function importTime(from: string): number {
  const load = `await import(${JSON.stringify(from)});`;
  const script = `const t = performance.now(); ${load} console.log(performance.now() - t);`;
  return Number(node(["--input-type=module", "-e", script]));
}

function node(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: fileURLToPath(root), encoding: "utf8" });
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}: ${stderr}`);
  return stdout;
}
