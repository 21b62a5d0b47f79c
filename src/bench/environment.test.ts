import { arch, type CpuInfo, cpus, release, type } from "node:os";
import { expect, it } from "vitest";
import { environmentHere } from "./environment.js";

it("an environment is the runtime, the system and the processors that there are", () => {
  const processor = (model: string) => ({ model }) as CpuInfo;
  const here = {
    node: process.versions.node,
    v8: process.versions.v8,
    os: `${type()} ${release()}`,
    arch: arch(),
  };
  const two = [processor("  Example CPU @ 2 GHz "), processor("other")];
  expect(environmentHere(two)).toEqual({ ...here, cpuModel: "Example CPU @ 2 GHz", cpuCount: 2 });
  expect(environmentHere().cpuCount).toBe(cpus().length);
});

it("a system that does not tell its processors has unknown ones", () => {
  expect(environmentHere([])).toMatchObject({ cpuModel: "unknown", cpuCount: 0 });
});
