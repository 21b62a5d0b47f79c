import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UserError } from "../errors.js";
import { parseResult, readResult } from "../results/read.js";
import { resultFile, runResult, wall } from "../testing/resultBuilder.js";
import { formatJson } from "./json.js";
import { prepareOutput } from "./write.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "s2split-write-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

test("a result is read back as it was written", async () => {
  const path = join(folder, "out.json");
  await (await prepareOutput(path)).write(formatJson(resultFile()));
  expect(await readResult(path)).toEqual(resultFile());
});

describe("preparing an output", () => {
  test("changes nothing: no file appears, an old one keeps its text", async () => {
    await prepareOutput(join(folder, "new.json"));
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(join(folder, "old.json"), "old");
    await prepareOutput(join(folder, "old.json"));
    expect(readdirSync(folder)).toEqual(["old.json"]);
    expect(readFileSync(join(folder, "old.json"), "utf8")).toBe("old");
  });

  test("refuses a folder, a missing folder, a file as a folder and no path at all, each by name", async () => {
    writeFileSync(join(folder, "file"), "");
    expect(await refusal(prepareOutput(folder))).toMatch(/is a folder; expected a file/);
    expect(await refusal(prepareOutput(join(folder, "no", "x.json")))).toMatch(
      /x\.json: cannot be written: its folder does not exist/,
    );
    expect(await refusal(prepareOutput(join(folder, "file", "x.json")))).toMatch(/a part of the path is not a folder/);
    expect(await refusal(prepareOutput(""))).toMatch(/no path/);
    expect(await refusal(prepareOutput(join(folder, "x".repeat(300))))).toMatch(/the name is too long/);
  });

  test.skipIf(process.getuid?.() === 0)("refuses a folder or a file without permission", async () => {
    mkdirSync(join(folder, "closed"), { mode: 0o500 });
    expect(await refusal(prepareOutput(join(folder, "closed", "x.json")))).toMatch(/permission denied/);
    writeFileSync(join(folder, "mine.json"), "");
    chmodSync(join(folder, "mine.json"), 0o400);
    expect(await refusal(prepareOutput(join(folder, "mine.json")))).toMatch(/permission denied/);
  });
});

describe("writing", () => {
  test("replaces the old text and keeps the file's mode", async () => {
    const path = join(folder, "out.json");
    writeFileSync(path, "old");
    chmodSync(path, 0o640);
    await (await prepareOutput(path)).write("new");
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder)).toEqual(["out.json"]);
  });

  test("goes to where a symbolic link leads and leaves the link", async () => {
    writeFileSync(join(folder, "real.json"), "old");
    symlinkSync("real.json", join(folder, "link.json"));
    await (await prepareOutput(join(folder, "link.json"))).write("new");
    expect(readFileSync(join(folder, "real.json"), "utf8")).toBe("new");
    expect(readdirSync(folder).sort()).toEqual(["link.json", "real.json"]);
  });

  test("writes to a device and does not replace it", async () => {
    await (await prepareOutput("/dev/null")).write("gone");
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  test("says that the device is full", async () => {
    expect(await refusal((await prepareOutput("/dev/full")).write("x"))).toBe(
      "/dev/full: cannot be written: no space left on the device; expected a file in a writable folder",
    );
  });

  test("leaves the old file and no other where the folder has been taken away or the name has become a folder", async () => {
    const path = join(folder, "out.json");
    const target = await prepareOutput(path);
    mkdirSync(path);
    expect(await refusal(target.write("new"))).toMatch(/out\.json: cannot be written/);
    expect(readdirSync(folder)).toEqual(["out.json"]);
  });
});

describe("the text of a result", () => {
  test("has one line a counter, and a series of samples on one line however long", () => {
    const samples = Array.from({ length: 500 }, (_, i) => 1_000_000 + i);
    const text = formatJson(resultFile({ runs: [runResult({ wall: wall(samples) })] }));
    expect(text).toContain('        "inspected": { "1": 1, "2": 512, "3": 262144 },\n');
    expect(text.split("\n").filter((line) => line.includes("1000000")).length).toBe(2);
    expect(text.endsWith("}\n")).toBe(true);
  });

  test("is JSON of the same value, whatever the value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: "large" }), (value) => {
        expect(JSON.parse(formatJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("is the same for the same result", async () => {
    const text = formatJson(resultFile());
    expect(formatJson(await parseResult(text, "x"))).toBe(text);
  });
});
