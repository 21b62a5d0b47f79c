import { Bench, type TaskResultCompleted } from "tinybench";
import { lookUp, nonEmpty, rotated } from "../lists.js";
import type { TimedPart, TimedRun } from "../mmu/contract.js";
import { MAX_SAMPLES } from "../stats/statistics.js";

/** How many samples: a number of rounds, or as many as fit in a time. */
export type SampleSpec = { readonly rounds: number } | { readonly timeMs: number };

/** Rounds that are run and thrown away: the optimising compiler is done by then. */
const WARM_UP_ROUNDS = 3;
const MIN_ROUNDS = 6;

/** Samples in nanoseconds, by strategy and part. */
export type Samples = Map<string, Map<string, number[]>>;

/** Thrown where a repeat counted otherwise than the first run did: a fault of the model. */
export class CountsDiffer extends Error {
  override readonly name = "CountsDiffer";
}

/**
 * Measures wall time. Each sample works on a fresh copy of the tree, laid untimed; strategies and
 * parts take turns, the order moved on by one each round, so that a slow moment of the MMU falls on
 * all of them. After each sample the counters are held against the first run's.
 *
 * @param runs prepared runs by strategy id
 * @param pause called between rounds, for signals and progress; its argument is the share done, 0
 *   to 1
 * @throws CountsDiffer if a repeat's counters are not identical
 */
export async function measureWall(
  runs: ReadonlyMap<string, TimedRun>,
  spec: SampleSpec,
  pause: (share: number) => Promise<void>,
): Promise<Samples> {
  const turns = [...runs].flatMap(([strategy, run]) => run.parts.map((part) => ({ strategy, part })));
  const samples: Samples = new Map([...runs.keys()].map((strategy) => [strategy, new Map()]));
  const expected = new Map<string, string>();
  const started = performance.now();
  const rounds = "rounds" in spec ? spec.rounds : MAX_SAMPLES;
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    // Each round begins one turn later than the last.
    for (const { strategy, part } of rotated(turns, round + turns.length * WARM_UP_ROUNDS)) {
      const key = `${strategy}/${part.id}`;
      const { wholeNs, phaseNs } = sampleOnce(key, part);
      const counts = JSON.stringify(part.counts());
      const first = expected.get(key);
      if (first === undefined) expected.set(key, counts);
      else if (first !== counts) throw new CountsDiffer(`${key}: counters differ between repeats`);
      if (round < 0) continue;
      const series = lookUp(samples, strategy);
      if (part.phase !== undefined) add(series, part.phase.id, phaseNs);
      add(series, part.id, wholeNs);
    }
    const elapsed = performance.now() - started;
    await pause(
      "rounds" in spec ? (round + WARM_UP_ROUNDS) / (rounds + WARM_UP_ROUNDS) : Math.min(1, elapsed / spec.timeMs),
    );
    if ("timeMs" in spec && round + 1 >= MIN_ROUNDS && elapsed >= spec.timeMs) break;
  }
  return samples;
}

function add(series: Map<string, number[]>, id: string, ns: number): void {
  const before = series.get(id);
  if (before === undefined) series.set(id, [ns]);
  else before.push(ns);
}

/**
 * One sample through a tiny Bench of its own: tinybench runs tasks in blocks, and only turns of one
 * alternate. A phase of the work is taken from the same sample, between two time stamps within it,
 * so that it is never longer than the whole.
 */
function sampleOnce(
  name: string,
  part: Pick<TimedPart, "phase" | "reset" | "work">,
): { wholeNs: number; phaseNs: number } {
  // The clock is that of the phase, and is looked up each time, so that a test can set it.
  const now = () => performance.now();
  const bench = new Bench({ iterations: 1, time: 0, warmup: false, retainSamples: true, throws: true, now });
  const staged = part.phase !== undefined;
  let beginMs = Number.NaN;
  let endMs = Number.NaN;
  const phaseBegins = () => {
    if (staged) beginMs = now();
  };
  const work = () => {
    part.work(phaseBegins);
    if (staged) endMs = now();
  };
  // `async: false`: else tinybench calls the function once, untimed, to find out, which would work
  // on the copy before it is timed.
  bench.add(name, work, { async: false, beforeEach: () => part.reset() });
  bench.runSync();
  const phaseNs = (endMs - beginMs) * 1e6;
  if (staged && !(phaseNs >= 0)) throw new Error(`${name} did not say where its phase begins`);
  // What throws has thrown: the task is completed, with the one sample that it was to take.
  const [{ result }] = nonEmpty(bench.tasks);
  const [wholeMs] = nonEmpty((result as TaskResultCompleted).latency.samples ?? []);
  return { wholeNs: wholeMs * 1e6, phaseNs };
}
