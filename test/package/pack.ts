import { cp, mkdir, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { checkout, type Consumer } from "./consumer.ts";

/** How the package is packed, and a tarball installed. */
export type Client = "npm" | "bun";

const packLines: Record<Client, string> = { npm: "npm pack --silent", bun: "bun pm pack --quiet" };

const installLines: Record<Client, string> = {
  npm: "npm install --no-audit --no-fund --prefer-offline",
  bun: "bun add",
};

/** Packs the package and installs it in the consumer's project, which is returned. */
export async function installPackage(client: Client, consumer: Consumer): Promise<Consumer> {
  consumer.tarball = await pack(client, consumer);
  await consumer.write({ "package.json": `{ "name": "my-server", "type": "module" }\n` });
  await consumer.succeed(`${installLines[client]} ${consumer.tarball}`);
  return consumer;
}

/** Packs a copy of the checkout, whose own folder stays as it is. Returns the tarball's path. */
async function pack(client: Client, consumer: Consumer): Promise<string> {
  const copy = join(consumer.folder, "checkout");
  await mkdir(copy);
  for (const name of ["package.json", ".gitignore", "README.md", "LICENSE", "tsconfig.json", "src", "cli", "package"]) {
    await cp(join(checkout, name), join(copy, name), { recursive: true });
  }
  await symlink(join(checkout, "node_modules"), join(copy, "node_modules"), "dir");
  await consumer.succeed(packLines[client], copy);
  const tarball = (await readdir(copy)).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error(`${packLines[client]} made no tarball`);
  return join(copy, tarball);
}

/** Whether packages can be had: the installation needs those that the package depends on. */
export function registryAnswers(): boolean {
  const npm = Bun.which("npm");
  const ping =
    npm === null
      ? [process.execPath, "info", "consola", "version"]
      : [npm, "ping", "--fetch-retries=0", "--fetch-timeout=5000"];
  return Bun.spawnSync(ping, { stdout: "ignore", stderr: "ignore" }).success;
}
