import { stat } from "node:fs/promises";
import { expect, test } from "bun:test";
import { hotswap } from "../cli/run-cli.ts";
import { createProject } from "../support/project.ts";

const alpha = {
  "plugin/alpha/index.ts": `import { definePlugin } from "hotswap"; export default definePlugin({ functions: { hum: () => 1 } });`,
};

test("keygen, build --sign and verify work together, and verify fails for what is not signed", async () => {
  await using project = await createProject(alpha);
  const made = await hotswap(project, "keygen");
  const id = /^hotswap\.pem\nhotswap\.pub\.pem\nkey ([0-9a-f]{16})\n$/.exec(made.stdout)?.[1] ?? "none";
  expect((await stat(project.path("hotswap.pem"))).mode & 0o777).toBe(0o600);
  const built = await hotswap(project, "build", "--sign", "hotswap.pem", "--expires", "90d", "plugin/alpha", "bin");
  expect(built).toMatchObject({ exitCode: 0, stdout: "bin/alpha.js\n" });
  const verified = await hotswap(project, "verify", "bin", "--trust", "hotswap.pub.pem");
  expect(verified.exitCode).toBe(0);
  expect(verified.stdout).toMatch(
    new RegExp(`^bin/alpha.js: alpha [0-9a-f]{12}, signed by the key ${id} at .*, until `),
  );
  await hotswap(project, "build", "plugin/alpha", "bin");
  const refused = await hotswap(project, "verify", "bin", "--trust", "hotswap.pub.pem");
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain(`bin/alpha.js is not signed, and only what is signed by the key ${id} is trusted`);
  const mistaken = await hotswap(project, "build", "--sign", "hotswap.pub.pem", "plugin/alpha", "bin");
  expect(mistaken).toMatchObject({ exitCode: 1, stdout: "" });
  expect(mistaken.stderr).toBe(
    "error: hotswap.pub.pem holds a public key, by which signatures are checked: sign with the private key of its pair, which `hotswap keygen` writes as hotswap.pem\n",
  );
  const again = await hotswap(project, "keygen");
  expect(again.exitCode).toBe(1);
  expect(again.stderr).toContain("give another name, or remove it");
});

test("a key on the command line is refused, and what goes with no signature as well", async () => {
  await using project = await createProject(alpha);
  for (const [words, message] of [
    [["build", "--sign=-----BEGIN PRIVATE KEY-----", "plugin/alpha", "bin"], "every process of the machine sees a key"],
    [["build", "--expires", "90d", "plugin/alpha", "bin"], "--expires goes with --sign"],
    [["build", "--sign", "k.pem", "--expires", "soon", "plugin/alpha", "bin"], 'not "soon"'],
    [["build", "--sign", "k.pem", "--expires", "2001-01-01", "plugin/alpha", "bin"], "is over already"],
    [["build", "--sign", "k.pem", "--staticLinking", "plugin/alpha", "bin"], "part of the host"],
    [["build", "--sign", "k.pem", "plugin/alpha", "bin"], "the private key k.pem cannot be read"],
    [["verify", "bin"], "say with --trust which keys are trusted"],
    [["verify", "nowhere", "--trust", "k.pub.pem"], "k.pub.pem cannot be read"],
  ] as const) {
    const { exitCode, stderr } = await hotswap(project, ...words);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(1);
  }
});
