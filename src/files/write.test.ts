import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { cutShort } from "../cleanup.js";
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

/** As a user whom permissions concern: for root there are none. */
async function withoutRoot(work: () => Promise<void>): Promise<void> {
  if (process.geteuid!() !== 0) return work();
  chmodSync(folder, 0o777);
  process.seteuid!(65534);
  try {
    await work();
  } finally {
    process.seteuid!(0);
  }
}

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

  test("refuses a folder or a file without permission", async () => {
    const [closed, mine] = [join(folder, "closed"), join(folder, "mine.json")];
    mkdirSync(closed, { mode: 0o555 });
    writeFileSync(mine, "", { mode: 0o444 });
    const denied = (path: string) =>
      `${path}: cannot be written: permission denied; expected a file in a writable folder`;
    await withoutRoot(async () => {
      expect(await refusal(prepareOutput(join(closed, "x.json")))).toBe(denied(join(closed, "x.json")));
      expect(await refusal(prepareOutput(mine))).toBe(denied(mine));
    });
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

describe("unfinished work", () => {
  test("goes to the path itself where no file was, again and again", async () => {
    const path = join(folder, "out.json");
    const target = await prepareOutput(path);
    expect(await target.writePartial("one")).toBe(path);
    expect(await target.writePartial("two")).toBe(path);
    expect(readFileSync(path, "utf8")).toBe("two");
    await target.write("all");
    expect(readFileSync(path, "utf8")).toBe("all");
    expect(readdirSync(folder)).toEqual(["out.json"]);
  });

  test("goes beside a file that is there, and makes way for the whole", async () => {
    const path = join(folder, "out.json");
    writeFileSync(path, "complete");
    const target = await prepareOutput(path);
    expect(await target.writePartial("part")).toBe(`${path}.partial.json`);
    expect(readFileSync(path, "utf8")).toBe("complete");
    expect(readFileSync(`${path}.partial.json`, "utf8")).toBe("part");
    await target.write("whole");
    expect(readFileSync(path, "utf8")).toBe("whole");
    expect(readdirSync(folder)).toEqual(["out.json"]);
  });

  test("leaves no temporary file where the process is ended while it writes", async () => {
    const target = await prepareOutput(join(folder, "out.json"));
    const written = target.write("x".repeat(1e7));
    await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(1), { interval: 1 });
    cutShort();
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    await written.catch(() => {});
  });
});

describe("an input of the same work is not written over", () => {
  beforeEach(() => {
    writeFileSync(join(folder, "in.json"), "mine");
    linkSync(join(folder, "in.json"), join(folder, "hard.json"));
    symlinkSync("in.json", join(folder, "soft.json"));
  });

  test.each(["in.json", "./in.json", "hard.json", "soft.json", "../{}/in.json"])("by the name %s", async (name) => {
    const path = `${folder}/${name.replace("{}", basename(folder))}`;
    const message = await refusal(prepareOutput(path, { inputs: [join(folder, "in.json")] }));
    expect(message).toMatch(/, and would be written over; expected another file to write$/);
    expect(message).toContain("read");
  });

  test("where the input is the folder that has it", async () => {
    expect(await refusal(prepareOutput(join(folder, "soft.json"), { inputs: [folder] }))).toMatch(/written over/);
  });

  test("but any other file may be, beside inputs that are not there", async () => {
    const inputs = ["-", join(folder, "none.json"), join(folder, "in.json")];
    await expect(prepareOutput(join(folder, "other.json"), { inputs })).resolves.toBeDefined();
    await expect(prepareOutput("/dev/null", { inputs: ["/dev/null"] })).resolves.toBeDefined();
  });
});

test("a symbolic link that leads nowhere is refused, not replaced", async () => {
  symlinkSync("nowhere.json", join(folder, "link.json"));
  expect(await refusal(prepareOutput(join(folder, "link.json")))).toBe(
    `${join(folder, "link.json")}: is a symbolic link that leads nowhere; expected a file to write`,
  );
});

test("a named pipe is written to once it is read", async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const text = "x".repeat(300_000);
  const written = (await prepareOutput(pipe)).write(text);
  const [read] = await Promise.all([readFile(pipe, "utf8"), written]);
  expect(read).toBe(text);
});

test("standard output is what it is given as, and no path without it", async () => {
  let text = "";
  const stdout = { write: (more: string) => (text += more) };
  const target = await prepareOutput("-", { stdout });
  await target.write("a");
  expect([await target.writePartial("b"), text]).toEqual(["-", "ab"]);
  expect(await refusal(prepareOutput("-"))).toMatch(/there is no standard output here/);
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

  test("has what a terminal would hide or obey as escapes, and is still the same value", () => {
    const value = { "a\u202eb": ["\u001b[31m", "\u200b", "\u009b", "\u{e0001}", "é"] };
    const text = formatJson(value);
    expect(text).toMatch(/^[\n\x20-\x7eé]*$/);
    expect(JSON.parse(text)).toEqual(value);
  });

  test("is the same for the same result", async () => {
    const text = formatJson(resultFile());
    expect(formatJson(await parseResult(text, "x"))).toBe(text);
  });
});

test("an output that is an input by a long name is refused with as much of that as a line has room for", async () => {
  const long = join(folder, "x".repeat(200), "y.json");
  mkdirSync(join(folder, "x".repeat(200)));
  writeFileSync(long, "{}");
  symlinkSync(long, join(folder, "short.json"));
  await expect(prepareOutput(join(folder, "short.json"), { inputs: [long] })).rejects.toThrow(
    `is the same file as ${long.slice(0, 197)}..., which is read, and would be written over`,
  );
});
