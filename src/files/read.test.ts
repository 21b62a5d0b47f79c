import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { afterAll, describe, expect, it, test } from "vitest";
import { UserError } from "../errors.js";
import { parseJson } from "./parseJson.js";
import { LARGEST_TEXT_BYTES, nameOf, readJson, readText, unreadable } from "./read.js";

const folder = mkdtempSync(join(tmpdir(), "s2split-files-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function* stream(...chunks: (string | Uint8Array)[]) {
  yield* chunks;
}

const how = { expected: "a thing" };

describe("reading a text", () => {
  it("takes UTF-8 with a byte order mark or without", async () => {
    expect(await readText(file("plain", "é"), how)).toBe("é");
    expect(await readText(file("marked", "\ufeffé"), how)).toBe("é");
    expect(await readText(file("none", ""), how)).toBe("");
  });

  it("takes nothing but the whole mark of three bytes for a mark", async () => {
    const text = (...bytes: number[]) => readText(file("bytes", Uint8Array.from(bytes)), how);
    expect(await text(0xef, 0xbb, 0xbf)).toBe("");
    expect(await text(0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf, 0x61)).toBe("\ufeffa");
    expect(await text(0xef, 0xbb, 0x41)).toBe("\ufffdA");
    expect(await text(0x41, 0xbb, 0xbf)).toBe("A\ufffd\ufffd");
    expect(await text(0xef, 0xbb)).toBe("\ufffd");
    expect(await text(0x41)).toBe("A");
    expect(await text(0xff)).toBe("\ufffd");
    await expect(text(0xff, 0xfe)).rejects.toThrow(
      new UserError(`${join(folder, "bytes")}: is UTF-16; expected a thing, in UTF-8`),
    );
  });

  it.each([
    ["little", [0xff, 0xfe, 0x7b, 0x00]],
    ["big", [0xfe, 0xff, 0x00, 0x7b]],
  ])("names UTF-16 (%s endian) for what it is", async (name, bytes) => {
    await expect(readText(file(name, Uint8Array.from(bytes)), how)).rejects.toThrow(
      new UserError(`${join(folder, name)}: is UTF-16; expected a thing, in UTF-8`),
    );
  });

  it("takes standard input from whoever has one, characters that are cut between chunks included", async () => {
    const [a, b] = [Buffer.from("é").subarray(0, 1), Buffer.from("é").subarray(1)];
    expect(await readText("-", { ...how, stdin: stream("x", a, b) })).toBe("xé");
    await expect(readText("-", how)).rejects.toThrow(
      new UserError("standard input: cannot be read here; expected a path"),
    );
  });

  it("stops at the limit, wherever the bytes come from", async () => {
    const limited = { ...how, maxBytes: 2 ** 20 };
    const large = new Uint8Array(2 ** 20 + 1);
    const expected = "2 MiB is too large; expected a thing of at most 1 MiB";
    await expect(readText(file("large", large), limited)).rejects.toThrow(
      new UserError(`${join(folder, "large")}: ${expected}`),
    );
    const more = "more than 1 MiB is too large; expected a thing of at most 1 MiB";
    await expect(readText("/dev/zero", limited)).rejects.toThrow(new UserError(`/dev/zero: ${more}`));
    await expect(readText("-", { ...limited, stdin: stream(large) })).rejects.toThrow(
      new UserError(`standard input: ${more}`),
    );
    expect(await readText(file("just", large.subarray(1)), limited)).toHaveLength(2 ** 20);
  });

  it("has a limit of 128 MiB where no other is set", async () => {
    expect(LARGEST_TEXT_BYTES).toBe(134_217_728);
    const path = file("sparse", "");
    truncateSync(path, 134_217_729);
    await expect(readText(path, how)).rejects.toThrow(
      new UserError(`${path}: 129 MiB is too large; expected a thing of at most 128 MiB`),
    );
  });

  it("names a path in one line of at most 200 characters", () => {
    expect(nameOf("-")).toBe("standard input");
    expect(nameOf(`a\n${"x".repeat(198)}`)).toBe(`a ${"x".repeat(198)}`);
    expect(nameOf(`a\n${"x".repeat(199)}`)).toBe(`a ${"x".repeat(195)}...`);
  });

  it.each([
    ["ENOENT", "no such file"],
    ["EACCES", "cannot be read: permission denied (files of debugfs and of other processes need root)"],
    ["EPERM", "cannot be read: not permitted"],
    ["EISDIR", "is a folder"],
    ["ENOTDIR", "cannot be read: a part of the path is not a folder"],
    ["ENAMETOOLONG", "cannot be read: the name is too long"],
    ["ELOOP", "cannot be read: too many symbolic links"],
    ["ESRCH", "cannot be read: the process has ended"],
    ["EIO", "cannot be read (EIO)"],
  ])("words the system's %s", (code, words) => {
    const error = unreadable("x", Object.assign(new Error("no words"), { code }), "a thing");
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toBe(`x: ${words}; expected a thing`);
  });

  it("passes on what is no error of the system", async () => {
    const other = [
      new Error("a fault"),
      new UserError("x"),
      { code: "EIO" },
      Object.assign(new UserError("y"), { code: "EIO" }),
    ];
    expect(other.map((error) => unreadable("x", error, "y") === error)).toEqual([true, true, true, true]);
    const fault = new Error("a fault of the stream");
    const broken = Readable.from(
      (async function* () {
        yield "a";
        throw fault;
      })(),
    );
    await expect(readText("-", { ...how, stdin: broken })).rejects.toBe(fault);
  });

  it.each([
    ["absent", "no such file"],
    [".", "is a folder"],
    ["plain/x", "cannot be read: a part of the path is not a folder"],
    ["x".repeat(300), "cannot be read: the name is too long"],
  ])("says in one line why %s cannot be read", async (name, why) => {
    file("plain", "");
    const error: unknown = await readText(`${folder}/${name}`, how).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toBe(`${nameOf(`${folder}/${name}`)}: ${why}; expected a thing`);
  });
});

describe("parsing JSON", () => {
  it("looks at the depth first: a file of brackets costs its own size", async () => {
    const path = file("deep", "[".repeat(5e6));
    const before = process.memoryUsage().rss;
    await expect(readJson(path, how)).rejects.toThrow(
      new UserError(`${path}: nested more than 64 deep; expected a thing`),
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  it("takes 64 levels, and no 65th", () => {
    const nested = (depth: number) => `${'[{"a":'.repeat(depth / 2)}1${"}]".repeat(depth / 2)}`;
    expect(() => parseJson(nested(64), "x", "y")).not.toThrow();
    expect(() => parseJson(nested(66), "x", "y")).toThrow("nested more than 64 deep");
    expect(() => parseJson(`[${nested(64)}]`, "x", "y")).toThrow("nested more than 64 deep");
  });

  it("takes brackets in strings for text, whatever is escaped", () => {
    const text = JSON.stringify({ a: `${"[{".repeat(100)}\\`, b: '"\\"[' });
    expect(parseJson(text, "x", "y")).toEqual(JSON.parse(text));
  });

  test("any value comes back", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(parseJson(`\ufeff${text}`, "x", "y")).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ["", "empty"],
    [" \n", "empty"],
    ["\ufeff", "empty"],
    ['{"a":[{"__proto__":1}]}', 'holds the name "__proto__"'],
    ['{"\\u005f_proto__":1}', 'holds the name "__proto__"'],
    ["[".repeat(65), "nested more than 64 deep"],
    [`${'{"a":'.repeat(65)}`, "nested more than 64 deep"],
  ])("refuses %j", (text, problem) => {
    expect(() => parseJson(text, "x", "y")).toThrow(new UserError(`x: ${problem}; expected y`));
  });

  it.each(["{", `["${"x".repeat(99)}",}`, `[{}],${"[".repeat(63)}`])("says of %j what the engine says", (text) => {
    let cause = "";
    try {
      JSON.parse(text);
    } catch (error) {
      cause = (error as Error).message;
    }
    expect(cause).not.toBe("");
    expect(() => parseJson(text, "x", "y")).toThrow(
      new UserError(`x: not JSON, perhaps truncated (${cause}); expected y`),
    );
  });

  it("closes what is closed: beside each other there may be any number of brackets", () => {
    const text = `[${"[{}],".repeat(200)}{"a":[]}]`;
    expect(parseJson(text, "x", "y")).toEqual(JSON.parse(text));
  });
});
