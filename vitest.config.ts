import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    testTimeout: 60_000,
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts"],
          exclude: ["src/e2e/**", "src/browser/**"],
          testTimeout: 60_000,
        },
      },
      { test: { name: "e2e", include: ["src/e2e/**/*.test.ts"], testTimeout: 120_000 } },
      {
        test: {
          name: "browser",
          include: ["src/browser/**/*.browser.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
