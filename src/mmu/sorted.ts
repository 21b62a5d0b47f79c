/** Each element but the last, with the one behind it. */
export function* neighbours<T>(list: readonly T[]): Generator<readonly [T, T]> {
  for (const [i, element] of list.entries()) if (i > 0) yield [list[i - 1]!, element];
}

/**
 * Index of the first element of which something holds that, once it does, holds of all behind it;
 * the list's length where it never does.
 */
export function firstWhere<T>(list: readonly T[], holds: (element: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(list[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
