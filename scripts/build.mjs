// Builds dist/: plain tsc, then the JSON Schema of the result file, which is made from the zod schema.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], { stdio: "inherit" });
const schema = join(dist, "results", "schema.js");
if (existsSync(schema)) {
  const { resultJsonSchema } = await import(pathToFileURL(schema).href);
  mkdirSync(join(dist, "schema"), { recursive: true });
  writeFileSync(join(dist, "schema", "result.json"), `${JSON.stringify(resultJsonSchema(), null, 2)}\n`);
}
