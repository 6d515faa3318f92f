import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { createDemo, dev, host, save, says } from "./demo.ts";
import { ended } from "./terminal.ts";

const wordsPackage = (word: string) => ({
  "node_modules/words/package.json": `{ "name": "words", "version": "1.0.0", "main": "index.js" }`,
  "node_modules/words/index.js": `export const word = "${word}";\n`,
});

const withPackage = `import { definePlugin } from "hotswap"; import { word } from "words";
  export default definePlugin({ functions: { say: () => word } });`;

describe("17.4 the host is restarted, by a normal shutdown first, and the keys go on", () => {
  test("when its own modules change", async () => {
    const slow = host.replace(
      "() => process.exit()",
      'async () => { await Bun.write("bye.txt", "bye"); process.exit(); }',
    );
    await using project = await createDemo({ "src/host.ts": slow });
    await using terminal = dev(project);
    const [, pid] = await terminal.shows(/host: hello (\d+)/);
    await terminal.shows(/ready/);
    save(project, "src/config.ts", 'export const word = "servus";\n');
    await terminal.shows(/src\/config\.ts changed: the host is restarted/);
    await terminal.shows(/host: servus \d+ alpha\.1 beta\.1[^]*ready/);
    await ended(Number(pid));
    expect(readFileSync(project.path("bye.txt"), "utf8")).toBe("bye");
    save(project, "plugin/alpha/index.ts", says("alpha.2"));
    await terminal.shows(/host: servus \d+ alpha\.2[^]*live after/);
    terminal.type("q");
    expect(await terminal.exited).toBe(0);
  });

  test("when its main module changes, which the command does not name", async () => {
    await using project = await createDemo();
    await using terminal = dev(project, { command: ["sh", "-c", "exec bun src/host"] });
    await terminal.shows(/ready/);
    save(project, "src/host.ts", host.replace('"host:"', '"HOST:"'));
    await terminal.shows(/src\/host\.ts changed: the host is restarted[^]*HOST: hello \d+ alpha\.1/);
  });

  test("when .env changes, or comes", async () => {
    await using project = await createDemo({
      "src/config.ts": "export const word = process.env.WORD + process.env.MORE;\n",
      ".env.local": "MORE=.\n",
    });
    await using terminal = dev(project);
    await terminal.shows(/ready/);
    save(project, ".env", "WORD=one\n");
    await terminal.shows(/\.env changed: the host is restarted[^]*host: one\. \d+ alpha\.1/);
    await terminal.shows(/ready/);
    save(project, ".env.local", "MORE=!\n");
    await terminal.shows(/host: one! \d+ alpha\.1[^]*ready/);
    save(project, ".env", "WORD=two\n");
    await terminal.shows(/host: two! \d+ alpha\.1/);
  });

  test("when a package changes that it has loaded; not when it goes", async () => {
    await using project = await createDemo({ ...wordsPackage("one"), "plugin/alpha/index.ts": withPackage });
    await using terminal = dev(project);
    const [, pid] = await terminal.shows(/host: hello (\d+) one beta\.1/);
    await terminal.shows(/ready/);
    rmSync(project.path("node_modules/words"), { recursive: true });
    await terminal.shows(/error: alpha: 1 error[^]*Could not resolve: "words"/);
    save(project, "plugin/beta/index.ts", says("beta.2"));
    await terminal.shows(new RegExp(`host: hello ${pid} one beta\\.2`));
    await project.write(wordsPackage("two"));
    await terminal.shows(/node_modules\/words\/index\.js changed: the host is restarted/);
    await terminal.shows(/host: hello \d+ two beta\.2/);
  });
});

describe("a host that ends by itself", () => {
  test("is started again by the next save of its own files", async () => {
    await using project = await createDemo({
      "src/config.ts": 'export const word = "hello";\nthrow new Error("no luck");\n',
    });
    await using terminal = dev(project);
    await terminal.shows(/no luck[^]*the host ended with code 1; it is started again by the next save/);
    save(project, "src/config.ts", 'export const word = "hello";\n');
    await terminal.shows(/host: hello \d+ alpha\.1 beta\.1[^]*ready/);
  });
});

describe("the host ends with hotswap dev", () => {
  test("that was killed: by a normal shutdown", async () => {
    const tidy = host.replace(
      "() => process.exit()",
      'async () => { await Bun.write("bye.txt", "bye"); process.exit(); }',
    );
    await using project = await createDemo({ "src/host.ts": tidy });
    await using terminal = dev(project);
    const [, pid] = await terminal.shows(/host: hello (\d+)/);
    await terminal.shows(/ready/);
    terminal.kill("SIGKILL");
    await ended(Number(pid));
    expect(existsSync(project.path("bye.txt"))).toBe(true);
  });

  test("that was killed, also when it has not made a swapper, and when others were started in between", async () => {
    await using project = await createDemo({
      "src/host.ts": 'console.log("host", process.pid); setInterval(() => {}, 60_000);',
    });
    await using terminal = dev(project, { command: ["sh", "-c", "bun src/host.ts & wait"] });
    const [, pid] = await terminal.shows(/host (\d+)/);
    terminal.kill("SIGKILL");
    await ended(Number(pid));
  });
});
