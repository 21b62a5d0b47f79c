/**
 * What goes on with custom modules, for whoever watches from another thread: a module that never
 * finishes loading and a hook that never returns block the thread that runs them. Without a watcher
 * nothing is told.
 */
export interface ModuleWatch {
  /** A module is about to be loaded. */
  loading(path: string): void;
  /** It was loaded. */
  loaded(): void;
  /**
   * Hooks were adopted: which of them runs is told by `activity` (see `hookActivity`), its name by
   * `names`.
   */
  adopted(activity: Int32Array, names: readonly string[]): void;
}

let watch: ModuleWatch | null = null;

/** Sets the watcher of this thread; null: nobody watches any more. */
export function watchModules(watcher: ModuleWatch | null): void {
  watch = watcher;
}

/** The watcher of this thread; null where nobody watches. */
export function moduleWatch(): ModuleWatch | null {
  return watch;
}
