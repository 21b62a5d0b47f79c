import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { open, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { cutShort } from "../cleanup.js";
import { UserError } from "../errors.js";
import { parseResult, readResult } from "../results/read.js";
import { asUser } from "../testing/asUser.js";
import { resultFile, runResult, wall } from "../testing/resultBuilder.js";
import { formatJson } from "./json.js";
import { prepareOutput, unwritable } from "./write.js";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A folder that nobody has written to yet. */
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "s2split-write-"));
  folders.push(folder);
  return folder;
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
  const folder = makeFolder();
  const path = join(folder, "out.json");
  await (await prepareOutput(path)).write(formatJson(resultFile()));
  expect(await readResult(path)).toEqual(resultFile());
});

describe("preparing an output", () => {
  test("changes nothing: no file appears, an old one keeps its text", async () => {
    const folder = makeFolder();
    await prepareOutput(join(folder, "new.json"));
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(join(folder, "old.json"), "old");
    await prepareOutput(join(folder, "old.json"));
    expect(readdirSync(folder)).toEqual(["old.json"]);
    expect(readFileSync(join(folder, "old.json"), "utf8")).toBe("old");
  });

  test("refuses a folder, a missing folder, a file as a folder and no path at all, each by name", async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, "file"), "");
    expect(await refusal(prepareOutput(folder))).toBe(`${folder}: is a folder; expected a file to write`);
    expect(await refusal(prepareOutput(""))).toBe('output "": no path; expected a file, or - for standard output');
    const cannot: [string, string][] = [
      [join(folder, "no", "x.json"), "its folder does not exist"],
      [join(folder, "file", "x.json"), "a part of the path is not a folder"],
    ];
    for (const [path, why] of cannot) {
      expect(await refusal(prepareOutput(path))).toBe(
        `${path}: cannot be written: ${why}; expected a file in a writable folder`,
      );
    }
    const long = join(folder, "x".repeat(300));
    expect(await refusal(prepareOutput(long))).toBe(
      `${long.slice(0, 197)}...: cannot be written: the name is too long; expected a file in a writable folder`,
    );
  });

  test("refuses a folder or a file without permission", async () => {
    const folder = makeFolder();
    const [closed, mine] = [join(folder, "closed"), join(folder, "mine.json")];
    mkdirSync(closed, { mode: 0o555 });
    writeFileSync(mine, "", { mode: 0o444 });
    const denied = (path: string) =>
      `${path}: cannot be written: permission denied; expected a file in a writable folder`;
    chmodSync(folder, 0o777);
    await asUser(async () => {
      expect(await refusal(prepareOutput(join(closed, "x.json")))).toBe(denied(join(closed, "x.json")));
      expect(await refusal(prepareOutput(mine))).toBe(denied(mine));
      // What is refused is what is closed, not the folder that holds it.
      await prepareOutput(join(folder, "x.json"));
    });
  });
});

describe("writing", () => {
  test("replaces the old text and keeps the file's mode", async () => {
    const folder = makeFolder();
    const path = join(folder, "out.json");
    writeFileSync(path, "old");
    chmodSync(path, 0o641);
    await (await prepareOutput(path)).write("new");
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(statSync(path).mode & 0o777).toBe(0o641);
    expect(readdirSync(folder)).toEqual(["out.json"]);
  });

  test("goes to where a symbolic link leads and leaves the link", async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, "real.json"), "old");
    symlinkSync("real.json", join(folder, "link.json"));
    await (await prepareOutput(join(folder, "link.json"))).write("new");
    expect(readFileSync(join(folder, "real.json"), "utf8")).toBe("new");
    expect(readdirSync(folder).sort()).toEqual(["link.json", "real.json"]);
  });

  test("writes to a device and does not replace it", async () => {
    await asUser(async () => {
      await (await prepareOutput("/dev/null")).write("gone");
    });
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  test("says that the device is full", async () => {
    await asUser(async () => {
      expect(await refusal((await prepareOutput("/dev/full")).write("x"))).toBe(
        "/dev/full: cannot be written: no space left on the device; expected a file in a writable folder",
      );
    });
  });

  test("leaves the old file and no other where the folder has been taken away or the name has become a folder", async () => {
    const folder = makeFolder();
    const path = join(folder, "out.json");
    const target = await prepareOutput(path);
    mkdirSync(path);
    expect(await refusal(target.write("new"))).toBe(
      `${path}: cannot be written: is a folder; expected a file in a writable folder`,
    );
    expect(readdirSync(folder)).toEqual(["out.json"]);
  });

  test.runIf(process.platform === "linux")("keeps no file open, whether it is written or not", async () => {
    const folder = makeFolder();
    const openHere = () =>
      readdirSync("/proc/self/fd").flatMap((fd) => {
        try {
          const path = readlinkSync(`/proc/self/fd/${fd}`);
          return path.startsWith(folder) || path === "/dev/full" ? [path] : [];
        } catch {
          return [];
        }
      });
    const [path, pipe] = [join(folder, "out.json"), join(folder, "pipe")];
    writeFileSync(path, "old");
    const target = await prepareOutput(path);
    expect(openHere()).toEqual([]);
    await target.writePartial("part");
    await target.write("new");
    // What is no text fails once the temporary file is open.
    await refusal(target.write(42 as never));
    rmSync(path);
    mkdirSync(path);
    await refusal(target.write("newer"));
    execFileSync("mkfifo", [pipe]);
    await Promise.all([readFile(pipe), (await prepareOutput(pipe)).write("text")]);
    await asUser(async () => {
      await refusal((await prepareOutput("/dev/full")).write("x"));
    });
    expect(openHere()).toEqual([]);
  });
});

describe("unfinished work", () => {
  test("goes to the path itself where no file was, again and again", async () => {
    const folder = makeFolder();
    const path = join(folder, "out.json");
    const target = await prepareOutput(path);
    expect(await target.writePartial("one")).toBe(path);
    expect(await target.writePartial("two")).toBe(path);
    expect(readFileSync(path, "utf8")).toBe("two");
    await target.write("all");
    expect(readFileSync(path, "utf8")).toBe("all");
    expect(readdirSync(folder)).toEqual(["out.json"]);
  });

  test("keeps the mode of the file that it stands beside", async () => {
    const folder = makeFolder();
    const path = join(folder, "out.json");
    writeFileSync(path, "complete");
    chmodSync(path, 0o640);
    const partial = await (await prepareOutput(path)).writePartial("part");
    expect(statSync(partial).mode & 0o7777).toBe(0o640);
  });

  test("stands beside what a link leads to, and is named beside the link", async () => {
    const folder = makeFolder();
    mkdirSync(join(folder, "kept"));
    const [real, link] = [join(folder, "kept", "real.json"), join(folder, "link.json")];
    writeFileSync(real, "complete");
    symlinkSync(real, link);
    const target = await prepareOutput(link);
    expect(await target.writePartial("part")).toBe(`${link}.partial.json`);
    expect(readFileSync(`${real}.partial.json`, "utf8")).toBe("part");
    await target.write("whole");
    expect(readdirSync(join(folder, "kept"))).toEqual(["real.json"]);
  });

  test("that an earlier run left beside stays where this one leaves none", async () => {
    const folder = makeFolder();
    const path = join(folder, "out.json");
    writeFileSync(path, "complete");
    writeFileSync(`${path}.partial.json`, "earlier");
    await (await prepareOutput(path)).write("whole");
    expect(readdirSync(folder)).toEqual(["out.json", "out.json.partial.json"]);
  });

  test("goes to a device like finished work", async () => {
    await asUser(async () => {
      expect(await (await prepareOutput("/dev/null")).writePartial("part")).toBe("/dev/null");
    });
  });

  test("goes beside a file that is there, and makes way for the whole", async () => {
    const folder = makeFolder();
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
    const folder = makeFolder();
    const target = await prepareOutput(join(folder, "out.json"));
    const written = target.write("x".repeat(1e7));
    await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(1), { interval: 1 });
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^\.out\.json\.[0-9a-f]{8}\.tmp$/)]);
    cutShort();
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    await written.catch(() => {});
  });

  test("has a temporary name that a folder can hold, and that is nobody's concern once all is written", async () => {
    const folder = makeFolder();
    const name = "o".repeat(255);
    const written = (await prepareOutput(join(folder, name))).write("x".repeat(1e7));
    await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(1), { interval: 1 });
    const [temporary] = readdirSync(folder);
    expect(temporary).toMatch(/^\.o{200}\.[0-9a-f]{8}\.tmp$/);
    await written;
    expect(readdirSync(folder)).toEqual([name]);
    writeFileSync(join(folder, temporary!), "another's");
    cutShort();
    expect(readdirSync(folder)).toContain(temporary);
  });
});

describe("an input of the same work is not written over", () => {
  function makeInput(): string {
    const folder = makeFolder();
    writeFileSync(join(folder, "in.json"), "mine");
    linkSync(join(folder, "in.json"), join(folder, "hard.json"));
    symlinkSync("in.json", join(folder, "soft.json"));
    return folder;
  }

  test.each(["in.json", "./in.json", "hard.json", "soft.json", "../{}/in.json"])("by the name %s", async (name) => {
    const folder = makeInput();
    const path = `${folder}/${name.replace("{}", basename(folder))}`;
    const input = join(folder, "in.json");
    const same = path === input ? "is read as well" : `is the same file as ${input}, which is read`;
    expect(await refusal(prepareOutput(path, { inputs: [input] }))).toBe(
      `${path}: ${same}, and would be written over; expected another file to write`,
    );
  });

  test("where the input is the folder that has it", async () => {
    const folder = makeInput();
    const [path, message] = [join(folder, "soft.json"), "which is read, and would be written over"];
    expect(await refusal(prepareOutput(path, { inputs: [folder] }))).toBe(
      `${path}: is the same file as ${join(folder, "hard.json")}, ${message}; expected another file to write`,
    );
  });

  test("but any other file may be, beside inputs that are not there", async () => {
    const folder = makeInput();
    const inputs = ["-", join(folder, "none.json"), join(folder, "in.json")];
    await expect(prepareOutput(join(folder, "other.json"), { inputs })).resolves.toBeDefined();
    await asUser(async () => {
      await expect(prepareOutput("/dev/null", { inputs: ["/dev/null"] })).resolves.toBeDefined();
    });
  });
});

test("a symbolic link that leads nowhere is refused, not replaced", async () => {
  const folder = makeFolder();
  symlinkSync("nowhere.json", join(folder, "link.json"));
  expect(await refusal(prepareOutput(join(folder, "link.json")))).toBe(
    `${join(folder, "link.json")}: is a symbolic link that leads nowhere; expected a file to write`,
  );
});

test("a named pipe is written to once it is read", async () => {
  const folder = makeFolder();
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
  expect([target.path, await target.writePartial("b"), text]).toEqual(["-", "-", "ab"]);
  expect(await refusal(prepareOutput("-"))).toBe(
    'output "-": there is no standard output here; expected a file to write',
  );
});

test("a prepared output has the path that it was given, and is none where none was", async () => {
  const folder = makeFolder();
  expect(await prepareOutput(undefined)).toBeUndefined();
  writeFileSync(join(folder, "old.json"), "");
  for (const path of [join(folder, "new.json"), join(folder, "old.json")])
    expect((await prepareOutput(path)).path).toBe(path);
  await asUser(async () => {
    expect((await prepareOutput("/dev/null")).path).toBe("/dev/null");
  });
});

describe("the reason why a file cannot be written", () => {
  test.each([
    ["ENOENT", "its folder does not exist"],
    ["ENOTDIR", "a part of the path is not a folder"],
    ["EACCES", "permission denied"],
    ["EPERM", "not permitted"],
    ["EROFS", "the file system is read-only"],
    ["ENOSPC", "no space left on the device"],
    ["EDQUOT", "the disk quota is used up"],
    ["EFBIG", "the file would be too large"],
    ["ENAMETOOLONG", "the name is too long"],
    ["EISDIR", "is a folder"],
    ["EIO", "EIO"],
  ])("is worded where the system says %s", (code, words) => {
    const error = unwritable("x".repeat(201), Object.assign(new Error("no words"), { code }));
    expect(error).toEqual(
      new UserError(`${"x".repeat(197)}...: cannot be written: ${words}; expected a file in a writable folder`),
    );
  });

  test("is left alone where the system has nothing to do with it", () => {
    const other = [new Error("a fault"), { code: "EIO" }, Object.assign(new UserError("x"), { code: "EIO" })];
    expect(other.map((error) => unwritable("x", error) === error)).toEqual([true, true, true]);
  });
});

test("a reader of a named pipe that has seen enough is no error", async () => {
  const folder = makeFolder();
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const written = (await prepareOutput(pipe)).writePartial("x".repeat(300_000));
  const reader = await open(pipe, "r");
  await reader.read(Buffer.alloc(10));
  await reader.close();
  expect(await written).toBe(pipe);
});

test("a named pipe that is taken away before anyone reads it is an error", async () => {
  const folder = makeFolder();
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const written = (await prepareOutput(pipe)).write("x");
  rmSync(pipe);
  expect(await refusal(written)).toBe(
    `${pipe}: cannot be written: its folder does not exist; expected a file in a writable folder`,
  );
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
  const folder = makeFolder();
  const long = join(folder, "x".repeat(200), "y.json");
  mkdirSync(join(folder, "x".repeat(200)));
  writeFileSync(long, "{}");
  symlinkSync(long, join(folder, "short.json"));
  await expect(prepareOutput(join(folder, "short.json"), { inputs: [long] })).rejects.toThrow(
    `is the same file as ${long.slice(0, 197)}..., which is read, and would be written over`,
  );
});
