// Runs the engine's benchmark from dist/: see docs/performance.md.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const built = new URL("../dist/perf/main.js", import.meta.url);
if (!existsSync(fileURLToPath(built))) {
  console.error("perf: dist/ is missing; run npm run build");
  process.exit(2);
}
const { main } = await import(built.href);
try {
  main(process.argv.slice(2));
} catch (error) {
  if (error?.name !== "UserError") throw error;
  console.error(`perf: ${error.message}`);
  process.exitCode = 2;
}
