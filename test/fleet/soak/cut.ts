/** A way to a server that can be cut: then nothing gets through any more, and nobody is told. */
export class Cable implements Disposable {
  readonly port: number;
  readonly #server: Bun.TCPSocketListener<Ends>;
  readonly #open = new Set<Ends>();
  #cut = false;

  /** `at` is the address that it is reached by. */
  constructor(to: { readonly hostname: string; readonly port: number }, at = "127.0.0.1") {
    const open = this.#open;
    const isCut = (): boolean => this.#cut;
    this.#server = Bun.listen<Ends>({
      hostname: at,
      port: 0,
      socket: {
        open(near) {
          const ends: Ends = { near, far: undefined, waiting: [] };
          near.data = ends;
          open.add(ends);
          const socket = {
            open(far: Bun.Socket) {
              ends.far = far;
              for (const bytes of ends.waiting.splice(0)) far.write(bytes);
            },
            data(_far: Bun.Socket, bytes: Buffer) {
              if (!isCut()) near.write(bytes);
            },
            close() {
              if (!isCut()) near.end();
            },
          };
          Bun.connect({ ...to, socket }).catch(() => near.end());
        },
        data({ data: ends }, bytes) {
          if (isCut()) return;
          if (ends.far === undefined) ends.waiting.push(Buffer.from(bytes));
          else ends.far.write(bytes);
        },
        close({ data: ends }) {
          open.delete(ends);
          ends.far?.end();
        },
      },
    });
    this.port = this.#server.port;
  }

  cut(): void {
    this.#cut = true;
  }

  /** Connections that lived through the cut are of no use any more: bytes are missing from them. */
  mend(): void {
    this.#cut = false;
    for (const { near, far } of this.#open) {
      near.end();
      far?.end();
    }
  }

  [Symbol.dispose](): void {
    this.#server.stop(true);
  }
}

interface Ends {
  readonly near: Bun.Socket<Ends>;
  far: Bun.Socket | undefined;
  readonly waiting: Buffer[];
}
