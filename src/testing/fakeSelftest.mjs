#!/usr/bin/env node
// Prints what dirty_log_perf_test prints, with made-up times, for machines without KVM. It is
// called through a wrapper of the real name.
//
//   FAKE_STATE a file that counts the calls FAKE_BEHAVIOUR JSON from call number (or "*") to what
//   goes wrong: assert, exit, hang, stubborn, garbage, silent, flood FAKE_MARKER a file that is
//   written when a hang begins
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const args = process.argv.slice(2);
const value = (letter, normal) => {
  const at = args.lastIndexOf(`-${letter}`);
  return at < 0 ? normal : args[at + 1];
};
const state = process.env.FAKE_STATE;
const call = state && existsSync(state) ? Number(readFileSync(state, "utf8")) + 1 : 1;
if (state) writeFileSync(state, String(call));
const plan = JSON.parse(process.env.FAKE_BEHAVIOUR ?? "{}");
const behaviour = plan[call] ?? plan["*"];

const iterations = Number(value("i", "2"));
const manual = !args.includes("-g");
// A time depends on the backing, on the eager-split chunk and on the call, so that cases differ and
// runs spread.
const base = { anonymous: 3, anonymous_thp: 5, anonymous_hugetlb_1gb: 7 }[value("s", "anonymous")] ?? 11;
const chunk = Number(process.env.KVM_EAGER_SPLIT_CHUNK ?? "0") > 0 ? 2 : 1;
const seconds = (ms) => `${Math.floor(ms / 1000)}.${String(Math.round((ms % 1000) * 1e6)).padStart(9, "0")}s`;
const time = (ms) => seconds(base * chunk * ms + (call % 3) * 0.001);

if (behaviour === "silent") process.exit(0);
if (behaviour === "garbage") {
  process.stdout.write(`${"\u0007junk \u001b[31m".repeat(20)}\n`.repeat(100));
  process.exit(0);
}
if (behaviour === "flood") {
  const line = `${"x".repeat(1023)}\n`.repeat(1024);
  const more = () => {
    while (process.stdout.write(line));
    process.stdout.once("drain", more);
  };
  more();
} else {
  console.log("Random seed: 0x6b8b4567");
  console.log(`Test iterations: ${iterations}`);
  console.log("Testing guest mode: PA-bits:40,  VA-bits:48,  4K pages");
  console.log("Random seed: 0x1");
  console.log("guest physical test memory: [0xffbffff000, 0xfffffff000)");
  console.log(`Populate memory time: ${time(100)}`);
  if (behaviour === "assert") {
    console.error(
      "==== Test Assertion Failure ====\n  lib/kvm_util.c:1113: !ret\n  pid=7 tid=7 errno=12 - Cannot allocate memory",
    );
    console.error("  (stack trace empty)\n  KVM_SET_USER_MEMORY_REGION2 failed, errno = 12");
    process.exit(254);
  }
  if (behaviour === "hang" || behaviour === "stubborn") {
    if (behaviour === "stubborn") process.on("SIGTERM", () => {});
    if (process.env.FAKE_MARKER) writeFileSync(process.env.FAKE_MARKER, "hanging");
    setInterval(() => {}, 1000);
  } else {
    console.log(`Enabling dirty logging time: ${time(manual ? 0.5 : 40)}\n`);
    let get = 0;
    let clear = 0;
    for (let k = 1; k <= iterations; k++) {
      console.log(`Iteration ${k} dirty memory time: ${time(50 * k)}`);
      console.log(`Iteration ${k} get dirty log time: ${time(0.05)}`);
      get += base * chunk * 0.05 + (call % 3) * 0.001;
      if (manual) {
        console.log(`Iteration ${k} clear dirty log time: ${time(20)}`);
        clear += base * chunk * 20 + (call % 3) * 0.001;
      }
    }
    console.log(`Disabling dirty logging time: ${time(1)}`);
    console.log(
      `Get dirty log over ${iterations} iterations took ${seconds(get)}. (Avg ${seconds(get / iterations)}/iteration)`,
    );
    if (manual)
      console.log(
        `Clear dirty log over ${iterations} iterations took ${seconds(clear)}. (Avg ` +
          `${seconds(clear / iterations)}/iteration)`,
      );
    if (behaviour === "exit") process.exit(3);
  }
}
