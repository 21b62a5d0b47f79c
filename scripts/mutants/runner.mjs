// A vitest runner that tries changes: each test runs as it is, which says what drawn sites it comes
// by, then once more to see that it can be run again, then once for each of these changes. A change
// is found when a test fails that passed without it.
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { TestRunner } from "vitest";

const { log, count, budgetMs } = JSON.parse(process.env.S2SPLIT_MUTANTS);
const MAX_TICKS_FACTOR = 100;
const MIN_TICKS = 200_000;

const state = { on: -1, seen: new Uint8Array(count), isTest: false, ticks: 0, maxTicks: Infinity };
class Endless extends Error {}

globalThis.__tick = () => {
  if (++state.ticks > state.maxTicks) throw new Endless("a loop without end");
};
globalThis.__mutant = (id) => {
  state.seen[id] |= state.isTest ? 1 : 2;
  if (++state.ticks > state.maxTicks) throw new Endless("a loop without end");
  return id === state.on;
};

const say = (line) => appendFileSync(log, `${JSON.stringify(line)}\n`);

/** Runs a test's function with one change on; what it failed with, or undefined. */
async function attempt(fn, id, maxMs, maxTicks) {
  state.on = id;
  state.ticks = 0;
  state.maxTicks = maxTicks;
  let timer;
  try {
    await Promise.race([
      fn(),
      new Promise((_, fail) => {
        timer = setTimeout(() => fail(new Endless("no end in time")), maxMs);
      }),
    ]);
    return undefined;
  } catch (error) {
    return error ?? new Error("thrown without a reason");
  } finally {
    clearTimeout(timer);
    state.on = -1;
    state.maxTicks = Infinity;
  }
}

export default class MutantRunner extends TestRunner {
  #found = new Set();
  /** Milliseconds of tests tried so far: in all files, and in this one alone. */
  #spent = new Float64Array(count);
  #spentHere = new Float64Array(count);
  #tests = new Uint32Array(count);
  #isPoisoned = false;

  async onBeforeRunFiles(files) {
    await super.onBeforeRunFiles?.(files);
    fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true });
    if (!existsSync(log)) return;
    for (const line of readFileSync(log, "utf8").split("\n")) {
      if (!line) continue;
      const said = JSON.parse(line);
      if (said.found !== undefined) this.#found.add(said.found);
      for (const [id, ms] of said.spent ?? []) this.#spent[id] += ms;
    }
  }

  async onAfterRunFiles(files) {
    await super.onAfterRunFiles?.(files);
    const each = [...this.#tests.keys()];
    say({
      file: files.map(({ name }) => name).join(" "),
      poisoned: this.#isPoisoned || undefined,
      spent: each.filter((id) => this.#tests[id] > 0).map((id) => [id, Math.round(this.#spentHere[id])]),
      static: each.filter((id) => (state.seen[id] & 2) !== 0),
      seen: each.filter((id) => (state.seen[id] & 1) !== 0),
    });
  }

  /** Which sites some work comes by. */
  async #meeting(work) {
    const before = state.seen.slice();
    state.seen.fill(0);
    try {
      await work();
      return [...state.seen.keys()].filter((id) => state.seen[id] !== 0);
    } finally {
      for (const id of before.keys()) state.seen[id] |= before[id];
    }
  }

  async runTask(test) {
    const fn = TestRunner.getTestFn(test);
    state.ticks = 0;
    const began = performance.now();
    const met = await this.#meeting(fn);
    const ms = performance.now() - began;
    const maxTicks = MIN_TICKS + MAX_TICKS_FACTOR * state.ticks;
    const isOpen = (id) => !this.#found.has(id) && (this.#spent[id] + ms <= budgetMs || this.#tests[id] === 0);
    if (this.#isPoisoned || !met.some(isOpen)) return;
    // Once more as it is: whether it can be, and what it comes by each time, not just when it is
    // the first to load a module.
    state.isTest = true;
    let failed;
    const again = await this.#meeting(async () => {
      failed = await attempt(fn, -1, 60_000, Infinity);
    });
    state.isTest = false;
    if (failed !== undefined) return;
    const ids = again.filter(isOpen);
    test.result.state = "run";
    for (const id of ids) {
      const start = performance.now();
      const error = await attempt(fn, id, 3000 + 20 * ms, maxTicks);
      const isSoft = test.result.state === "fail";
      test.result.state = "run";
      test.result.errors = undefined;
      this.#tests[id] += 1;
      const took = performance.now() - start;
      this.#spent[id] += took;
      this.#spentHere[id] += took;
      if (error === undefined && !isSoft) continue;
      if ((await attempt(fn, -1, 60_000, Infinity)) !== undefined) {
        this.#isPoisoned = true;
        say({ poison: id, test: test.fullName ?? test.name });
        return;
      }
      this.#found.add(id);
      say({ found: id, by: `${test.file.name} > ${test.name}`, why: String(error?.message ?? "soft").slice(0, 120) });
    }
  }
}
