/** Sleeps until it is woken, or for a time. What wakes it while it is awake ends the next sleep at once. */
export class Alarm {
  #woken = Promise.withResolvers<void>();

  readonly wake = (): void => this.#woken.resolve();

  /** `ms` is at most so long. Does not keep the process alive. */
  async sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms).unref();
    await Promise.race([promise, this.#woken.promise]);
    clearTimeout(timer);
    this.#woken = Promise.withResolvers();
  }
}
