import { parentPort, workerData } from "node:worker_threads";
import { type ExhaustiveTask, searchShare } from "./exhaustive.js";

await searchShare(workerData as ExhaustiveTask, (message) => parentPort?.postMessage(message));
