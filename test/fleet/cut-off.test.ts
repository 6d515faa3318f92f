import { expect, test } from "bun:test";
import { join } from "node:path";
import { mkdir } from "node:fs/promises";
import { redisFleet } from "hotswap/fleet";
import { Child } from "../support/child.ts";
import { missing, startRedis } from "./engines/engine.ts";
import { Network } from "./engines/network.ts";
import { fleetProject, until, webPlugin } from "./fleet-project.ts";
import { Cable } from "./soak/cut.ts";

const host = `
import { PluginManagerSwapper } from "hotswap";
import { joinFleet, redisFleet } from "hotswap/fleet";

const [folder, store] = process.argv.slice(2);
const logger = { debug() {}, info() {}, warn: console.error, error: console.error };
const swapper = new PluginManagerSwapper(folder, { logger, freeDelay: 0 });
await joinFleet(swapper, { store: redisFleet(store), fleet: "chat", id: "far", heartbeat: 200, poll: 100 });
console.log("joined");
let before;
setInterval(() => {
  const now = swapper.current?.findPlugin("web")?.invokeFunc("version");
  if (now !== before) console.log("serves " + now);
  before = now;
}, 5);
`;

const rule = "12 a member whose network is cut neither votes nor swaps, and catches up";
const cure = missing("redis") ?? Network.missing();
if (cure !== undefined) test.skip(`${rule} (not possible here: ${cure})`, () => {});
else {
  test(
    rule,
    async () => {
      await using engine = await startRedis();
      await using network = Network.make();
      const store = new URL(engine.url);
      using cable = new Cable({ hostname: store.hostname, port: Number(store.port) }, network.outside);
      await using at = await fleetProject(() => () => redisFleet(engine.url));
      await at.publish(webPlugin(1));
      await at.fleet.roll(1);
      const near = await at.join("near");

      await at.project.write({ "host.ts": host });
      const folder = at.project.path("hosts/far");
      await mkdir(folder, { recursive: true });
      store.hostname = network.outside;
      store.port = String(cable.port);
      const command = network.inside(process.execPath, join(at.project.root, "host.ts"), folder, store.href);
      await using far = new Child(command, { cwd: at.project.root });
      await far.line(/^joined$/);
      await far.line(/^serves 1$/);

      network.cut();
      await at.publish(webPlugin(2));
      const { id } = await at.fleet.roll(2, { tolerate: 1 });
      const rolled = () => at.fleet.rollout(id);
      await until("it is committed", async () => (await rolled())?.state.is === "committed");
      await until("the near one runs it", () => near.member.release === 2);
      const rollout = await rolled();
      if (rollout === undefined) throw new Error("there is no such rollout");
      expect(rollout.members).toBe(2);
      const { near: voted, far: silent } = await at.fleet.votes(rollout);
      expect(voted).toMatch(/^(ready|swapped)$/);
      expect(silent).toBe("asked");
      expect(far.stdout).not.toContain("serves 2");

      network.mend();
      await far.line(/^serves 2$/);
      await until("both say so", async () => {
        const { members } = await at.fleet.status();
        return members.every(({ alive, runs, state }) => alive && runs === 2 && state === "serving");
      });
      expect(near.served()).toBe(2);
    },
    60_000,
  );
}
