/** Each element but the last, with the one behind it. */
export function* neighbours<T>(list: readonly T[]): Generator<readonly [T, T]> {
  for (const [i, element] of list.entries()) if (i > 0) yield [list[i - 1]!, element];
}
