/**
 * What must not stay behind if the process is ended from outside: temporary files, child processes.
 */
const undone = new Set<() => void>();

/**
 * Has something undone if the process ends before it is finished.
 *
 * @param undo must be synchronous: nothing is waited for any more when it is called
 * @returns withdraws it, once the work is finished
 */
export function whenCutShort(undo: () => void): () => void {
  undone.add(undo);
  return () => {
    undone.delete(undo);
  };
}

/** Undoes what is unfinished. Called by whoever owns the process, as its last act. */
export function cutShort(): void {
  for (const undo of undone) {
    undone.delete(undo);
    try {
      undo();
    } catch {
      // The others must have their turn, and there is nobody left to tell.
    }
  }
}
