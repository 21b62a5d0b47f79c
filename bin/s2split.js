#!/usr/bin/env node
Promise.all([import("../dist/cli/start.js"), import("../dist/cli/processIo.js")]).then(
  async ([{ start }, { processIo }]) => {
    // Not process.exit: what is written to a pipe would be cut.
    process.exitCode = await start(process.argv.slice(2), processIo());
  },
  (error) => {
    const unbuilt = error?.code === "ERR_MODULE_NOT_FOUND" && String(error.message).includes("dist");
    console.error(unbuilt ? "s2split: dist/ is missing; run npm run build" : `s2split: ${error?.stack ?? error}`);
    process.exitCode = 2;
  },
);
