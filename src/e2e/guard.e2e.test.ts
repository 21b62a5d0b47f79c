import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { spawned, temporaryFolder } from "./cli.js";

type Hostile = readonly [what: string, module: string, line: RegExp, timeoutMs?: string];

/** A module that would make a gate pass or hang, and what is said of it: one line. */
const HOSTILE: readonly Hostile[] = [
  ["ends the program while it loads", "process.exit(0);", /mine\.mjs: ended the program before there was a result/],
  [
    "ends the program in a hook",
    'export default { id: "mine", enter: () => process.exit(0) };',
    /custom strategy: ended the program before there was a result/,
  ],
  [
    "rejects after it has loaded",
    'setTimeout(() => Promise.reject(new Error("late")), 1); await new Promise((r) => setTimeout(r, 50)); export ' +
      'default { id: "mine" };',
    /mine\.mjs: failed outside its hooks: Error: late/,
  ],
  [
    "throws after it has loaded",
    'setTimeout(() => { throw new TypeError("later"); }, 1); await new Promise((r) => setTimeout(r, 50)); export ' +
      'default { id: "mine" };',
    /mine\.mjs: failed outside its hooks: TypeError: later/,
  ],
  [
    "has a getter that throws",
    'export default { get id() { throw new Error("no id"); } };',
    /mine\.mjs: what it exports cannot be read: Error: no id/,
  ],
  [
    "exports a proxy that throws",
    'export default new Proxy({}, { get() { throw new Error("no way"); }, has() { throw new Error("no way"); } });',
    /mine\.mjs: what it exports cannot be read: Error: no way/,
  ],
  [
    "replaces a built-in while it loads",
    'Array.prototype.map = () => []; export default { id: "mine" };',
    /mine\.mjs: replaces Array\.prototype\.map, on which figures rest/,
  ],
  [
    "replaces a built-in in a hook",
    'export default { id: "mine", enter: () => { Math.floor = Math.ceil; return true; } };',
    /a custom strategy replaced Math\.floor, on which figures rest/,
  ],
  ["never finishes loading", "for (;;);", /mine\.mjs: still loading after 0\.3 s/, "300"],
  [
    "waits for nothing while it loads",
    'await new Promise(() => {}); export default { id: "mine" };',
    /mine\.mjs: (?:still|ended the program)/,
  ],
  [
    "has a hook that never returns",
    'export default { id: "mine", enter: () => { for (;;); } };',
    /strategy "mine" \(mine\.mjs\): its enter\(\) has not returned for 0\.3 s/,
    "300",
  ],
];

it.each(HOSTILE.map(([what, module, line, timeoutMs = "1000"]) => ({ what, module, line, timeoutMs })))(
  "a module that $what ends verify in one line with code 2",
  async ({ module, line, timeoutMs }) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "mine.mjs"), module);
    const args = ["verify", "--strategy", "mine.mjs", "--backing", "thp", "--memory", "8M"];
    const { code, stderr } = await spawned(args, { cwd, env: { S2SPLIT_MODULE_TIMEOUT_MS: timeoutMs } });
    expect(stderr).toMatch(line);
    expect(stderr.match(/\n/g)).toHaveLength(1);
    expect(code).toBe(2);
  },
);

it("a module that ends the program ends bench with code 2 too, also with --jobs", async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "mine.mjs"), 'export default { id: "mine", enter: () => process.exit(0) };');
  const args = [
    "bench",
    "--no-wall",
    "--jobs",
    "2",
    "--strategy",
    "mine.mjs,max-level",
    "--backing",
    "thp,4k",
    "--memory",
    "8M",
  ];
  const { code, stderr } = await spawned(args, { cwd });
  expect([code, stderr.match(/\n/g)?.length]).toEqual([2, 1]);
});

it("a module whose hooks return is not ended, however long they take together", async () => {
  const cwd = temporaryFolder();
  const module = `
    const never = new Int32Array(new SharedArrayBuffer(4));
    let waits = 0;
    export default { id: "slow", enter: () => { if (waits++ < 30) Atomics.wait(never, 0, 0, 30); return true; } };
  `;
  writeFileSync(join(cwd, "slow.mjs"), module);
  const args = ["verify", "--strategy", "slow.mjs", "--backing", "4k", "--memory", "64M"];
  const { code, stderr } = await spawned(args, { cwd, env: { S2SPLIT_MODULE_TIMEOUT_MS: "400" } });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

it("a module that keeps a timer open does not keep the program from ending", async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "mine.mjs"), 'setInterval(() => {}, 1000); export default { id: "mine", maxLevel: 2 };');
  const { code, stdout } = await spawned(["verify", "--strategy", "mine.mjs", "--backing", "thp", "--memory", "8M"], {
    cwd,
  });
  expect(stdout).toContain("1 strategy checked, all right");
  expect(code).toBe(0);
});

it("a custom strategy is judged on a scenario from standard input, as built-in ones are", async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "mine.mjs"), 'export default { id: "mine", maxLevel: 1 };');
  const scenario = {
    granule: "4K",
    ipaBits: 40,
    memslots: [{ base: "0x40000000", segments: [{ map: "2M", size: "4M" }] }],
    dirtyLog: { mode: "enable", chunk: "2M" },
  };
  const args = ["verify", "--strategy", "mine.mjs", "--scenario", "-"];
  const { code, stdout } = await spawned(args, { cwd, stdin: JSON.stringify(scenario) });
  expect(stdout).toContain("WRONG");
  expect(code).toBe(1);
});
