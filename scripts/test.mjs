// All that must hold: builds, and then runs the tests in two processes of their own; meanwhile, one
// after the other, types and lint, which need no build, and what packages are checked for, which
// does. What these say is printed when the tests are done. Ends with 1 if anything fails; all of it
// runs in any case, but for what needs a build that failed.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Runs an npm script; the code it ends with, and what it says where that is kept. */
function npm(script, stdio) {
  const child = spawn("npm", ["run", "--silent", script], { cwd: root, stdio, shell: process.platform === "win32" });
  const chunks = [];
  child.stdout?.on("data", (chunk) => chunks.push(chunk));
  child.stderr?.on("data", (chunk) => chunks.push(chunk));
  return new Promise((done) => {
    child.on("close", (code) => done({ script, code: code ?? 1, said: Buffer.concat(chunks).toString("utf8") }));
  });
}

const isFine = ({ code }) => code === 0;
const built = npm("build", "inherit");

async function tests() {
  return isFine(await built) ? [await npm("test:all", "inherit")] : [];
}

async function checks() {
  const ended = [];
  for (const script of ["types", "lint"]) ended.push(await npm(script, ["ignore", "pipe", "pipe"]));
  if (isFine(await built)) ended.push(await npm("lint:package", ["ignore", "pipe", "pipe"]));
  return ended;
}

const [tested, checked] = await Promise.all([tests(), checks()]);
for (const { script, code, said } of checked) {
  console.log(`\n${code === 0 ? "ok" : "FAILED"}: npm run ${script}`);
  if (code !== 0) console.log(said);
}
process.exitCode = [await built, ...tested, ...checked].every(isFine) ? 0 : 1;
