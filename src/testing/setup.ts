import fc from "fast-check";

const nightly = process.env.NIGHTLY === "1";

fc.configureGlobal({
  // Where a property says how long a thing may get, it gets that long: by default it would stop at
  // some ten elements.
  defaultSizeToMaxWhenMaxSpecified: true,
  // What fails must fail again. The nightly run looks for what this seed does not meet.
  ...(nightly ? { numRuns: 1000 } : { seed: 1 }),
});
