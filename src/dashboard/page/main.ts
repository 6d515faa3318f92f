import type { FeedPart } from "../feed.ts";
import { FeedClient } from "./feed-client.ts";
import { GraphPanel } from "./graph/graph-panel.ts";
import { ActionsPanel } from "./panels/actions.ts";
import { CallsPanel } from "./panels/calls.ts";
import { ConnectionPanel } from "./panels/connection.ts";
import { DetailsPanel } from "./panels/details.ts";
import { ErrorsPanel } from "./panels/errors.ts";
import { FactsPanel } from "./panels/facts.ts";
import { ProbationPanel } from "./panels/probation.ts";
import { ReloadsPanel } from "./panels/reloads.ts";
import type { Panel, Select } from "./panels/screen.ts";
import { VaultPanel } from "./panels/vault.ts";
import { TimelinePanel } from "./timeline/timeline-panel.ts";
import { startTooltips } from "./tooltip.ts";

const nothing: ReadonlySet<FeedPart> = new Set();

let selected: string | undefined;

const select: Select = (plugin) => {
  selected = plugin;
  update(nothing);
};

const panels: readonly Panel[] = [
  new ConnectionPanel(),
  new ActionsPanel(),
  new ProbationPanel(),
  new FactsPanel(),
  new ErrorsPanel(select),
  new GraphPanel(select),
  new TimelinePanel(select),
  new DetailsPanel(select),
  new CallsPanel(select),
  new ReloadsPanel(),
  new VaultPanel(),
];

// The token is in a cookie now: it need not stay in the address bar, nor in what is copied from there.
history.replaceState(null, "", location.pathname);

const client = new FeedClient("feed", update);

startTooltips();
setInterval(() => {
  if (document.hidden) return;
  for (const panel of panels) panel.tick?.(Date.now());
}, 1000);

function update(changed: ReadonlySet<FeedPart>): void {
  const { feed, connected } = client;
  for (const panel of panels) panel.update({ feed, connected, selected }, changed);
}
