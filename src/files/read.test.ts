import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it, test } from "vitest";
import { UserError } from "../errors.js";
import { parseJson } from "./parseJson.js";
import { readJson, readText } from "./read.js";

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

  it.each([
    ["little", [0xff, 0xfe, 0x7b, 0x00]],
    ["big", [0xfe, 0xff, 0x00, 0x7b]],
  ])("names UTF-16 (%s endian) for what it is", async (name, bytes) => {
    await expect(readText(file(name, Uint8Array.from(bytes)), how)).rejects.toThrow(
      `${name}: is UTF-16; expected a thing, in UTF-8`,
    );
  });

  it("takes standard input from whoever has one, characters that are cut between chunks included", async () => {
    const [a, b] = [Buffer.from("é").subarray(0, 1), Buffer.from("é").subarray(1)];
    expect(await readText("-", { ...how, stdin: stream("x", a, b) })).toBe("xé");
    await expect(readText("-", how)).rejects.toThrow("standard input: cannot be read here; expected a path");
  });

  it("stops at the limit, wherever the bytes come from", async () => {
    const limited = { ...how, maxBytes: 2 ** 20 };
    const large = new Uint8Array(2 ** 20 + 1);
    const expected = "2 MiB is too large; expected a thing of at most 1 MiB";
    await expect(readText(file("large", large), limited)).rejects.toThrow(`large: ${expected}`);
    const more = "more than 1 MiB is too large; expected a thing of at most 1 MiB";
    await expect(readText("/dev/zero", limited)).rejects.toThrow(`/dev/zero: ${more}`);
    await expect(readText("-", { ...limited, stdin: stream(large) })).rejects.toThrow(`standard input: ${more}`);
    expect(await readText(file("just", large.subarray(1)), limited)).toHaveLength(2 ** 20);
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
    expect((error as Error).message).toContain(`: ${why}; expected a thing`);
  });
});

describe("parsing JSON", () => {
  it("looks at the depth first: a file of brackets costs its own size", async () => {
    const path = file("deep", "[".repeat(5e6));
    const before = process.memoryUsage().rss;
    await expect(readJson(path, how)).rejects.toThrow("deep: nested more than 64 deep; expected a thing");
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
    ["", "x: empty; expected y"],
    [" \n", "x: empty; expected y"],
    ["{", "x: not JSON, perhaps truncated"],
    ['{"a":[{"__proto__":1}]}', 'x: holds the name "__proto__"; expected y'],
    ['{"\\u005f_proto__":1}', 'x: holds the name "__proto__"; expected y'],
  ])("refuses %j", (text, message) => {
    expect(() => parseJson(text, "x", "y")).toThrow(message);
  });
});
