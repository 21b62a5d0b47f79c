import { expect, it } from "vitest";
import { rememberBuiltIns } from "./builtIns.js";

const replacedPart = rememberBuiltIns();

it.each<[string, object, PropertyKey, string]>([
  ["a global class", globalThis, "Map", "Map"],
  ["what a Map rests on", Map.prototype, "set", "Map.prototype.set"],
  ["what every loop rests on", Array.prototype, Symbol.iterator, "Array.prototype.[Symbol.iterator]"],
  ["what the check rests on", Reflect, "getOwnPropertyDescriptor", "Reflect.getOwnPropertyDescriptor"],
  ["how values are compared", Object, "is", "Object.is"],
  ["how functions are called", Function.prototype, "call", "Function.prototype.call"],
  ["a getter", Map.prototype, "size", "Map.prototype.size"],
])("names what has been replaced, and puts it back: %s", (_, object, key, path) => {
  const was = Object.getOwnPropertyDescriptor(object, key)!;
  const { defineProperty } = Reflect;
  const other = () => undefined;
  defineProperty(object, key, was.get === undefined ? { ...was, value: other } : { ...was, get: other });
  const found = replacedPart();
  const now = Object.getOwnPropertyDescriptor(object, key);
  defineProperty(object, key, was);
  expect(found).toBe(path);
  expect(now).toEqual(was);
});

it("names what has been removed", () => {
  const { map } = Array.prototype;
  Reflect.deleteProperty(Array.prototype, "map");
  expect(replacedPart()).toBe("Array.prototype.map");
  expect(Array.prototype.map).toBe(map);
});

it("says nothing where all is as it was", () => {
  expect(replacedPart()).toBeUndefined();
});
