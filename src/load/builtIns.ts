/** Built-ins that the simulation rests on; a module that replaces a part of one would change its figures. */
const ROOTS: Readonly<Record<string, object>> = {
  Object,
  Function,
  Array,
  Map,
  Set,
  Promise,
  Math,
  JSON,
  Number,
  String,
  RegExp,
  Symbol,
  Reflect,
  Error,
  Uint8Array,
  Uint32Array,
  Int32Array,
  Float64Array,
  TypedArray: Object.getPrototypeOf(Uint8Array) as object,
  Iterator: Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object,
  ArrayIterator: Object.getPrototypeOf([][Symbol.iterator]()) as object,
  Performance: Object.getPrototypeOf(performance) as object,
};

type Parts = ReadonlyMap<string, unknown>;

function partsOf(): Parts {
  const parts = new Map<string, unknown>();
  for (const [name, root] of Object.entries(ROOTS)) {
    add(parts, name, root);
    const prototype: unknown = (root as { prototype?: unknown }).prototype;
    if (typeof prototype === "object" && prototype !== null) add(parts, `${name}.prototype`, prototype);
  }
  return parts;
}

function add(parts: Map<string, unknown>, name: string, object: object): void {
  for (const key of Reflect.ownKeys(object)) {
    const { value, get, set } = Object.getOwnPropertyDescriptor(object, key) ?? {};
    const path = `${name}.${typeof key === "symbol" ? `[${key.description ?? "symbol"}]` : key}`;
    parts.set(path, value ?? get ?? set);
  }
}

/** Remembers the built-ins as they are. @returns tells the first that has been replaced or removed since, or undefined */
export function rememberBuiltIns(): () => string | undefined {
  const before = partsOf();
  return () => {
    const now = partsOf();
    for (const [path, part] of before) if (!Object.is(now.get(path), part)) return path;
    return undefined;
  };
}
