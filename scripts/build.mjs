// Builds dist/, by TypeScript 7, which takes a quarter of the time of 6 (that stays for those who
// need its programming interface, which 7 does not have); then the JSON Schema of the result file,
// which is made from the zod schema. Types are checked apart, by npm run types. `npx s2split` in a
// clone runs this each time (npx installs the package's own folder, and runs its prepare): a dist/
// that is current, by a stamp of all that goes into it, is left as it is. While a new one is put in
// its place, each file of it is there all the time, old or new: other processes may be running it.
//
// --root FOLDER: another folder in the same form, for the tests.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const given = process.argv.indexOf("--root");
const root = given < 0 ? join(dirname(fileURLToPath(import.meta.url)), "..") : process.argv[given + 1];
const dist = join(root, "dist");
const STAMP = ".stamp";

/** All files under a folder, as paths relative to it. */
function filesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)));
}

/** A digest of all that dist/ is made from. */
function stampOfSources() {
  const sources = filesIn(join(root, "src"))
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !/^(?:e2e|testing)[/\\]/.test(name))
    .map((name) => join("src", name));
  const config = ["tsconfig.json", "tsconfig.build.json", "package.json", "package-lock.json"];
  const hash = createHash("sha256");
  for (const name of [...sources, ...config].sort()) {
    const path = join(root, name);
    if (existsSync(path))
      hash
        .update(`${name.split(sep).join("/")}\0`)
        .update(readFileSync(path))
        .update("\0");
  }
  return hash.update(readFileSync(fileURLToPath(import.meta.url))).digest("hex");
}

function isCurrent(stamp) {
  try {
    return readFileSync(join(dist, STAMP), "utf8") === stamp;
  } catch {
    return false;
  }
}

/** Folders of builds that were ended half-way. */
function removeLeftovers() {
  for (const name of readdirSync(root)) {
    const pid = Number(/^dist\.new-(\d+)$/.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) rmSync(join(root, name), { recursive: true, force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

async function buildInto(folder) {
  const tsc = join(root, "node_modules", "typescript7", "bin", "tsc");
  const project = ["-p", join(root, "tsconfig.build.json"), "--noCheck", "--outDir", folder];
  execFileSync(process.execPath, [tsc, ...project], { stdio: "inherit" });
  const schema = join(folder, "results", "schema.js");
  if (!existsSync(schema)) return;
  const { resultJsonSchema } = await import(pathToFileURL(schema).href);
  mkdirSync(join(folder, "schema"), { recursive: true });
  writeFileSync(join(folder, "schema", "result.json"), `${JSON.stringify(resultJsonSchema(), null, 2)}\n`);
}

/** Puts a built folder in the place of dist/, file by file; what is no longer built goes last. */
function swap(built) {
  if (!existsSync(dist)) {
    try {
      renameSync(built, dist);
      return;
    } catch (error) {
      // Another build was first.
      if (!["ENOTEMPTY", "EEXIST", "EPERM"].includes(error.code)) throw error;
    }
  }
  const names = filesIn(built);
  // Never a stamp above files of another build.
  rmSync(join(dist, STAMP), { force: true });
  for (const name of names.filter((one) => one !== STAMP)) {
    mkdirSync(dirname(join(dist, name)), { recursive: true });
    renameSync(join(built, name), join(dist, name));
  }
  const kept = new Set(names);
  for (const name of filesIn(dist)) if (!kept.has(name)) rmSync(join(dist, name), { force: true });
  renameSync(join(built, STAMP), join(dist, STAMP));
}

const stamp = stampOfSources();
if (!isCurrent(stamp)) {
  removeLeftovers();
  const folder = join(root, `dist.new-${process.pid}`);
  try {
    await buildInto(folder);
    writeFileSync(join(folder, STAMP), stamp);
    swap(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
