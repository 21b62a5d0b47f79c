import { zip } from "../lists.js";
import { leastSquares, subtract, transpose } from "./linear.js";
import { seededRandom } from "./random.js";

/**
 * What is left of each row with these parameters: measured less modelled, in whatever makes rows
 * comparable.
 */
export type Residuals = (parameters: readonly number[]) => readonly number[];

/** No parameter moves by more than this factor in one step. */
const LARGEST_STEP = Math.log(3);
const TURNS = 200;
/**
 * Positive parameters with the least sum of squared residuals, by Levenberg and Marquardt's method
 * on the logarithms of the parameters, from the given start and from others around it, drawn with a
 * fixed seed.
 *
 * @param start where to begin; all positive
 * @param starts how many others: a model with a kink has more than one valley
 */
export function fitPositive(residuals: Residuals, start: readonly number[], starts = 6): number[] {
  const fraction = seededRandom(1);
  let best = descend(residuals, start);
  for (let i = 0; i < starts; i++) {
    const found = descend(
      residuals,
      start.map((value) => value * 4 ** (2 * fraction() - 1)),
    );
    if (best.error - found.error > 1e-6 * best.error + 1e-12) best = found;
  }
  return best.parameters;
}

function descend(residualsOf: Residuals, start: readonly number[]): { parameters: number[]; error: number } {
  const residuals = (logs: readonly number[]) => residualsOf(logs.map(Math.exp));
  let at = start.map(Math.log);
  let rest = residuals(at);
  let error = squares(rest);
  let damping = 1e-3;
  for (let turn = 0; turn < TURNS; turn++) {
    const slopes = at.map((_, j) => {
      const step = 1e-6;
      const moved = residuals(at.map((value, k) => (k === j ? value + step : value)));
      return subtract(rest, moved).map((value) => value / step);
    });
    let better = false;
    for (; damping < 1e10; damping *= 10) {
      const move = stepOf(slopes, rest, damping);
      if (move === undefined) continue;
      const next = zip(at, move).map(([value, by]) => value + Math.max(-LARGEST_STEP, Math.min(LARGEST_STEP, by)));
      const nextRest = residuals(next);
      const nextError = squares(nextRest);
      if (nextError < error) {
        better = error - nextError > 1e-10 * error + 1e-16;
        at = next;
        rest = nextRest;
        error = nextError;
        damping = Math.max(1e-12, damping / 10);
        break;
      }
    }
    if (!better) break;
  }
  return { parameters: at.map(Math.exp), error };
}

/**
 * The step that damped least squares say: the slopes of the rows, and one row more a parameter that
 * holds it back.
 */
function stepOf(
  slopes: readonly (readonly number[])[],
  rest: readonly number[],
  damping: number,
): number[] | undefined {
  // A parameter that no row depends on stays where it is.
  const lengths = slopes.map((slope) => Math.max(1e-9, Math.sqrt(squares(slope))));
  const held = lengths.map((length, j) => slopes.map((_, k) => (j === k ? Math.sqrt(damping) * length : 0)));
  return leastSquares(
    [...transpose(slopes), ...held],
    [...rest, ...lengths.map(() => 0)],
    slopes.map((_, j) => j),
  );
}

function squares(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}
