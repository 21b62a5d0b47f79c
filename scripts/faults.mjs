// Tries every fault of src/testing/faults.json with golden files and the three searches of verify,
// and writes the table of docs/verify.md. Takes about a quarter of an hour on one core. Run after
// npm run build.
//
// --only ID,..: these faults alone; prints what is found and writes nothing.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const document = join(root, "docs", "verify.md");
const SEARCHES = ["golden", "random", "exhaustive", "interleave"];
/** A search that is silent for so long does not end. */
const LIMIT_MS = 180_000;

const all = JSON.parse(readFileSync(join(root, "src/testing/faults.json"), "utf8"));
const at = process.argv.indexOf("--only");
const only = at < 0 ? null : process.argv[at + 1].split(",");
const faults = only === null ? all : all.filter(({ id }) => only.includes(id));

/**
 * What one search says of so many faults, one after the other, by id. A walk that never ends is
 * found too.
 */
async function search(name, ids) {
  const found = new Map();
  while (found.size < ids.length) {
    const left = ids.filter((id) => !found.has(id));
    const ended = await run(name, left, (one) => found.set(one.id, one));
    if (ended || left.every((id) => found.has(id))) continue;
    const hung = left.find((id) => !found.has(id));
    found.set(hung, { id: hung, search: name, what: "never ends", tried: 0 });
  }
  return found;
}

/** Resolves to whether the process came to its end: it is ended where it is silent for too long. */
function run(name, ids, tell) {
  return new Promise((resolve, reject) => {
    const script = join(root, "scripts", "faultRun.mjs");
    const child = spawn(process.execPath, [script, name, ids.join(",")], { stdio: ["ignore", "pipe", "inherit"] });
    let limit = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
    createInterface({ input: child.stdout }).on("line", (line) => {
      clearTimeout(limit);
      limit = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
      const one = JSON.parse(line);
      console.log(`${one.search.padEnd(10)} ${one.id.padEnd(24)} ${one.tried} ${one.what ?? "-"}`);
      tell(one);
    });
    child.on("close", (code, signal) => {
      clearTimeout(limit);
      if (code !== 0 && signal === null) reject(new Error(`${name}: ended with exit code ${code}`));
      else resolve(code === 0);
    });
  });
}

const number = (value) => value.toLocaleString("en-US");

/** A cell: in which golden files, or after how many cases, a fault was found. */
function cell({ search, what, tried }) {
  if (what === null) return "no";
  if (search === "golden" && tried > 0) return what.split("/")[0].replace("arm64-", "");
  if (tried === 0) return what === "never ends" ? "no end" : "exception";
  return number(tried);
}

const isFound = ({ what }) => what !== null;

/** The text between the marks of the document. */
function tableOf(results) {
  const rows = faults.map(({ id, what }) => {
    const cells = SEARCHES.map((name) => cell(results[name].get(id)));
    return `| \`${id}\` | ${what} | ${cells.join(" | ")} |`;
  });
  const counts = SEARCHES.map((name) => faults.filter(({ id }) => isFound(results[name].get(id))).length);
  const equivalent = faults.filter(({ id }) => SEARCHES.every((name) => !isFound(results[name].get(id)))).length;
  return [
    `Of ${faults.length} faults golden files find ${counts[0]}, 500 random layouts ${counts[1]}, the exhaustive ` +
      `search ${counts[2]}, ` +
      `interleavings ${counts[3]}; ${equivalent} show nowhere.`,
    "",
    "| fault | what is wrong | golden | random 500 | exhaustive small | interleave |",
    "|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

const results = {};
for (const name of SEARCHES)
  results[name] = await search(
    name,
    faults.map(({ id }) => id),
  );
if (only === null) {
  const [before, rest] = readFileSync(document, "utf8").split("<!-- faults -->\n");
  const after = rest.slice(rest.indexOf("<!-- /faults -->"));
  writeFileSync(document, `${before}<!-- faults -->\n${tableOf(results)}\n${after}`);
}
