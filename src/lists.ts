/**
 * What lists and maps are certain to hold: where one does not, the program is at fault and says so.
 */

/** A list with a first element. */
export type NonEmpty<T> = readonly [T, ...T[]];

export function isNonEmpty<T>(list: readonly T[]): list is NonEmpty<T> {
  return list.length > 0;
}

/** The list as one that has elements. @throws RangeError where it has none */
export function nonEmpty<T>(list: readonly T[]): NonEmpty<T> {
  if (!isNonEmpty(list)) throw new RangeError("a list has no elements");
  return list;
}

/** What stands at the same places of two lists, in pairs. @throws RangeError where one is longer */
export function zip<A, B>(a: readonly A[], b: readonly B[]): [A, B][] {
  if (a.length !== b.length) throw new RangeError(`lists of ${a.length} and ${b.length} elements are no pairs`);
  return a.map((one, i) => [one, b[i]!]);
}

/** What a map holds under a key. @throws RangeError where it holds nothing */
export function lookUp<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new RangeError(`nothing is known of ${String(key)}`);
  return value;
}

/** The one of this id. @throws RangeError where there is none */
export function withId<T extends { readonly id: string }>(list: readonly T[], id: string): T {
  const found = list.find((one) => one.id === id);
  if (found === undefined) throw new RangeError(`nothing has the id ${id}`);
  return found;
}

/** The list from its nth element on, and what stands before that behind it. */
export function rotated<T>(list: readonly T[], by: number): T[] {
  const first = by % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}

/** What has the same key together, keys and what has them in the order of the list. */
export function groupBy<T, K>(list: readonly T[], keyOf: (one: T) => K): Map<K, [T, ...T[]]> {
  const groups = new Map<K, [T, ...T[]]>();
  for (const one of list) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}

/** "a", "a and b", "a, b and c". */
export function listed(words: readonly string[], last = "and"): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}
