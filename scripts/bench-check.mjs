// Holds results/, the reference counts of every scenario in scenarios/, against the working tree,
// or with --update rewrites it (--scenarios FOLDER, --results FOLDER: others than those of the
// project). Reference results have counts only, no time and no environment: they are the same on
// any machine, and a change of counts shows in review as a diff of a readable file. Run after npm
// run build. Tests import it.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const load = (path) => import(new URL(`../dist/${path}`, import.meta.url).href);
const [{ loadScenario }, { planOf }, { runPlan }, { formatJson }, { parseResult }, { compareNamed }, { compareText }] =
  await Promise.all([
    load("load/loadScenario.js"),
    load("bench/plan.js"),
    load("bench/run.js"),
    load("files/json.js"),
    load("results/read.js"),
    load("cli/gate.js"),
    load("report/compareTable.js"),
  ]);
const [{ styleFor }, { DEFAULT_COMPARE_OPTIONS }, { toolVersion }, { mmus }] = await Promise.all([
  load("report/style.js"),
  load("compare/types.js"),
  load("version.js"),
  load("mmu/registry.js"),
]);

const jsonIn = (folder) => readdirSync(folder).filter((name) => name.endsWith(".json"));

/** The counts of one scenario under every strategy, as its file has them. */
async function reference(scenarios, name) {
  const item = await loadScenario(join(scenarios, name));
  const plan = planOf([item], (mmu) => mmu.strategies);
  const options = { wall: null, seed: 1, toolVersion: toolVersion(), createdAt: null, environment: false };
  return runPlan(plan, options);
}

/**
 * What the committed file says otherwise, in words; undefined where it is up to date. The tool's
 * version does not count.
 */
async function difference(results, name, fresh) {
  let committed;
  try {
    committed = readFileSync(join(results, name), "utf8");
  } catch {
    return "has no reference result";
  }
  const old = await parseResult(committed, `results/${name}`);
  const sameVersion = { ...fresh, tool: { ...fresh.tool, version: old.tool.version } };
  if (committed === formatJson(sameVersion)) return undefined;
  const sides = [[{ path: `results/${name}`, result: old }], [{ path: "the working tree", result: fresh }]];
  try {
    const comparison = await compareNamed(...sides, DEFAULT_COMPARE_OPTIONS, { registry: mmus });
    return compareText(comparison, styleFor(process, "auto"));
  } catch (error) {
    if (error.name !== "UserError") throw error;
    return error.message;
  }
}

/**
 * Says what differs, and with `--update` mends it.
 *
 * @param args as on the command line
 * @param say gets what there is to say, in pieces of some lines
 * @param warn gets what to do about it
 * @returns the exit code
 */
export async function benchCheck(args, say = console.log, warn = console.error) {
  const folderOf = (option, own) => {
    const at = args.indexOf(option);
    return at < 0 ? join(root, own) : args[at + 1];
  };
  const [scenarios, results] = [folderOf("--scenarios", "scenarios"), folderOf("--results", "results")];
  mkdirSync(results, { recursive: true });
  const update = args.includes("--update");
  const names = jsonIn(scenarios);
  const orphans = jsonIn(results).filter((name) => !names.includes(name));
  let changed = 0;
  for (const name of names) {
    const fresh = await reference(scenarios, name);
    const words = await difference(results, name, fresh).catch((error) => error.message);
    if (words === undefined) continue;
    changed++;
    if (update) writeFileSync(join(results, name), formatJson(fresh));
    say(`${update ? "rewritten" : "differs"}: results/${name}\n${words.replaceAll(/^/gm, "  ")}\n`);
  }
  for (const name of orphans) {
    changed++;
    if (update) rmSync(join(results, name));
    say(`${update ? "removed" : "differs"}: results/${name}: no such scenario\n`);
  }
  if (changed === 0) {
    say(`results/ has the counts of the working tree for all ${names.length} scenarios`);
    return 0;
  }
  if (update) return 0;
  const total = names.length + orphans.length;
  warn(`${changed} of ${total} reference results differ; if that is meant: npm run bench:update`);
  return 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await benchCheck(process.argv.slice(2));
