import { expect, test } from "bun:test";
import { DemoCopy } from "./demo-copy.ts";

test("8, 11 livex: jobs that old code scheduled are done by the newest live functions and types, in the same process", async () => {
  await using demo = await DemoCopy.create("livex");
  await using server = await demo.start();
  const [rain = "", tulip = ""] = await server.lines();
  const [, old = ""] = /build (\S+) /.exec(rain) ?? [];
  expect(rain).toBe(`garden   build ${old}  reload 0  3 litres of rain, sown by build ${old}`);
  expect(tulip).toBe(`garden   build ${old}  reload 0  a tulip of 40 cm, sown by build ${old}`);

  // The new class has a field that tulips of the old build lack, and the new function another text.
  await demo.edit("plugin/garden/tulip.ts", "height = 10;", `height = 10; colour = "red";`);
  await demo.edit("plugin/garden/tulip.ts", "a tulip", "a ${this.colour} tulip");
  await demo.edit("plugin/garden/rain.ts", "of rain", "of warm rain");
  expect((await demo.reload()).code).toBe(0);

  const warm = await server.child.line(/reload 1 .* warm rain/);
  const red = await server.child.line(/reload 1 .* red tulip/);
  const [, fresh = ""] = /build (\S+) /.exec(warm) ?? [];
  expect(fresh).not.toBe(old);
  expect(warm).toBe(`garden   build ${fresh}  reload 1  3 litres of warm rain, sown by build ${old}`);
  expect(red).toBe(`garden   build ${fresh}  reload 1  a red tulip of 40 cm, sown by build ${old}`);

  // The jobs of the old build run out.
  for (let round = 0; round < 3; round++) await server.lines();
  expect((await server.lines())[1]).toBe(
    `garden   build ${fresh}  reload 1  a red tulip of 40 cm, sown by build ${fresh}`,
  );
  expect(await server.status()).toEqual({ demo: "livex", pid: server.pid, reloads: 1 });
  expect(await server.stop()).toBe(0);
  expect(await demo.leftovers()).toEqual([]);
});
