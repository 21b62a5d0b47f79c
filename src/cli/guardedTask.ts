import type { MessagePort } from "node:worker_threads";
import { EXIT } from "../exit.js";
import type { TextOutput } from "../files/streams.js";
import { rememberBuiltIns } from "../load/builtIns.js";
import { watchModules } from "../load/watch.js";
import { mmus } from "../mmu/registry.js";
import type { GuardedTask, Heard, OutputAbout, Told } from "./guard.js";
import type { Io } from "./io.js";
import { main } from "./main.js";

/** The thread's end of what connects it with the one that watches. */
export type GuardPort = Pick<MessagePort, "on" | "postMessage" | "ref" | "unref">;

/** Runs the command line with an io whose ends are in the thread that watches. */
export async function runTask({ argv, env, stdout, stderr }: GuardedTask, port: GuardPort): Promise<void> {
  const tell = (told: Told) => port.postMessage(told);
  const replaced = rememberBuiltIns();

  const output = (stream: "stdout" | "stderr", about: OutputAbout): TextOutput => ({
    isTTY: about.isTTY,
    ...(about.columns === undefined ? {} : { columns: about.columns }),
    write: (text) => tell({ kind: "write", stream, text }),
  });

  const listeners = new Set<() => void>();
  const waiting: ((bytes: Uint8Array | null) => void)[] = [];
  port.on("message", (heard: Heard) => {
    if (heard.kind === "input") waiting.shift()?.(heard.bytes);
    else for (const listener of [...listeners]) listener();
  });

  async function* input(): AsyncGenerator<Uint8Array> {
    for (;;) {
      port.ref();
      const bytes = await new Promise<Uint8Array | null>((resolve) => {
        waiting.push(resolve);
        tell({ kind: "read" });
      });
      port.unref();
      if (bytes === null) return;
      yield bytes;
    }
  }

  const io: Io = {
    stdin: input(),
    stdout: output("stdout", stdout),
    stderr: output("stderr", stderr),
    env,
    registry: mmus,
    onInterrupt: (listener) => {
      const own = () => listener();
      listeners.add(own);
      tell({ kind: "listening", listeners: listeners.size });
      return () => {
        listeners.delete(own);
        tell({ kind: "listening", listeners: listeners.size });
      };
    },
  };

  watchModules({
    loading: (path) => tell({ kind: "loading", path }),
    loaded: () => tell({ kind: "loaded" }),
    adopted: (activity, names) => tell({ kind: "adopted", activity, names: [...names] }),
  });

  // A port with a listener keeps the thread alive: a module that waits for nothing would wait for
  // ever, and nobody would say so.
  port.unref();
  let code = await main(argv, io);
  const part = replaced();
  if (part !== undefined && code !== EXIT.usage) {
    tell({
      kind: "write",
      stream: "stderr",
      text: `s2split: a custom strategy replaced ${part}, on which figures rest; expected a module that leaves built-ins alone\n`,
    });
    code = EXIT.usage;
  }
  tell({ kind: "done", code });
}
