import { AsyncLocalStorage } from "node:async_hooks";

/** The body of a response that is code of a plugin. */
interface Body {
  /** Gets what the body fails with, once somebody wants to know. */
  report: ((error: unknown) => void) | undefined;
}

const streams = new WeakMap<ReadableStream, Body>();
const bodies = new WeakMap<Response, Body>();

/**
 * `Response` and `ReadableStream` as plugins' modules see them: Bun's own, but that generators and direct streams run in
 * the context in which they were made, as all other streams do, whoever reads them.
 */
export const bodyGlobals = {
  Response: new Proxy(Response, {
    construct(target, params: ConstructorParameters<typeof Response>, newTarget) {
      const made = bodyOf(params[0]);
      // Most are made so, and `Reflect.construct` costs twice as much.
      if (made === undefined && newTarget === bodyGlobals.Response) return new target(params[0], params[1]);
      if (made === undefined) return Reflect.construct(target, params, newTarget) as Response;
      const response = Reflect.construct(target, [made.init, ...params.slice(1)], newTarget) as Response;
      bodies.set(response, made.body);
      return response;
    },
  }),
  ReadableStream: new Proxy(ReadableStream, {
    construct(target, params: unknown[], newTarget) {
      const source = params[0];
      if (typeof source !== "object" || source === null) return Reflect.construct(target, params, newTarget) as object;
      const body: Body = { report: undefined };
      const observed = observeSource(source, body);
      const stream = Reflect.construct(target, [observed, ...params.slice(1)], newTarget) as ReadableStream;
      streams.set(stream, body);
      return stream;
    },
  }),
};

/** Reports what the body of this response fails with while Bun sends it. Does nothing for a body that no plugin's module made. */
export function onBodyFailure(response: Response, report: (error: unknown) => void): void {
  const body = bodies.get(response);
  if (body !== undefined) body.report = report;
}

function bodyOf(init: unknown): { readonly init: unknown; readonly body: Body } | undefined {
  if ((typeof init !== "object" || init === null) && typeof init !== "function") return undefined;
  if (init instanceof ReadableStream) {
    const body = streams.get(init);
    return body && { init, body };
  }
  if (!(Symbol.asyncIterator in init) && typeof init !== "function") return undefined;
  const body: Body = { report: undefined };
  return { init: observeIterable(init, body), body };
}

type Source = Partial<Record<"type" | "start" | "pull" | "cancel", unknown>>;

function observeSource(source: Source, body: Body): object {
  // Other streams keep their context by themselves.
  const inContext = source.type === "direct" ? AsyncLocalStorage.snapshot() : undefined;
  const observed = Object.create(source) as Source;
  for (const name of ["start", "pull", "cancel"] as const) {
    const fn = source[name];
    if (typeof fn !== "function") continue;
    const run = (param: unknown): unknown => Reflect.apply(fn, source, [param]);
    observed[name] = (param: unknown): unknown =>
      observe(body, inContext === undefined ? () => run(param) : () => inContext(run, param));
  }
  return observed;
}

function observeIterable(iterable: object, body: Body): object {
  const inContext = AsyncLocalStorage.snapshot();
  const call = (object: object, name: PropertyKey, params: readonly unknown[]): unknown =>
    inContext(() => Reflect.apply(Reflect.get(object, name) as () => unknown, object, params));
  return {
    [Symbol.asyncIterator](): object {
      const made = typeof iterable === "function" ? inContext(iterable as () => object) : iterable;
      const iterator = call(made, Symbol.asyncIterator, []) as object;
      const step = (name: string) =>
        name in iterator ? { [name]: (...params: unknown[]) => observe(body, () => call(iterator, name, params)) } : {};
      return { ...step("next"), ...step("return"), ...step("throw") };
    },
  };
}

function observe(body: Body, run: () => unknown): unknown {
  try {
    const result = run();
    if (result instanceof Promise) result.catch((error: unknown) => body.report?.(error));
    return result;
  } catch (error) {
    body.report?.(error);
    throw error;
  }
}
