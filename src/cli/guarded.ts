import { parentPort, workerData } from "node:worker_threads";
import { cutShort } from "../cleanup.js";
import type { GuardedTask } from "./guard.js";
import { runTask } from "./guardedTask.js";

// The thread of runGuarded().
process.on("exit", cutShort);
await runTask(workerData as GuardedTask, parentPort!);
