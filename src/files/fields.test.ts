import { describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import { Fields, nameOf } from "./fields.js";

const KNOWN = ["name", "size"];
const of = (value: unknown) => Fields.of(value, "memslots[0]", KNOWN);

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
  throw new Error("nothing was refused");
}

describe("an object from outside", () => {
  it.each([
    [undefined, "missing"],
    [null, "null"],
    [[], "an array"],
    [7, "a number"],
    ["x", "a string"],
    [true, "a boolean"],
  ])("is refused where it is %j", (value, name) => {
    expect(refusal(() => of(value))).toBe(`memslots[0]: is ${name}; expected an object`);
    expect(nameOf(value)).toBe(name);
  });

  it("is named in messages as an object where something else is expected", () => {
    expect(nameOf({})).toBe("an object");
  });

  it("is refused with a field that nobody knows, by the nearest that is known", () => {
    expect(refusal(() => of({ size: 1, nam: 2 }))).toBe(
      'memslots[0]: field "nam": unknown, did you mean "name"?; expected one of name, size',
    );
  });

  it("has the fields that it has itself, not those of its prototype, and none that is undefined", () => {
    const inherited: unknown = Object.assign(Object.create({ size: 1 }), { name: undefined });
    expect([of(inherited).has("size"), of(inherited).has("name"), of({ name: null }).has("name")]).toEqual([
      false,
      false,
      true,
    ]);
    expect([of(inherited).raw("size"), of({ name: null }).raw("name"), of({ name: "a" }).raw("name")]).toEqual([
      undefined,
      null,
      "a",
    ]);
    expect([of({}).path, of({}).at("size")]).toEqual(["memslots[0]", "memslots[0].size"]);
  });
});

describe("a field", () => {
  const fields = (name: unknown) => of({ name });

  it("is a string of up to 64 characters, or as many as it may have", () => {
    expect(fields("a".repeat(64)).string("name")).toBe("a".repeat(64));
    expect(fields("").string("name")).toBe("");
    expect(refusal(() => fields("a".repeat(65)).string("name"))).toBe(
      "memslots[0].name: has 65 characters; expected at most 64",
    );
    expect(refusal(() => fields("abc").string("name", 2))).toBe(
      "memslots[0].name: has 3 characters; expected at most 2",
    );
    expect(refusal(() => fields(null).string("name"))).toBe("memslots[0].name: is null; expected a string");
    expect(refusal(() => of({}).string("size"))).toBe("memslots[0].size: is missing; expected a string");
  });

  it("is a text of up to 4000 characters, or is absent", () => {
    expect(fields("a".repeat(4000)).optionalString("name")).toHaveLength(4000);
    expect(fields("ab").optionalString("name", 2)).toBe("ab");
    expect(of({}).optionalString("name")).toBeUndefined();
    expect(refusal(() => fields("a".repeat(4001)).optionalString("name"))).toBe(
      "memslots[0].name: has 4001 characters; expected at most 4000",
    );
  });

  it("is a whole number within bounds that belong to it", () => {
    expect([fields(2).integer("name", 2, 4), fields(4).integer("name", 2, 4)]).toEqual([2, 4]);
    const refused: [unknown, string][] = [
      [1, "1"],
      [5, "5"],
      [2.5, "2.5"],
      [Number.NaN, "NaN"],
      ["3", "a string"],
      [undefined, "missing"],
    ];
    for (const [value, what] of refused) {
      expect(refusal(() => fields(value).integer("name", 2, 4))).toBe(
        `memslots[0].name: is ${what}; expected a whole number from 2 to 4`,
      );
    }
  });

  it("is true or false", () => {
    expect([fields(true).boolean("name"), fields(false).boolean("name")]).toEqual([true, false]);
    expect(refusal(() => fields(1).boolean("name"))).toBe("memslots[0].name: is a number; expected true or false");
  });

  it("is one of several words", () => {
    const choices = ["enable", "clear"] as const;
    expect([fields("enable").oneOf("name", choices), fields("clear").oneOf("name", choices)]).toEqual(choices);
    expect(refusal(() => fields("x\u001b".repeat(40)).oneOf("name", choices))).toBe(
      `memslots[0].name: is "${"x ".repeat(28)}x..."; expected one of enable, clear`,
    );
    expect(refusal(() => fields({}).oneOf("name", choices))).toBe(
      "memslots[0].name: is an object; expected one of enable, clear",
    );
  });

  it("is a list of so many elements, whatever they are", () => {
    const list = [1, "a", null];
    expect(fields(list).array("name", 3, 3)).toBe(list);
    expect(refusal(() => fields(list).array("name", 4, 5))).toBe(
      "memslots[0].name: has 3 elements; expected from 4 to 5",
    );
    expect(refusal(() => fields(list).array("name", 0, 2))).toBe(
      "memslots[0].name: has 3 elements; expected from 0 to 2",
    );
    expect(refusal(() => fields({ length: 3 }).array("name", 0, 5))).toBe(
      "memslots[0].name: is an object; expected an array",
    );
  });
});
