#!/usr/bin/env node
import("../dist/cli/main.js").then(
  ({ main }) => main(process.argv),
  (error) => {
    const unbuilt = error?.code === "ERR_MODULE_NOT_FOUND" && String(error.message).includes("dist");
    console.error(unbuilt ? "s2split: dist/ is missing; run npm run build" : `s2split: ${error?.stack ?? error}`);
    process.exitCode = 2;
  },
);
