/**
 * Built-ins that the simulation rests on; a module that replaces a part of one would change its
 * figures.
 */
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

// Taken before any module can replace them: the check must not rest on what it checks.
const { defineProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
const { is } = Object;

/** A property of a built-in, as it was. */
interface Part {
  readonly path: string;
  readonly object: object;
  readonly key: PropertyKey;
  readonly property: PropertyDescriptor;
}

function partsOf(): Part[] {
  const parts: Part[] = [];
  for (const [name, root] of Object.entries(ROOTS)) {
    if ((globalThis as Record<string, unknown>)[name] === root) parts.push(partAt(name, globalThis, name));
    add(parts, name, root);
    const { prototype } = root as { readonly prototype?: object };
    if (prototype !== undefined) add(parts, `${name}.prototype`, prototype);
  }
  return parts;
}

function add(parts: Part[], name: string, object: object): void {
  for (const key of ownKeys(object)) {
    const path = `${name}.${typeof key === "symbol" ? `[${key.description}]` : key}`;
    parts.push(partAt(path, object, key));
  }
}

function partAt(path: string, object: object, key: PropertyKey): Part {
  return { path, object, key, property: getOwnPropertyDescriptor(object, key)! };
}

function isIntact({ object, key, property }: Part): boolean {
  const now = getOwnPropertyDescriptor(object, key);
  return now !== undefined && is(now.value, property.value) && now.get === property.get && now.set === property.set;
}

/**
 * Remembers the built-ins as they are.
 *
 * @returns puts back what has been replaced or removed since, so that it can be told, and names the
 *   first such part; undefined where none is
 */
export function rememberBuiltIns(): () => string | undefined {
  const before = partsOf();
  return () => {
    let replaced: string | undefined;
    // By index: what for-of rests on may be what has been replaced.
    for (let i = 0; i < before.length; i++) {
      const part = before[i]!;
      if (isIntact(part)) continue;
      replaced ??= part.path;
      defineProperty(part.object, part.key, part.property);
    }
    return replaced;
  };
}
