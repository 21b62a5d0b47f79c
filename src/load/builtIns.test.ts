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
  ["what comes of a class itself", Array, "from", "Array.from"],
  ["what comes of a class under a symbol", RegExp, Symbol.species, "RegExp.[Symbol.species]"],
  ["what has no name of its own", Object.getPrototypeOf([].values()), "next", "ArrayIterator.next"],
  [
    "what has a prototype and no name",
    Object.getPrototypeOf(Uint8Array.prototype),
    "fill",
    "TypedArray.prototype.fill",
  ],
  ["the clock", Object.getPrototypeOf(performance), "now", "Performance.now"],
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

it("names a setter that has been replaced beside its getter", () => {
  const was = Object.getOwnPropertyDescriptor(Object.prototype, "__proto__")!;
  Object.defineProperty(Object.prototype, "__proto__", { ...was, set: () => {} });
  expect(replacedPart()).toBe("Object.prototype.__proto__");
  expect(Object.getOwnPropertyDescriptor(Object.prototype, "__proto__")).toEqual(was);
});

it("names the first of several, and puts all back", () => {
  const { floor } = Math;
  const { slice } = String.prototype;
  String.prototype.slice = () => "";
  Math.floor = () => 0;
  expect(replacedPart()).toBe("Math.floor");
  expect([Math.floor, String.prototype.slice]).toEqual([floor, slice]);
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
