import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts"],
          exclude: ["src/e2e/**", "**/*.nightly.test.ts"],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["src/e2e/**/*.test.ts"],
          exclude: ["**/*.nightly.test.ts"],
          testTimeout: 120_000,
          // Processes, for tests change the working folder; kept from file to file, with the program that they have loaded.
          pool: "forks",
          isolate: false,
          // The built program is loaded as Node.js loads it.
          server: { deps: { external: [/\/dist\//] } },
        },
      },
    ],
  },
});
