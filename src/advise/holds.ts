import { zip } from "../lists.js";
import type { LockTrace, Taking } from "./lockHolds.js";
import { LockWork } from "./lockWork.js";
import type { Stratum } from "./sample.js";

/** One time that the lock is held. */
export interface Held {
  readonly work: LockWork;
  /**
   * What ends it: a drop to top the page cache up, or the end of an ioctl (or of one of the two
   * parts of enabling).
   */
  readonly end: "top-up" | "ioctl";
}

/**
 * Every hold of a trace, in order.
 *
 * @param ioctlPerRegion the lock is released at the end of each region, because userspace clears
 *   region by region
 * @param max so many at most; the longest of those left out, by visits, is among them
 */
export function holdSequence(
  trace: LockTrace,
  ioctlPerRegion = false,
  max = Number.POSITIVE_INFINITY,
): readonly Held[] {
  const holds: Held[] = [];
  for (const taking of trace.takings) {
    let open = LockWork.none();
    const close = (end: Held["end"]) => {
      if (!open.isNothing) holds.push({ work: open, end });
      open = LockWork.none();
    };
    for (const region of taking.regions) {
      region.forEach((piece, i) => {
        if (i > 0) close("top-up");
        open = open.plus(piece);
      });
      if (ioctlPerRegion) close("ioctl");
    }
    close("ioctl");
  }
  if (holds.length <= max) return holds;
  const told = holds.slice(0, max);
  const longest = holds.slice(max).reduce((a, b) => (b.work.visits > a.work.visits ? b : a));
  return told.some((hold) => hold.work.visits >= longest.work.visits) ? told : [...told.slice(0, -1), longest];
}

/** Every distinct hold of a trace. @param ioctlPerRegion as in {@link holdSequence} */
export function holdsOf(trace: LockTrace, ioctlPerRegion = false): readonly LockWork[] {
  return [...new Map(holdSequence(trace, ioctlPerRegion).map(({ work }) => [work.key, work])).values()];
}

/**
 * The trace of a guest of which this one is a sample: a hold that no region ends, since nothing is
 * topped up in it, grows with the memory. Where some region ends holds, it grows through as many
 * regions as follow one another that take nothing from the cache: but for a top-up that one before
 * them left to do, none of them drops the lock.
 *
 * @param strata what each region of the sample stands for
 */
export function stretched<T extends LockTrace>(trace: T, strata: readonly Omit<Stratum, "alike">[]): T {
  const takings = trace.takings.map((taking): Taking => {
    const regions = zip(taking.regions, strata);
    if (regions.some(([pieces]) => pieces.length > 1)) {
      return { regions: regions.map(([pieces, { inARow }]) => inSuccession(pieces, inARow)) };
    }
    const whole = regions.reduce(
      (sum, [[piece], { weight }]) => (piece === undefined ? sum : sum.plus(piece, weight)),
      LockWork.none(),
    );
    return { regions: [[whole]] };
  });
  return { ...trace, takings };
}

/**
 * A region's pieces as those of several in a row, where the lock is not dropped from one to the
 * next.
 */
function inSuccession(pieces: readonly LockWork[], times: number): readonly LockWork[] {
  const last = pieces.at(-1);
  const before = pieces.slice(0, -1);
  if (last === undefined || last.hasSplit || !before.every((piece) => piece.isNothing)) return pieces;
  return [...before, LockWork.none().plus(last, times)];
}

/** All work under the lock by region: the parts of enabling together. */
export function workByRegion(trace: LockTrace, regions: number): readonly LockWork[] {
  return Array.from({ length: regions }, (_, i) =>
    trace.takings.flatMap((taking) => taking.regions[i] ?? []).reduce((sum, piece) => sum.plus(piece), LockWork.none()),
  );
}

/**
 * The trace of a guest with `times` regions like the second in place of the second and the third.
 * Exact where these two did the same work, piece by piece: the state in which the work enters a
 * region (cache, tree) is then the same in each.
 *
 * @returns undefined where the second and third region differ
 */
export function extend(trace: LockTrace, times: number): LockTrace | undefined {
  const takings: Taking[] = [];
  for (const { regions } of trace.takings) {
    const [first, second, third, ...rest] = regions;
    if (first === undefined || second === undefined || third === undefined) return undefined;
    if (second.length !== third.length || !zip(second, third).every(([a, b]) => a.equals(b))) return undefined;
    const repeated =
      second.length === 1
        ? // No drop in a region: the hold grows through all of them.
          [[LockWork.none().plus(second[0]!, times)]]
        : // Every hold of any number of repeats occurs among three.
          Array.from({ length: Math.min(times, 3) }, () => second);
    takings.push({ regions: [first, ...repeated, ...rest] });
  }
  return { ...trace, takings };
}
