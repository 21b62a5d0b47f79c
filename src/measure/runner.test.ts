import { chmodSync, existsSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { UserError } from "../errors.js";
import { type FakeBehaviour, type FakeSelftest, makeFakeSelftest } from "../testing/fakeSelftest.js";
import { planMeasurement } from "./plan.js";
import { type RunRecord, runMeasurement } from "./runner.js";

let fake: FakeSelftest | undefined;
afterEach(() => fake?.remove());

interface Setup {
  readonly behaviour?: Readonly<Record<string, FakeBehaviour>>;
  readonly args?: readonly string[];
  readonly vary?: readonly string[];
  readonly set?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly runs?: number;
  readonly warmup?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

async function run(setup: Setup): Promise<{ records: RunRecord[]; interrupted: boolean }> {
  fake = makeFakeSelftest(setup.behaviour);
  const records: RunRecord[] = [];
  const plan = planMeasurement([fake.program, ...(setup.args ?? [])], {
    vary: setup.vary ?? [],
    env: setup.set ?? [],
    runs: setup.runs ?? 1,
    warmup: setup.warmup ?? 0,
  });
  const interrupted = await runMeasurement(plan, {
    env: setup.env ?? {},
    timeoutMs: setup.timeoutMs ?? null,
    graceMs: 50,
    signal: setup.signal ?? new AbortController().signal,
    onRecord: async (record) => {
      records.push(record);
    },
    rawFile: () => null,
  });
  return { records, interrupted };
}

const statuses = (records: readonly RunRecord[]) => records.map(({ runs }) => runs.map((one) => one.status).join("+"));

it("runs warm-ups first, then rounds of all cases, each beginning with another one", async () => {
  const { records } = await run({ vary: ["s=anonymous,shmem"], runs: 3, warmup: 1 });
  const order = records.map(
    ({ planned }) => `${planned.warmup ? "w" : ""}${planned.round}${planned.case.variables.s![0]}`,
  );
  expect(order.join(" ")).toBe("w1a w1s 1a 1s 2s 2a 3a 3s");
  // The program was called as planned: backing is in what it printed.
  expect(records[2]!.runs[0]!.phases[0]!.timeNs).toBeLessThan(records[3]!.runs[0]!.phases[0]!.timeNs);
});

it("sets environment variables that vary", async () => {
  const { records } = await run({ vary: ["KVM_EAGER_SPLIT_CHUNK=0,0x200000"] });
  expect(records.map(({ planned }) => planned.case.variables.KVM_EAGER_SPLIT_CHUNK)).toEqual(["0", "0x200000"]);
  // A variable is no proof that the test has done anything with it.
  expect(records.map(({ planned }) => planned.case.options!.eagerSplitChunkBytes)).toEqual([null, null]);
  expect(records[1]!.runs[0]!.phases[0]!.timeNs).toBeGreaterThan(1.5 * records[0]!.runs[0]!.phases[0]!.timeNs);
});

it("survives a run that fails, and says with what", async () => {
  const { records } = await run({ behaviour: { 2: "assert" }, runs: 3 });
  expect(statuses(records)).toEqual(["complete", "failed", "complete"]);
  expect(records[1]!.output.exitCode).toBe(254);
  expect(records[1]!.runs[0]!.notes).toContainEqual({
    code: "test-failed",
    data: { text: "lib/kvm_util.c:1113: !ret: KVM_SET_USER_MEMORY_REGION2 failed, errno = 12" },
  });
});

it("ends a run that hangs, also one that ignores being asked to", async () => {
  const { records } = await run({ behaviour: { 1: "hang", 2: "stubborn" }, runs: 3, timeoutMs: 1000 });
  expect(statuses(records)).toEqual(["timeout", "timeout", "complete"]);
  expect(records.slice(0, 2).map(({ output }) => output.signal)).toEqual(["SIGTERM", "SIGKILL"]);
});

it("records output that is none of the test's, and none at all", async () => {
  const { records } = await run({ behaviour: { 1: "garbage", 2: "silent" }, runs: 2 });
  expect(statuses(records)).toEqual(["incomplete", "incomplete"]);
  expect(records[0]!.output.unreadCount).toBe(100);
  expect(records[1]!.output.text).toBe("");
});

it("ends a program that prints without end, keeping a part", async () => {
  const { records } = await run({ behaviour: { 1: "flood" } });
  expect(records[0]!.output.truncated).toBe(true);
  expect(records[0]!.output.text.length).toBeLessThanOrEqual(4 * 2 ** 20);
});

it("counts a whole output with a bad exit code, and notes it", async () => {
  const { records } = await run({ behaviour: { 1: "exit" } });
  expect(statuses(records)).toEqual(["complete"]);
  expect(records[0]!.runs[0]!.notes).toContainEqual({ code: "exit-code", data: { exitCode: 3 } });
});

describe("an interruption", () => {
  it("ends the run that is under way and starts no other", async () => {
    const controller = new AbortController();
    const whole = run({ behaviour: { 2: "hang" }, runs: 5, signal: controller.signal });
    await vi.waitFor(() => expect(existsSync(fake!.marker)).toBe(true), { timeout: 20_000 });
    controller.abort();
    const { records, interrupted } = await whole;
    expect(interrupted).toBe(true);
    expect(statuses(records)).toEqual(["complete", "interrupted"]);
  });
});

it("runs the test in the environment that it is given, with what the plan sets on top", async () => {
  const populateMs = async (setup: Setup) => {
    const { records } = await run(setup);
    return Math.round(records[0]!.runs[0]!.phases[0]!.timeNs / 1e6);
  };
  const given = { KVM_EAGER_SPLIT_CHUNK: "0x200000" };
  // The fake takes twice as long where it has a chunk.
  expect(await populateMs({})).toBe(300);
  expect(await populateMs({ env: given })).toBe(600);
  expect(await populateMs({ env: given, set: ["KVM_EAGER_SPLIT_CHUNK=0"] })).toBe(300);
});

it("refuses a program that is not there, or may not be run", async () => {
  const start = (program: string) =>
    runMeasurement(planMeasurement([program], { runs: 1, warmup: 0 }), {
      env: {},
      timeoutMs: null,
      signal: new AbortController().signal,
      onRecord: async () => {},
      rawFile: () => null,
    });
  await expect(start("./no_such_dirty_log_perf_test")).rejects.toThrow(UserError);
  await expect(start("./no_such_dirty_log_perf_test")).rejects.toThrow(/no such program/);
  fake = makeFakeSelftest();
  chmodSync(fake.program, 0o644);
  await expect(start(fake.program)).rejects.toThrow(/may not be run/);
});
