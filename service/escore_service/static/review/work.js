/** Does one thing after another, so that quick keys act on what they have led to. */

import { Failure } from "../api.js";

const PAUSE = 500; // ms

export class Work {
  #last = Promise.resolve();
  #failures = 0;
  #waiting = 0;
  #timer = 0;

  /** `failed(line)` is called with what went wrong, `slow()` when something takes long. */
  constructor({ failed, slow }) {
    this.failed = failed;
    this.slow = slow;
  }

  /** Do `action` after all that was asked before; what was asked before a failure was seen is dropped. */
  run(action) {
    const failures = this.#failures;
    if (!this.#waiting++) this.#timer = setTimeout(this.slow, PAUSE);
    this.#last = this.#last.then(async () => {
      try {
        if (failures === this.#failures) await action();
      } catch (error) {
        this.#failures++;
        if (error instanceof Failure) this.failed(error.message);
        else {
          this.failed("This page has a fault; reload it to go on. Nothing that was decided is lost.");
          reportError(error);
        }
      } finally {
        if (!--this.#waiting) clearTimeout(this.#timer);
      }
    });
  }
}
