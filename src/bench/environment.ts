import { arch, type CpuInfo, cpus, type as osType, release } from "node:os";
import type { Environment } from "../results/types.js";

/** What wall times depend on. Times of different environments are not compared unless asked for. */
export function environmentHere(processors: readonly CpuInfo[] = cpus()): Environment {
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    os: `${osType()} ${release()}`,
    arch: arch(),
    cpuModel: processors[0]?.model.trim() ?? "unknown",
    cpuCount: processors.length,
  };
}
