import { badInput, clip, unknownName } from "../errors.js";

/**
 * Reading of JSON that comes from outside, field by field, with messages that name the field: for
 * scenario files, whose reading is on the way of every start (results, which are larger and read
 * less often, use zod).
 */
export class Fields {
  private constructor(
    private readonly value: Readonly<Record<string, unknown>>,
    readonly path: string,
  ) {}

  /** @throws UserError if the value is no plain object, or has a field that is not among `known` */
  static of(value: unknown, path: string, known: readonly string[]): Fields {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw badInput(path, `is ${nameOf(value)}`, "an object");
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      throw unknownName(`${path}: field`, key, known);
    }
    return new Fields(value as Record<string, unknown>, path);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.value, name) && this.value[name] !== undefined;
  }

  raw(name: string): unknown {
    return Object.hasOwn(this.value, name) ? this.value[name] : undefined;
  }

  string(name: string, maxLength = 64): string {
    const value = this.raw(name);
    if (typeof value !== "string") throw badInput(this.at(name), `is ${nameOf(value)}`, "a string");
    if (value.length > maxLength)
      throw badInput(this.at(name), `has ${value.length} characters`, `at most ${maxLength}`);
    return value;
  }

  optionalString(name: string, maxLength = 4000): string | undefined {
    return this.has(name) ? this.string(name, maxLength) : undefined;
  }

  integer(name: string, min: number, max: number): number {
    const value = this.raw(name);
    if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
      const what = typeof value === "number" ? `is ${value}` : `is ${nameOf(value)}`;
      throw badInput(this.at(name), what, `a whole number from ${min} to ${max}`);
    }
    return value;
  }

  boolean(name: string): boolean {
    const value = this.raw(name);
    if (typeof value !== "boolean") throw badInput(this.at(name), `is ${nameOf(value)}`, "true or false");
    return value;
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.raw(name);
    const found = choices.find((choice) => choice === value);
    if (found === undefined) {
      const what = typeof value === "string" ? `is "${clip(value)}"` : `is ${nameOf(value)}`;
      throw badInput(this.at(name), what, `one of ${choices.join(", ")}`);
    }
    return found;
  }

  array(name: string, min: number, max: number): readonly unknown[] {
    const value = this.raw(name);
    if (!Array.isArray(value)) throw badInput(this.at(name), `is ${nameOf(value)}`, "an array");
    if (value.length < min || value.length > max) {
      throw badInput(this.at(name), `has ${value.length} elements`, `from ${min} to ${max}`);
    }
    return value;
  }

  at(name: string): string {
    return `${this.path}.${name}`;
  }
}

/** What a JSON value is, for messages: "missing", "null", "an array", "a number". */
export function nameOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
