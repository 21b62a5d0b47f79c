/**
 * Finds out that a walk goes in a circle. All that a walk does after a restart follows from where
 * it restarts, from the phase of the yield schedule and from the tree: if these come back with
 * nothing changed in between, it never ends.
 *
 * Brent's way: one remembered state, replaced after 1, 2, 4, 8... restarts, so that a circle is
 * found within about three times its length and what leads to it, in constant memory.
 */
export class LivelockDetector {
  private mark = -1;
  private phase = -1;
  private progress = -1;
  private left = 0;
  private lap = 1;
  /**
   * The furthest gfn that the walk restarted from since the remembered state: in a circle, the
   * furthest it ever comes.
   */
  furthest = 0;

  reset(): void {
    this.mark = -1;
    this.furthest = 0;
    this.phase = -1;
    this.progress = -1;
    this.left = 0;
    this.lap = 1;
  }

  /**
   * Called at each restart.
   *
   * @param mark gfn at which the walk goes on
   * @param phase polls since the schedule was last due
   * @param progress a number that grows with each change of the tree or of what the body keeps
   * @returns whether the walk was in this state before, with nothing changed since
   */
  seen(mark: number, phase: number, progress: number): boolean {
    if (mark > this.furthest) this.furthest = mark;
    if (mark === this.mark && phase === this.phase && progress === this.progress) return true;
    if (this.left === 0) {
      this.mark = mark;
      this.furthest = mark;
      this.phase = phase;
      this.progress = progress;
      this.left = this.lap;
      this.lap *= 2;
    }
    this.left--;
    return false;
  }
}
