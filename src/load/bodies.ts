import { AsyncLocalStorage } from "node:async_hooks";

/** Called with the error that a body fails with while it is sent as the response. */
export interface BodyListener {
  bodyFailed(request: Request, error: unknown): void;
}

/** A body that is code of a plugin. */
class Body {
  #listener: BodyListener | undefined;
  #request: Request | undefined;

  listen(listener: BodyListener, request: Request): void {
    this.#listener = listener;
    this.#request = request;
  }

  fail(error: unknown): void {
    if (this.#request !== undefined) this.#listener?.bodyFailed(this.#request, error);
  }
}

/** Returns the object that it is given, so that a subclass can put a private field on it. */
const Given = function given(object: object): object {
  return object;
} as unknown as new (object: object) => object;

/**
 * Notes on a response or a stream what its body is; `undefined` is one that Bun reads by itself, like a text. A private field
 * costs 5 ns and is seen by nobody, where a WeakMap costs more than 100.
 */
class Noted extends Given {
  readonly #body: Body | undefined;

  private constructor(object: object, body: Body | undefined) {
    super(object);
    this.#body = body;
  }

  static on<T extends object>(object: T, body: Body | undefined): T {
    return new Noted(object, body) as T;
  }

  static isOn(object: object): object is Noted {
    return #body in object;
  }

  static bodyOf(object: object): Body | undefined {
    return #body in object ? object.#body : undefined;
  }
}

/** Whether Bun reads the body of this response by itself, as far as that is known: it was made so in a plugin's module. */
export function isReadByBun(response: Response): boolean {
  return Noted.isOn(response) && Noted.bodyOf(response) === undefined;
}

/** Tells the listener what the body of this response fails with. Does nothing for a body that no plugin's module made. */
export function listenToBody(response: Response, listener: BodyListener, request: Request): void {
  Noted.bodyOf(response)?.listen(listener, request);
}

type Construct = (this: unknown, ...params: never[]) => object;

/** A function in place of a class of Bun: it makes instances of the very class, and has all that is static of it. */
function standIn<Class extends abstract new (...params: never[]) => object>(
  original: Class,
  construct: Construct,
): Class {
  const { name, length, prototype } = original as unknown as { name: string; length: number; prototype: object };
  Object.setPrototypeOf(construct, original);
  Object.defineProperties(construct, {
    name: { value: name },
    length: { value: length },
    prototype: { value: prototype, writable: false },
  });
  return construct as unknown as Class;
}

const PluginResponse = standIn(Response, function construct(this: unknown, init?: unknown, options?: unknown): object {
  // Bun says what is wrong with a call without `new`.
  if (new.target === undefined) return Reflect.apply(Response as unknown as Construct, this, []);
  const target: unknown = new.target;
  if (isPlain(init)) return Noted.on(makeResponse(init, options, target), undefined);
  if (init instanceof ReadableStream) {
    const response = makeResponse(init, options, target);
    const body = Noted.bodyOf(init);
    return body === undefined ? response : Noted.on(response, body);
  }
  if (typeof init !== "function" && !(Symbol.asyncIterator in (init as object)))
    return makeResponse(init, options, target);
  const body = new Body();
  return Noted.on(makeResponse(observeIterable(init as object, body), options, target), body);
});

function makeResponse(init: unknown, options: unknown, target: unknown): object {
  // Most are made so, and `Reflect.construct` costs twice as much.
  if (target === PluginResponse) return new Response(init as string, options as ResponseInit);
  return Reflect.construct(Response, [init, options], target as typeof Response) as object;
}

const PluginStream = standIn(
  ReadableStream,
  function construct(this: unknown, source?: unknown, strategy?: unknown): object {
    if (new.target === undefined) return Reflect.apply(ReadableStream as unknown as Construct, this, []);
    if (typeof source !== "object" || source === null) return makeStream(source, strategy, new.target);
    if ((source as Source).type === undefined) {
      const body = new ObservedSource(source);
      // Bun says what is wrong with the others.
      return body.isWhole
        ? Noted.on(makeStream(body, strategy, new.target), body)
        : makeStream(source, strategy, new.target);
    }
    const body = new Body();
    return Noted.on(makeStream(observeTyped(source, body), strategy, new.target), body);
  },
);

function makeStream(source: unknown, strategy: unknown, target: unknown): object {
  if (target === PluginStream) return new ReadableStream(source as Bun.UnderlyingSource, strategy as QueuingStrategy);
  return Reflect.construct(ReadableStream, [source, strategy], target as typeof ReadableStream) as object;
}

/** Whether it is certain that Bun reads this without running any code. */
function isPlain(init: unknown): boolean {
  if (typeof init === "object" && init !== null)
    return ArrayBuffer.isView(init) || init instanceof Blob || init instanceof ArrayBuffer;
  return typeof init !== "function";
}

/** Makes a response of what needs no code. */
function plainly(make: (...params: never[]) => Response): (...params: unknown[]) => Response {
  function makePlain(first: unknown, second: unknown): Response {
    const run = make as (...params: unknown[]) => Response;
    // The constructor counts its arguments, and spreading them would cost as much as all the rest.
    const response = arguments.length === 1 ? run(first) : arguments.length === 0 ? run() : run(first, second);
    return Noted.on(response, undefined);
  }
  return makePlain as (...params: unknown[]) => Response;
}

// As Bun's own: they can be replaced.
Object.assign(PluginResponse, { json: plainly(Response.json), redirect: plainly(Response.redirect) });

/**
 * `Response` and `ReadableStream` as plugins' modules see them: Bun's own, except that generators and direct streams
 * run in the context in which they were made, like all other streams, whoever reads them. They are not proxies: with
 * one, a response would cost twice as much.
 */
export const bodyGlobals = { Response: PluginResponse, ReadableStream: PluginStream };

interface Source {
  readonly type?: unknown;
  readonly start?: unknown;
  readonly pull?: unknown;
  readonly cancel?: unknown;
}

type Member = ((this: Source, param: unknown) => unknown) | undefined;

/**
 * A source that is read as the one in it, and reports what it fails with. Where that has no such member, it does nothing, as
 * the stream would. It is one object with the body, because what a stream allocates costs more than what it runs.
 */
class ObservedSource extends Body {
  readonly #source: Source;
  readonly #start: Member;
  readonly #pull: Member;
  readonly #cancel: Member;

  constructor(source: Source) {
    super();
    this.#source = source;
    this.#start = source.start as Member;
    this.#pull = source.pull as Member;
    this.#cancel = source.cancel as Member;
  }

  /** Whether all of its members are functions. */
  get isWhole(): boolean {
    return isMember(this.#pull) && isMember(this.#start) && isMember(this.#cancel);
  }

  start(controller: unknown): unknown {
    return this.#start === undefined ? undefined : runObserved(this, this.#start, this.#source, controller);
  }

  pull(controller: unknown): unknown {
    return this.#pull === undefined ? undefined : runObserved(this, this.#pull, this.#source, controller);
  }

  cancel(reason: unknown): unknown {
    return this.#cancel === undefined ? undefined : runObserved(this, this.#cancel, this.#source, reason);
  }
}

function isMember(member: unknown): boolean {
  return typeof member === "function" || member === undefined;
}

type Snapshot = ReturnType<typeof AsyncLocalStorage.snapshot>;

function observeTyped(source: Source, body: Body): object {
  const { type, start, pull, cancel } = source;
  // Other streams keep their context by themselves.
  const inContext = type === "direct" ? AsyncLocalStorage.snapshot() : undefined;
  return Object.assign(Object.create(source) as object, {
    start: observed(start, source, body, inContext),
    pull: observed(pull, source, body, inContext),
    cancel: observed(cancel, source, body, inContext),
  });
}

/** A member of a source, which reports what it fails with. */
function observed(member: unknown, source: Source, body: Body, inContext: Snapshot | undefined): unknown {
  if (typeof member !== "function") return member;
  const fn = member as NonNullable<Member>;
  return inContext === undefined
    ? (param: unknown): unknown => runObserved(body, fn, source, param)
    : (param: unknown): unknown => inContext(runObserved, body, fn, source, param);
}

function runObserved(body: Body, fn: NonNullable<Member>, source: Source, param: unknown): unknown {
  try {
    const result = Reflect.apply(fn, source, [param]);
    if (result instanceof Promise) result.catch((error: unknown) => body.fail(error));
    return result;
  } catch (error) {
    body.fail(error);
    throw error;
  }
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
        name in iterator
          ? { [name]: (...params: unknown[]) => runObserved(body, () => call(iterator, name, params), {}, undefined) }
          : {};
      return { ...step("next"), ...step("return"), ...step("throw") };
    },
  };
}
