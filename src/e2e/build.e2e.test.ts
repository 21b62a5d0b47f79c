import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { ROOT, temporaryFolder } from "./cli.js";

/**
 * In place of the compiler, which takes seconds: copies every source but for its types, and refuses
 * what says that it is broken.
 */
const COMPILER = `
const { mkdirSync, readdirSync, readFileSync, writeFileSync } = require("node:fs");
const { dirname, join } = require("node:path");
const root = dirname(process.argv[process.argv.indexOf("-p") + 1]);
const out = process.argv[process.argv.indexOf("--outDir") + 1];
mkdirSync(out, { recursive: true });
for (const name of readdirSync(join(root, "src")).filter((one) => !one.includes(".test."))) {
  const text = readFileSync(join(root, "src", name), "utf8");
  if (text.includes("broken")) process.exit(2);
  writeFileSync(join(out, name.replace(".ts", ".js")), text.replace(": number", ""));
}
`;

/** A package of two files in the form that the build expects. */
function smallPackage(): string {
  const root = temporaryFolder();
  const compiler = join(root, "node_modules", "typescript7", "bin");
  mkdirSync(join(root, "src"));
  mkdirSync(compiler, { recursive: true });
  writeFileSync(join(compiler, "tsc"), COMPILER);
  writeFileSync(join(root, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(root, "tsconfig.build.json"), "{}");
  writeFileSync(join(root, "src", "one.ts"), "export const one: number = 1;\n");
  writeFileSync(join(root, "src", "two.ts"), "export const two: number = 2;\n");
  return root;
}

function build(root: string) {
  return promisify(execFile)(process.execPath, [join(ROOT, "scripts", "build.mjs"), "--root", root]);
}

it("builds what is not current, and nothing else", async () => {
  const root = smallPackage();
  const built = join(root, "dist", "one.js");
  await build(root);
  expect(readFileSync(built, "utf8")).toBe("export const one = 1;\n");
  const before = statSync(built).ino;
  await build(root);
  expect(statSync(built).ino).toBe(before);
  // What the package does not have built makes nothing stale.
  writeFileSync(join(root, "src", "one.test.ts"), "throw 1;\n");
  await build(root);
  expect(statSync(built).ino).toBe(before);
  writeFileSync(join(root, "tsconfig.json"), "{}");
  await build(root);
  expect(statSync(built).ino).not.toBe(before);
});

it("has every file that stays in its place all the time, and takes away those that go", async () => {
  const root = smallPackage();
  const dist = join(root, "dist");
  await build(root);
  writeFileSync(join(root, "src", "one.ts"), "export const one: number = 11;\n");
  rmSync(join(root, "src", "two.ts"));
  let missing = 0;
  let looks = 0;
  const watching = setInterval(() => {
    looks++;
    if (!existsSync(join(dist, "one.js"))) missing++;
  }, 0);
  await build(root);
  clearInterval(watching);
  expect([missing, looks > 0]).toEqual([0, true]);
  expect(readFileSync(join(dist, "one.js"), "utf8")).toBe("export const one = 11;\n");
  expect(readdirSync(dist).sort()).toEqual([".stamp", "one.js"]);
  expect(readdirSync(root).filter((name) => name.startsWith("dist.new"))).toEqual([]);
});

it("keeps the old dist where the sources cannot be built", async () => {
  const root = smallPackage();
  await build(root);
  writeFileSync(join(root, "src", "one.ts"), "export const one = broken;\n");
  await expect(build(root)).rejects.toThrow();
  expect(readFileSync(join(root, "dist", "one.js"), "utf8")).toBe("export const one = 1;\n");
  expect(readdirSync(root).filter((name) => name.startsWith("dist.new"))).toEqual([]);
});
