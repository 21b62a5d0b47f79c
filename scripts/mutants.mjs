// What the unit tests would miss, after npm run build: node scripts/mutants.mjs [--seed N]
// [--per-room N] [--rooms a,b] [--files src/a.ts,..] [--tests src/a,src/b.test.ts] [--budget MS]
// [--out FILE [--resume]]
//
// Draws small changes of the program that tsc lets pass (mutants/sites.mjs) and tries each in the
// tests that come by it, in one run of the unit tests (mutants/runner.mjs). Prints a line a room
// and what no test found: LIVES, tests ran it and noticed nothing; UNSEEN, no test ran it; APART,
// it counts while modules load (a constant) and wants a run of its own. --budget: what a change may
// take of tests' time (5000 ms). --times: a report of vitest's json reporter, so that quick files
// come first. --resume: tries again what FILE does not say was found. As root it becomes nobody.
import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startVitest } from "vitest/node";
import { draw } from "./mutants/draw.mjs";
import { instrumented } from "./mutants/sites.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    "per-room": { type: "string", default: "100" },
    rooms: { type: "string" },
    files: { type: "string" },
    tests: { type: "string" },
    budget: { type: "string", default: "5000" },
    workers: { type: "string", default: "2" },
    times: { type: "string" },
    out: { type: "string" },
    resume: { type: "boolean", default: false },
    dry: { type: "boolean", default: false },
  },
});

/** What git finds changed or new in the tree. */
const treeChanges = () =>
  execFileSync("git", ["-c", "safe.directory=*", "status", "--porcelain"], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
// A changed program may write over anything that a test has it read.
if (!values.dry && treeChanges() !== "") {
  console.error("the tree has changes; expected none, so that what changed programs write shows");
  process.exit(2);
}

const began = Date.now();
const { project, sites, rejected } = draw(root, {
  seed: Number(values.seed),
  perRoom: Number(values["per-room"]),
  rooms: values.rooms?.split(","),
  files: values.files?.split(","),
});
console.log(
  `${sites.length} changes drawn, ${rejected} that tsc finds left out (${Math.round((Date.now() - began) / 1000)} s)`,
);
const show = ({ file, line, kind, was, put }) =>
  `${file}:${line} [${kind}] ${was.replace(/\s+/g, " ").slice(0, 90) || "(entry)"} -> ` +
  `${put.replace(/\s+/g, " ").slice(0, 90)}`;
if (values.dry) {
  for (const site of sites) console.log(`${site.id} ${show(site)}`);
  process.exit(0);
}

// Every file has its ticks: a change may have a loop of another file go on for ever.
const texts = new Map(
  project.subjects.map((name) => {
    const path = join(root, name);
    const own = sites.filter(({ file }) => file === name);
    return [path, instrumented(project.program.getSourceFile(path), own)];
  }),
);
const folder = mkdtempSync(join(tmpdir(), "s2split-mutants-"));
const log = values.out ?? join(folder, "log.jsonl");
const before = values.resume && existsSync(log) ? readFileSync(log, "utf8").split("\n").filter(Boolean) : [];
// Of an earlier run of the same draw: what was found, and the test files that come by nothing else.
const foundBefore = before.filter((line) => line.startsWith('{"found"'));
const open = new Set(sites.map(({ id }) => id));
for (const line of foundBefore) open.delete(JSON.parse(line).found);
const idle = before
  .map((line) => JSON.parse(line))
  .filter(({ file, seen }) => file !== undefined && !seen.some((id) => open.has(id)))
  .map(({ file }) => file);
writeFileSync(log, foundBefore.map((line) => `${line}\n`).join(""));
writeFileSync(`${log}.sites.json`, JSON.stringify(sites));
// What a changed program may write over as root: this tree, and devices.
if (process.getuid?.() === 0) {
  const nobody = 65534;
  for (const path of [folder, log]) chownSync(path, nobody, nobody);
  process.setgid(nobody);
  process.setuid(nobody);
}
process.env.S2SPLIT_MUTANTS = JSON.stringify({ log, count: sites.length, budgetMs: Number(values.budget) });

const times = new Map();
if (values.times) {
  for (const { name, startTime, endTime } of JSON.parse(readFileSync(values.times, "utf8")).testResults)
    times.set(name.slice(name.lastIndexOf("/src/") + 1), endTime - startTime);
}
const timeOf = ({ moduleId }) => times.get(moduleId.slice(moduleId.lastIndexOf("/src/") + 1)) ?? 1000;
class QuickFirst {
  shard(files) {
    return files;
  }
  sort(files) {
    return [...files].sort((a, b) => timeOf(a) - timeOf(b));
  }
}

await startVitest(
  "test",
  values.tests?.split(",") ?? [],
  {
    config: false,
    root,
    watch: false,
    include: ["src/**/*.test.ts"],
    exclude: [...idle, "src/e2e/**", "src/browser/**", "**/*.isolated.test.ts", "**/*.nightly.test.ts"],
    setupFiles: ["src/testing/setup.ts"],
    runner: join(root, "scripts/mutants/runner.mjs"),
    pool: "forks",
    isolate: true,
    maxWorkers: Number(values.workers),
    testTimeout: 60_000,
    reporters: [{}],
    cache: false,
    sequence: { sequencer: QuickFirst },
  },
  {
    cacheDir: join(folder, "vite"),
    plugins: [
      {
        name: "changes",
        enforce: "pre",
        transform: (_code, id) => {
          const text = texts.get(id.split("?")[0]);
          return text === undefined ? null : { code: text, map: null };
        },
      },
    ],
  },
).then((vitest) => vitest?.close());

const found = new Map();
const loaded = new Set();
const seen = new Set();
for (const line of readFileSync(log, "utf8").split("\n").filter(Boolean)) {
  const said = JSON.parse(line);
  if (said.found !== undefined) found.set(said.found, said.by);
  for (const id of said.static ?? []) loaded.add(id);
  for (const id of said.seen ?? []) seen.add(id);
  if (said.poison !== undefined)
    console.log(`left out the rest of a file after ${show(sites[said.poison])}: ${said.test}`);
}
const rooms = [...new Set(sites.map(({ room }) => room))].sort();
const lines = [];
for (const room of rooms) {
  const own = sites.filter((site) => site.room === room);
  const apart = own.filter(({ id }) => !found.has(id) && loaded.has(id) && !seen.has(id));
  const lost = own.filter(({ id }) => !found.has(id) && (seen.has(id) || !loaded.has(id)));
  const caught = own.length - apart.length - lost.length;
  const rate = Math.round((1000 * caught) / (caught + lost.length)) / 10;
  console.log(`${room}: ${caught} of ${caught + lost.length} caught (${rate}%), ${apart.length} apart`);
  for (const site of lost) lines.push(`${seen.has(site.id) ? "LIVES" : "UNSEEN"} ${site.id} ${show(site)}`);
  for (const site of apart) lines.push(`APART ${site.id} ${show(site)}`);
}
console.log(lines.join("\n"));
console.log(`${Math.round((Date.now() - began) / 1000)} s`);
const written = treeChanges();
if (written !== "") console.log(`changed programs wrote into the tree; to be put back:\n${written}`);
rmSync(folder, { recursive: true, force: true });
