/** A network namespace of the machine's own kernel, with a link to it that can be cut. Removed when disposed. */
export class Network implements AsyncDisposable {
  /** The machine's address on the link, from inside. */
  readonly outside: string;
  readonly #name: string;
  readonly #link: string;

  private constructor(name: string, subnet: string) {
    this.#name = name;
    this.#link = `${name}o`;
    this.outside = `${subnet}.1`;
  }

  /** Why there can be none here; `undefined`: there can. */
  static missing(): string | undefined {
    if (Bun.which("ip") === null) return "apt-get install iproute2";
    const name = `hs${process.pid}t`;
    if (!Bun.spawnSync(["ip", "netns", "add", name]).success) return "run as root, where namespaces may be made";
    Bun.spawnSync(["ip", "netns", "del", name]);
    return undefined;
  }

  static make(): Network {
    const name = `hs${process.pid}`;
    const subnet = `10.${100 + Math.floor(Math.random() * 100)}.${Math.floor(Math.random() * 255)}`;
    const network = new Network(name, subnet);
    ip("netns", "add", name);
    ip("link", "add", network.#link, "type", "veth", "peer", "name", `${name}i`, "netns", name);
    ip("addr", "add", `${subnet}.1/24`, "dev", network.#link);
    ip("link", "set", network.#link, "up");
    ip("-n", name, "addr", "add", `${subnet}.2/24`, "dev", `${name}i`);
    ip("-n", name, "link", "set", `${name}i`, "up");
    ip("-n", name, "link", "set", "lo", "up");
    return network;
  }

  /** The command that runs `command` inside. */
  inside(...command: readonly string[]): string[] {
    return ["ip", "netns", "exec", this.#name, ...command];
  }

  cut(): void {
    ip("link", "set", this.#link, "down");
  }

  mend(): void {
    ip("link", "set", this.#link, "up");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    ip("netns", "del", this.#name);
    // The other end goes with it, but not at once.
    Bun.spawnSync(["ip", "link", "del", this.#link], { stderr: "ignore" });
  }
}

function ip(...words: readonly string[]): void {
  const { success, stderr } = Bun.spawnSync(["ip", ...words]);
  if (!success) throw new Error(`ip ${words.join(" ")} failed: ${stderr.toString()}`);
}
