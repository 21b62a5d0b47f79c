import { vi } from "vitest";
import { main } from "../cli/main.js";
import { type Ended, memoryIo, type RunHow } from "./inProcess.js";

export interface Watched extends Ended {
  /** What each line of progress said, in their order. */
  readonly progress: readonly string[];
  /** Whether the signals were given back. */
  readonly released: boolean;
}

/** What clears a terminal's line. */
const CLEAR = "\r\u001b[2K";

/**
 * Runs the command line in this process on a terminal that shows all progress, and interrupts it
 * when progress says `at`, or before it says anything where that is empty.
 */
export async function runWatched(
  args: readonly string[],
  { at, atProgress, ...how }: RunHow & { at?: string; atProgress?: () => void } = {},
): Promise<Watched> {
  const { io, written } = memoryIo(how);
  const progress: string[] = [];
  let interrupt = () => {};
  let listening = 0;
  const stderr = {
    isTTY: true,
    columns: 200,
    write: (text: string) => {
      const shown = text.startsWith(CLEAR) ? text.slice(CLEAR.length) : "";
      if (shown !== "") {
        progress.push(shown);
        if (at !== undefined && at !== "" && shown.includes(at)) {
          atProgress?.();
          interrupt();
        }
      } else if (text !== CLEAR) io.stderr.write(text);
    },
  };
  const onInterrupt = (listener: () => void) => {
    listening++;
    interrupt = listener;
    if (at === "") listener();
    return () => void listening--;
  };
  // Progress is shown ten times a second: between two looks at this clock passes a whole one.
  let seconds = Date.now() / 1000;
  const clock = vi.spyOn(Date, "now").mockImplementation(() => 1000 * seconds++);
  try {
    const code = await main(args, { ...io, stderr, onInterrupt });
    return { code, stdout: written.stdout, stderr: written.stderr, progress, released: listening === 0 };
  } finally {
    clock.mockRestore();
  }
}
