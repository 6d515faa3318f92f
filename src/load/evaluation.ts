/**
 * A module with the modules that it imports, on its way through its evaluation. What ECMA-262 calls a cyclic module record,
 * with its fields; the functions below do what its sections of these names say, so that modules are evaluated in the order in
 * which the engine evaluates its own.
 */
export interface ModuleRecord<Self> {
  readonly imports: readonly Self[];
  readonly hasAwait: boolean;
  /** How many imports stand before the first of the same circle. */
  readonly before: number | undefined;
  state: "hoisted" | "evaluating" | "evaluated";
  error: { readonly thrown: unknown } | undefined;
  /** The order in which modules that are waited for began. */
  asyncOrder: number | undefined;
  /** Nobody has to wait for it any more. */
  isDone: boolean;
  pending: number;
  parents: Self[];
  root: Self | undefined;
  index: number;
  lowest: number;
  finished: PromiseWithResolvers<void> | undefined;
  /** Binds what was evaluated before the circle. */
  bind(): void;
  /** Evaluates the body; of a module with `hasAwait`, returns a promise of its end. */
  execute(): Promise<void> | undefined;
}

/** Evaluates modules, each after those that it imports. */
export class Evaluation<Module extends ModuleRecord<Module>> {
  #asyncCount = 0;

  /** Evaluates `module` and what it imports. Throws what one throws; returns a promise when one awaits something. */
  evaluate(module: Module): Promise<void> | undefined {
    const stack: Module[] = [];
    try {
      this.#inner(module, stack, 0);
    } catch (thrown) {
      for (const open of stack) {
        open.state = "evaluated";
        open.error = { thrown };
        open.isDone = true;
      }
      throw thrown;
    }
    const root = module.root ?? module;
    if (root.error !== undefined) throw root.error.thrown;
    if (root.asyncOrder === undefined || root.isDone) return undefined;
    root.finished ??= Promise.withResolvers();
    return root.finished.promise;
  }

  #inner(module: Module, stack: Module[], counter: number): number {
    if (module.state === "evaluated") {
      if (module.error !== undefined) throw module.error.thrown;
      return counter;
    }
    if (module.state === "evaluating") return counter;
    module.state = "evaluating";
    module.index = counter;
    module.lowest = counter;
    let next = counter + 1;
    stack.push(module);
    for (const [index, imported] of module.imports.entries()) {
      if (index === module.before && !module.hasAwait) module.bind();
      next = this.#inner(imported, stack, next);
      let required = imported;
      if (imported.state === "evaluating") {
        module.lowest = Math.min(module.lowest, imported.lowest);
      } else {
        required = imported.root ?? imported;
        if (required.error !== undefined) throw required.error.thrown;
      }
      if (required.asyncOrder !== undefined && !required.isDone) {
        module.pending++;
        required.parents.push(module);
      }
    }
    if (module.pending > 0 || module.hasAwait) {
      module.asyncOrder = this.#asyncCount++;
      if (module.pending === 0) this.#executeAsync(module);
    } else {
      void module.execute();
      module.isDone = true;
    }
    if (module.lowest === module.index) {
      for (const member of stack.splice(stack.indexOf(module))) {
        member.state = "evaluated";
        member.root = module;
      }
    }
    return next;
  }

  #executeAsync(module: Module): void {
    const executed = Promise.try(() => module.execute());
    executed.then(
      () => this.#fulfilled(module),
      (thrown: unknown) => this.#rejected(module, thrown),
    );
  }

  #fulfilled(module: Module): void {
    if (module.isDone) return;
    module.isDone = true;
    module.finished?.resolve();
    const ready: Module[] = [];
    this.#gather(module, ready);
    for (const parent of ready.toSorted((a, b) => (a.asyncOrder ?? 0) - (b.asyncOrder ?? 0))) {
      if (parent.isDone) continue;
      if (parent.hasAwait) {
        this.#executeAsync(parent);
        continue;
      }
      try {
        void parent.execute();
        parent.isDone = true;
        parent.finished?.resolve();
      } catch (thrown) {
        this.#rejected(parent, thrown);
      }
    }
  }

  #gather(module: Module, ready: Module[]): void {
    for (const parent of module.parents) {
      if (ready.includes(parent) || (parent.root ?? parent).error !== undefined) continue;
      if (--parent.pending > 0) continue;
      ready.push(parent);
      if (!parent.hasAwait) this.#gather(parent, ready);
    }
  }

  #rejected(module: Module, thrown: unknown): void {
    if (module.error !== undefined || module.isDone) return;
    module.error = { thrown };
    module.isDone = true;
    for (const parent of module.parents) this.#rejected(parent, thrown);
    module.finished?.reject(thrown);
  }
}
