import { defineConfig } from "vitest/config";

/** `--mode nightly`: the long tests too, properties without a seed and with more runs. */
export default defineConfig(({ mode }) => {
  const nightly = mode === "nightly";
  const common = {
    env: { NIGHTLY: nightly ? "1" : "" },
    exclude: nightly ? [] : ["**/*.nightly.test.ts"],
    // Processes, for tests change the working folder; kept from file to file, with what they have loaded and compiled.
    pool: "forks" as const,
    isolate: false,
    testTimeout: nightly ? 600_000 : 60_000,
  };
  return {
    test: {
      maxWorkers: 2,
      projects: [
        {
          test: {
            ...common,
            name: "unit",
            setupFiles: ["src/testing/setup.ts"],
            include: ["src/**/*.test.ts"],
            exclude: [...common.exclude, "src/e2e/**", "src/browser/**", "**/*.isolated.test.ts"],
          },
        },
        {
          // What measures V8 itself, and must not find what others have taught it.
          test: { ...common, name: "isolated", include: ["src/**/*.isolated.test.ts"], isolate: true },
        },
        {
          test: {
            ...common,
            name: "e2e",
            include: ["src/e2e/**/*.test.ts"],
            testTimeout: 2 * common.testTimeout,
            // The built program is loaded as Node.js loads it.
            server: { deps: { external: [/\/dist\//] } },
          },
        },
        {
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
