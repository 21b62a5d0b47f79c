import { linkSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isInputFile, placeOf } from "./sameFile.js";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "s2split-same-")));
const at = (...names: string[]) => join(folder, ...names);
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => {
  mkdirSync(at("set", "deep"), { recursive: true });
  for (const name of ["one", "set/first", "set/second", "set/deep/third"]) writeFileSync(at(name), name);
  linkSync(at("one"), at("hard"));
  linkSync(at("set", "second"), at("elsewhere"));
  symlinkSync("one", at("soft"));
  symlinkSync("nowhere", at("dangling"));
  symlinkSync("set", at("alias"));
});

describe("the input that a file is", () => {
  const inputOf = (name: string, ...inputs: string[]) => isInputFile(statSync(at(name)), inputs);

  it("is told by the path that was given, whatever links it goes through", async () => {
    expect(await inputOf("one", "-", at("absent"), at("set"), at("soft"), at("hard"))).toBe(at("soft"));
    expect(await inputOf("hard", at("set", "first"), at("one"))).toBe(at("one"));
  });

  it("is one directly in a folder that was given, not one in a folder within", async () => {
    expect(await inputOf("elsewhere", at("one"), at("set"))).toBe(at("set", "second"));
    expect(await inputOf("set/deep/third", at("set"))).toBeUndefined();
    expect(await inputOf("set/deep", at("set"))).toBe(at("set", "deep"));
  });

  it("is none where none is the same, on the same device or by number alone", async () => {
    expect(await inputOf("one", at("set"), at("dangling"))).toBeUndefined();
    expect(await inputOf("one")).toBeUndefined();
    const { dev, ino } = statSync(at("one"));
    expect(await isInputFile({ dev: dev + 1, ino }, [at("one")])).toBeUndefined();
  });
});

describe("the place of an output", () => {
  it("is the same for all names of a file that is there, and another for another file", async () => {
    const { dev, ino } = statSync(at("one"));
    for (const name of ["one", "hard", "soft", "set/../one"]) expect(await placeOf(at(name))).toBe(`${dev}:${ino}`);
    expect(await placeOf(at("set", "first"))).not.toBe(`${dev}:${ino}`);
  });

  it("is the same for all names of a file that is not there yet, through links of its folder", async () => {
    for (const path of [at("set", "new"), at("alias", "new"), relative(process.cwd(), at("set", "new"))])
      expect(await placeOf(path)).toBe(at("set", "new"));
  });

  it("is its path where its folder is not there either", async () => {
    expect(await placeOf(relative(process.cwd(), at("none", "new")))).toBe(at("none", "new"));
  });
});
