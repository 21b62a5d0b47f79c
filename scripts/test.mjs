// All that must hold, after a build: the tests, in two processes of their own, and meanwhile types,
// lint and what packages are checked for, one after the other. What the latter say is printed when
// the tests are done. Ends with 1 if anything fails; all of it runs in any case.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const CHECKS = ["types", "lint", "lint:package"];

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

async function inTurn(scripts) {
  const ended = [];
  for (const script of scripts) ended.push(await npm(script, ["ignore", "pipe", "pipe"]));
  return ended;
}

const [tests, checks] = await Promise.all([npm("test:all", "inherit"), inTurn(CHECKS)]);
for (const { script, code, said } of checks) {
  console.log(`\n${code === 0 ? "ok" : "FAILED"}: npm run ${script}`);
  if (code !== 0) console.log(said);
}
process.exitCode = [tests, ...checks].some(({ code }) => code !== 0) ? 1 : 0;
