import { afterEach, expect, it } from "vitest";
import { rememberBuiltIns } from "./builtIns.js";

const intact = rememberBuiltIns();
let restore = () => {};
afterEach(() => restore());

it.each<[string, object, PropertyKey, string]>([
  ["a global class", globalThis, "Map", "Map"],
  ["what a Map rests on", Map.prototype, "set", "Map.prototype.set"],
  ["what every loop rests on", Array.prototype, Symbol.iterator, "Array.prototype.[Symbol.iterator]"],
  ["what this check rests on", Reflect, "getOwnPropertyDescriptor", "Reflect.getOwnPropertyDescriptor"],
  ["how values are compared", Object, "is", "Object.is"],
])("names what has been replaced: %s", (_, object, key, path) => {
  const was = Object.getOwnPropertyDescriptor(object, key)!;
  restore = () => Reflect.defineProperty(object, key, was);
  Reflect.defineProperty(object, key, { ...was, value: function replaced() {} });
  const found = intact();
  restore();
  expect(found).toBe(path);
});

it("says nothing where all is as it was", () => {
  expect(intact()).toBeUndefined();
});
