/** At night tests take their time: `npm run test:nightly`. */
export const NIGHTLY = process.env.NIGHTLY === "1";

/**
 * How often something is tried: seldom by day, so that all tests together take a minute and a half,
 * and often at night.
 */
export function times(byDay: number, atNight: number): number {
  return NIGHTLY ? atNight : byDay;
}
