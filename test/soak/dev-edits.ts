import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Numbers that are drawn again the same from the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const names = ["alpha", "beta", "gamma", "delta"];
const modules = ["one", "two", "three", "four"];
const packages = ["pack", "@scope/pack"];

/** A project that somebody works on in a hurry. */
export class DevEdits {
  readonly #root: string;
  readonly #random: () => number;
  #mark = 0;

  constructor(root: string, random: () => number) {
    this.#root = root;
    this.#random = random;
  }

  /** In an order that is the same on every file system, for the seed alone is to decide. */
  get plugins(): string[] {
    return readdirSync(join(this.#root, "plugin")).toSorted();
  }

  /** Does one of what people and their tools do; returns what it was. */
  next(): string {
    const edits: (readonly [number, string, () => void])[] = [
      [20, "edit a module", () => this.#module(this.#plugin(), this.#pick(modules))],
      [8, "edit a root module", () => this.#index(this.#plugin())],
      [4, "delete a module", () => this.#remove(`plugin/${this.#plugin()}/${this.#pick(modules)}.ts`)],
      [4, "rename a module", () => this.#renameModule(this.#plugin())],
      [
        2,
        "break a module",
        () => this.#write(`plugin/${this.#plugin()}/${this.#pick(modules)}.ts`, "export const value = ;\n"),
      ],
      [2, "make a plugin", () => this.#makePlugin(this.#pick(names))],
      [2, "remove a plugin", () => this.plugins.length > 1 && this.#remove(`plugin/${this.#plugin()}`)],
      [2, "rename a plugin", () => this.#renamePlugin(this.#plugin(), this.#pick(names))],
      [1, "install a package", () => this.#install(this.#pick(packages))],
      [1, "remove a package", () => this.#remove(`node_modules/${this.#pick(packages)}`)],
      [2, "edit tsconfig.json", () => this.#paths(this.#pick(["left", "right"]))],
      [1, "edit a module of the host", () => this.#write(`${this.#pick(["left", "right"])}/shared.ts`, this.#value())],
    ];
    const total = edits.reduce((sum, [weight]) => sum + weight, 0);
    let drawn = this.#random() * total;
    const [, what, edit] = edits.find(([weight]) => (drawn -= weight) < 0) ?? [0, "nothing", () => undefined];
    edit();
    return what;
  }

  /** Makes everything whole again. */
  mend(): void {
    for (const name of packages) if (!existsSync(join(this.#root, "node_modules", name))) this.#install(name);
    for (const plugin of this.plugins) {
      for (const module of modules) this.#module(plugin, module);
      this.#index(plugin);
    }
  }

  /** The first state. */
  begin(): void {
    for (const side of ["left", "right"]) this.#write(`${side}/shared.ts`, this.#value());
    this.#paths("left");
    for (const name of ["alpha", "beta"]) this.#makePlugin(name);
    this.mend();
  }

  #value(): string {
    return `export const value = ${JSON.stringify(`m${++this.#mark}`)};\n`;
  }

  #plugin(): string {
    return this.#pick(this.plugins);
  }

  #pick(from: readonly string[]): string {
    return from[Math.floor(this.#random() * from.length)] ?? "";
  }

  #module(plugin: string, module: string): void {
    this.#write(`plugin/${plugin}/${module}.ts`, this.#value());
  }

  /** Imports some of the modules, perhaps a package, and perhaps what `paths` leads to. */
  #index(plugin: string): void {
    const imports = modules.filter(() => this.#random() < 0.6).map((module) => [module, `./${module}`]);
    if (this.#random() < 0.4) imports.push(["pack", this.#pick(packages)]);
    if (this.#random() < 0.4) imports.push(["shared", "@/shared"]);
    const lines = imports.map(([name, from]) => `import { value as ${name} } from "${from}";`);
    const state = ["own", ...imports.map(([name]) => name)].join(", ");
    this.#write(
      `plugin/${plugin}/index.ts`,
      `import { definePlugin } from "hotswap";\n${lines.join("\n")}\nconst own = "m${++this.#mark}";\nexport default definePlugin({ functions: { state: () => [${state}] } });\n`,
    );
  }

  #makePlugin(name: string): void {
    for (const module of modules) this.#module(name, module);
    this.#index(name);
  }

  #renameModule(plugin: string): void {
    const [from, to] = [this.#pick(modules), this.#pick(modules)].map((name) =>
      this.#path(`plugin/${plugin}/${name}.ts`),
    );
    if (from !== undefined && to !== undefined && existsSync(from)) renameSync(from, to);
  }

  #renamePlugin(from: string, to: string): void {
    if (!existsSync(this.#path(`plugin/${to}`))) renameSync(this.#path(`plugin/${from}`), this.#path(`plugin/${to}`));
  }

  #install(name: string): void {
    this.#write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: "index.js" }));
    this.#write(`node_modules/${name}/index.js`, this.#value());
  }

  #paths(side: string): void {
    this.#write("tsconfig.json", JSON.stringify({ compilerOptions: { paths: { "@/*": [`./${side}/*`] } } }));
  }

  #remove(path: string): void {
    rmSync(this.#path(path), { recursive: true, force: true });
  }

  #write(path: string, text: string): void {
    const file = this.#path(path);
    mkdirSync(dirname(file), { recursive: true });
    if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
  }

  #path(path: string): string {
    return join(this.#root, path);
  }
}
