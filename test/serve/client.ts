/** A WebSocket client that hands out what it receives, one by one. */
export class Client {
  readonly #socket: WebSocket;
  readonly #received: string[] = [];
  readonly #waiting: ((message: string) => void)[] = [];
  /** How the connection ended, when it did. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#add(String(data)));
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
    });
  }

  static async connect(server: URL, path = "/"): Promise<Client> {
    const url = new URL(path, server);
    url.protocol = "ws:";
    const socket = new WebSocket(url);
    const client = new Client(socket);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => resolve());
      socket.addEventListener("error", () => reject(new Error(`no WebSocket at ${url}`)));
    });
    return client;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(message);
  }

  ping(): void {
    this.#socket.ping("pong me");
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** The next message that was not handed out yet. */
  next(): Promise<string> {
    const message = this.#received.shift();
    if (message !== undefined) return Promise.resolve(message);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Sends, and waits for the next message. */
  ask(message: string): Promise<string> {
    this.send(message);
    return this.next();
  }

  #add(message: string): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#received.push(message);
    else waiting(message);
  }
}
