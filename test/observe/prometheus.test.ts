import { describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dashboard } from "hotswap/dashboard";
import { countedHost } from "./counted.ts";

async function served() {
  const host = await countedHost();
  const board = dashboard(host.swapper);
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: board.fetch });
  return {
    url: new URL("/metrics", server.url),
    async [Symbol.asyncDispose]() {
      await server.stop(true);
      board.close();
      await host[Symbol.asyncDispose]();
    },
  };
}

describe("15.2 Prometheus text at the dashboard's /metrics", () => {
  test("has the right numbers, in the format", async () => {
    await using metrics = await served();
    const response = await fetch(metrics.url);
    expect(response.headers.get("content-type")).toStartWith("text/plain; version=0.0.4");
    const lines = (await response.text()).split("\n");
    expect(lines).toContain('hotswap_calls_total{plugin="worker",function="add"} 3');
    expect(lines).toContain('hotswap_function_failures_total{plugin="worker",function="fail"} 2');
    expect(lines).toContain('hotswap_reloads_total{outcome="succeeded"} 2');
    expect(lines).toContain('hotswap_reloads_total{outcome="failed"} 1');
    expect(lines).toContain("# TYPE hotswap_call_duration_seconds summary");
    expect(lines).toContain('hotswap_call_duration_seconds_count{plugin="worker",function="later"} 1');
  });

  const prometheus = Bun.which("prometheus");

  test.skipIf(prometheus === null)("a real Prometheus scrapes it (needs Debian's package prometheus)", async () => {
    await using metrics = await served();
    const folder = await mkdtemp(join(tmpdir(), "hotswap-test-prometheus-"));
    const port = await freePort();
    await Bun.write(
      join(folder, "prometheus.yml"),
      `scrape_configs: [{ job_name: hotswap, scrape_interval: 1s, static_configs: [{ targets: ["${metrics.url.host}"] }] }]`,
    );
    const child = Bun.spawn(
      [
        prometheus ?? "",
        `--config.file=${join(folder, "prometheus.yml")}`,
        `--storage.tsdb.path=${join(folder, "data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdout: "ignore", stderr: "ignore" },
    );
    try {
      const query = new URL(`http://127.0.0.1:${port}/api/v1/query?query=hotswap_calls_total{function="add"}`);
      expect(await eventually(() => valueOf(query))).toBe("3");
    } finally {
      child.kill();
      await child.exited;
      await rm(folder, { recursive: true, force: true });
    }
  });
});

async function valueOf(query: URL): Promise<string | undefined> {
  const { data } = (await (await fetch(query)).json()) as { data: { result: { value: [number, string] }[] } };
  return data.result[0]?.value[1];
}

/** The first answer that is one; whoever is asked may not be up yet. */
async function eventually<Answer>(ask: () => Promise<Answer | undefined>): Promise<Answer> {
  for (const end = performance.now() + 20_000; performance.now() < end;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    await Bun.sleep(50);
  }
  throw new Error("there was no answer in 20 s");
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
