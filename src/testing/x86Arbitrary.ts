import * as fc from "fast-check";
import { randomRoots, randomSchedules } from "../mmu/tdp/random.js";

/** Random x86 guests for property tests of the model: the same as verify searches. */
export const rootSpecs = randomRoots(fc);

/** Yield schedules, never among them. */
export const schedules = randomSchedules(fc);
