import { dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const root = dirname(fileURLToPath(import.meta.url));
const SOURCES = join(root, "src") + sep;

/**
 * Has tests import what is built in place of its sources: compiled once, loaded as Node.js loads
 * it, and a third faster than what Vite makes of a module, where each imported name is a getter.
 * Tests and their helpers have nothing in dist/.
 */
const builtModules: Plugin = {
  name: "built-modules",
  enforce: "pre",
  resolveId(id, importer) {
    if (importer === undefined || !/^\.{1,2}\/.*\.js$/.test(id)) return null;
    const path = resolve(dirname(importer), id);
    if (!path.startsWith(SOURCES)) return null;
    const module = path.slice(SOURCES.length);
    return /^(?:testing|e2e|browser)[/\\]/.test(module) ? null : join(root, "dist", module);
  },
};

/**
 * `--mode built`: tests what is built, where that is current. `--mode nightly`: that too, with the
 * long tests, and with properties without a seed and with more runs. Else the sources are tested,
 * as an editor has them.
 */
export default defineConfig(({ mode }) => {
  const nightly = mode === "nightly";
  const common = {
    env: { NIGHTLY: nightly ? "1" : "" },
    exclude: nightly ? [] : ["**/*.nightly.test.ts"],
    // Processes, for tests change the working folder; kept from file to file, with what they have
    // loaded and compiled.
    pool: "forks" as const,
    isolate: false,
    testTimeout: nightly ? 600_000 : 60_000,
    // The built program is loaded as Node.js loads it.
    server: { deps: { external: [/\/dist\//] } },
  };
  const plugins = nightly || mode === "built" ? [builtModules] : [];
  return {
    test: {
      maxWorkers: 2,
      projects: [
        {
          plugins,
          test: {
            ...common,
            name: "unit",
            setupFiles: ["src/testing/setup.ts"],
            include: ["src/**/*.test.ts"],
            exclude: [...common.exclude, "src/e2e/**", "src/browser/**", "**/*.isolated.test.ts"],
          },
        },
        {
          plugins,
          // What measures V8 itself, and must not find what others have taught it, nor wait for a
          // compiler in another thread.
          test: {
            ...common,
            name: "isolated",
            include: ["src/**/*.isolated.test.ts"],
            isolate: true,
            execArgv: ["--no-concurrent-recompilation"],
          },
        },
        {
          plugins,
          test: { ...common, name: "e2e", include: ["src/e2e/**/*.test.ts"], testTimeout: 2 * common.testTimeout },
        },
        {
          plugins,
          test: {
            ...common,
            name: "browser",
            include: ["src/browser/**/*.browser.test.ts"],
            testTimeout: 2 * common.testTimeout,
            hookTimeout: 120_000,
          },
        },
      ],
    },
  };
});
