import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readdirSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { spawned, temporaryFolder } from "./cli.js";

const bench = ["bench", "-s", "4k", "-b", "4M", "--no-wall", "--quiet"];

it("ends of SIGTERM while it reads a pipe that says nothing", async () => {
  const folder = temporaryFolder();
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  let ended: string | null = null;
  await spawned(["calibrate", pipe], {
    during: (child) => {
      child.once("exit", (_, by) => {
        ended = by;
      });
      // A pipe can be opened without waiting once its reader waits.
      vi.waitFor(() => openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK), { timeout: 60_000 }).then((fd) => {
        child.kill("SIGTERM");
        onTestFinished(() => closeSync(fd));
      });
    },
  });
  expect(ended).toBe("SIGTERM");
});

it("ends of one SIGINT while an export waits in a named pipe, and leaves nothing", async () => {
  const folder = temporaryFolder();
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const done = join(folder, "done.csv");
  let ended: string | null = null;
  await spawned([...bench, "--export-csv", done, "--export-ndjson", pipe], {
    during: (child) => {
      child.once("exit", (_, by) => {
        ended = by;
      });
      const watcher = watch(folder, (_event, name) => {
        // The table is written: it is the pipe's turn.
        if (name !== "done.csv") return;
        watcher.close();
        child.kill("SIGINT");
      });
    },
  });
  expect(ended).toBe("SIGINT");
  expect(readdirSync(folder).sort()).toEqual(["done.csv", "pipe"]);
});

it("leaves no temporary file after SIGHUP while it writes", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "out.json");
  writeFileSync(file, "complete");
  await spawned([...bench, "--export-json", file], {
    during: (child) => {
      const watcher = watch(folder, (_event, name) => {
        if (!name?.endsWith(".tmp")) return;
        watcher.close();
        child.kill("SIGHUP");
      });
    },
  });
  expect(readdirSync(folder)).toEqual(["out.json"]);
});
