/**
 * Watches, from a thread of its own, the hooks of users' strategies: one that does not return blocks the main thread, Ctrl-C included.
 * After a time that no honest hook needs, it is named on stderr and the process ends (by SIGKILL: nothing gentler reaches a thread
 * that never comes back).
 */
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";

const LONGEST_HOOK_MS = 10_000;
const LOOK_EVERY_MS = 500;

const { activity, names } = workerData as { activity: Int32Array; names: readonly string[] };
const never = new Int32Array(new SharedArrayBuffer(4));
let call = -1;
let since = 0;
for (;;) {
  Atomics.wait(never, 0, 0, LOOK_EVERY_MS);
  const begun = Atomics.load(activity, 0);
  const running = begun !== Atomics.load(activity, 1);
  if (!running || begun !== call) {
    call = begun;
    since = Date.now();
  } else if (Date.now() - since >= LONGEST_HOOK_MS) {
    const name = names[Atomics.load(activity, 2)] ?? "a strategy's hook";
    writeSync(2, `s2split: ${name} has not returned for ${LONGEST_HOOK_MS / 1000} s, and probably never will; ended\n`);
    process.kill(process.pid, "SIGKILL");
  }
}
