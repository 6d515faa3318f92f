import type { FleetView } from "../../fleet/fleet-view.ts";
import { byId, html, type ItemView, ItemList, setText } from "../dom.ts";
import { createFact, type Fact } from "../fact.ts";
import { count, formatAgo } from "../format.ts";
import { request } from "../panels/dialog.ts";

type Member = FleetView["status"]["members"][number];
type Rollout = FleetView["rollouts"][number];
type Release = FleetView["releases"][number];

interface MemberRow {
  readonly member: Member;
  readonly vote: string;
  readonly committed: number | null;
}

interface HistoryRow<Item> {
  readonly item: Item;
  /** By the store's clock, as the item's own times are. */
  readonly now: number;
}

/** In ms: how often the store is asked while somebody looks. */
const ASK_EVERY = 1000;

/** The states of a rollout that goes well, in their order. */
const STATES = ["preparing", "swapping", "watching", "committed"] as const;

const members = new ItemList<MemberRow>(byId("members", HTMLElement), ({ member }) => member.id, createMember);
const steps = new ItemList<Step>(byId("steps", HTMLElement), ({ name }) => name, createStep);
const rollouts = new ItemList<HistoryRow<Rollout>>(
  byId("rollouts", HTMLElement),
  ({ item }) => String(item.id),
  createRollout,
);
const releases = new ItemList<HistoryRow<Release>>(
  byId("releases", HTMLElement),
  ({ item }) => String(item.number),
  createRelease,
);
const facts = new ItemList<Fact>(byId("facts", HTMLElement), ({ name }) => name, createFact);
let announced = "";

// The token is in a cookie now: it need not stay in the address bar, nor in what is copied from there.
history.replaceState(null, "", location.pathname);
void look();

async function look(): Promise<void> {
  if (!document.hidden) {
    const answer = await request("api/fleet", "GET");
    if ("error" in answer) showFailure(answer.error.message);
    else show(answer.value as FleetView);
  }
  setTimeout(() => void look(), ASK_EVERY);
}

function showFailure(message: string): void {
  const notice = byId("notice", HTMLElement);
  notice.hidden = false;
  setText(notice, `The store does not answer: ${message}. What is shown is the last that was known.`);
  pill("gone", "No answer");
}

function show(view: FleetView): void {
  const { status, votes } = view;
  const { head, now } = status;
  byId("notice", HTMLElement).hidden = true;
  pill("up", "Live");
  setText(byId("target", HTMLElement), `${status.fleet} in ${status.store}`);
  document.title = `${status.fleet} · hotswap fleet`;
  facts.update(factsOf(view));
  const current = head.rollout ?? view.rollouts[0];
  showRollout(current);
  const alive = status.members.filter((member) => member.alive).length;
  setText(byId("members-summary", HTMLElement), `${alive} alive, ${status.members.length - alive} gone`);
  members.update(status.members.map((member) => ({ member, vote: votes[member.id] ?? "", committed: head.committed })));
  rollouts.update(view.rollouts.map((item) => ({ item, now })));
  releases.update(view.releases.map((item) => ({ item, now })));
}

function showRollout(rollout: Rollout | undefined): void {
  const summary = byId("rollout-summary", HTMLElement);
  const reason = byId("reason", HTMLElement);
  if (rollout === undefined) {
    setText(summary, "none yet");
    steps.update([]);
    reason.hidden = true;
    return;
  }
  const text = describe(rollout);
  setText(summary, text);
  if (announced !== "" && announced !== text) setText(byId("announcements", HTMLElement), text);
  announced = text;
  steps.update(stepsOf(rollout));
  reason.hidden = rollout.failure === undefined;
  if (rollout.failure !== undefined) setText(reason, why(rollout.failure));
}

function describe({ id, release, state, step, strategy, members: asked, hold }: Rollout): string {
  const parts = [`rollout ${id} of release ${release}`, state.is];
  if (strategy.steps.length > 1) parts.push(`step ${step + 1} of ${strategy.steps.length}`);
  parts.push(count("participants" in state ? state.participants : asked, "member"));
  if (hold) parts.push("on hold");
  return parts.join(", ");
}

function why({ member, plugin, phase, message }: NonNullable<Rollout["failure"]>): string {
  const where = [member, plugin, phase].filter((part) => part !== undefined).join(", ");
  return where === "" ? message : `${where}: ${message}`;
}

interface Step {
  readonly name: string;
  readonly look: "done" | "now" | "bad" | "";
}

function stepsOf({ state }: Rollout): Step[] {
  const at = STATES.indexOf(state.is as (typeof STATES)[number]);
  if (at === -1) return [{ name: state.is, look: state.is === "paused" ? "now" : "bad" }];
  return STATES.map((name, index) => ({
    name,
    look: index < at || state.is === "committed" ? "done" : index === at ? "now" : "",
  }));
}

function createStep({ name }: Step): ItemView<Step> {
  const element = html("li", {}, name);
  return {
    element,
    update(step) {
      element.className = step.look;
    },
  };
}

function createMember({ member: { id } }: MemberRow): ItemView<MemberRow> {
  const cells = Array.from({ length: 5 }, () => html("td"));
  const element = html("tr", {}, html("th", { scope: "row" }, id), ...cells);
  return {
    element,
    update({ member, vote, committed }) {
      const state = member.alive ? member.state : "gone";
      const labels = Object.entries(member.labels).map(([name, value]) => `${name}=${value}`);
      const texts = [
        member.runs === null ? "its own folder" : `release ${member.runs}`,
        member.failure === undefined ? state : `${state}: ${why(member.failure)}`,
        vote,
        labels.join(" "),
        `${member.host} ${member.pid}`,
      ];
      for (const [index, text] of texts.entries()) {
        const cell = cells[index];
        if (cell !== undefined) setText(cell, text);
      }
      element.className = state !== "serving" ? "bad" : member.runs === committed ? "" : "ahead";
    },
  };
}

function createRollout({ item }: HistoryRow<Rollout>): ItemView<HistoryRow<Rollout>> {
  const when = html("span", { class: "when" });
  const state = html("span", { class: "took" });
  const reason = html("span", { class: "outcome" });
  const title = html("strong", {}, `#${item.id}, release ${item.release}`);
  const element = html("li", {}, html("div", { class: "entry" }, title, when, state, reason));
  return {
    element,
    update({ item: rollout, now }) {
      setText(when, `${formatAgo(now - rollout.at)} by ${rollout.by}`);
      setText(state, rollout.state.is);
      setText(reason, rollout.failure === undefined ? "" : why(rollout.failure));
      element.className = rollout.failure === undefined ? "" : "failed";
    },
  };
}

function createRelease({ item }: HistoryRow<Release>): ItemView<HistoryRow<Release>> {
  const when = html("span", { class: "when" });
  const plugins = Object.keys(item.plugins);
  const title = html("strong", {}, String(item.number));
  const size = html("span", { class: "took" }, count(plugins.length, "plugin"));
  const note = html("span", { class: "outcome" }, item.note === "" ? plugins.join(", ") : item.note);
  return {
    element: html("li", {}, html("div", { class: "entry" }, title, when, size, note)),
    update({ item: release, now }) {
      setText(when, `${formatAgo(now - release.at)} by ${release.by}`);
    },
  };
}

function factsOf({ status: { head, members: all } }: FleetView): Fact[] {
  const alive = all.filter((member) => member.alive);
  const behind = alive.filter(({ state }) => state === "behind").length;
  const running = alive.filter(({ runs }) => runs === head.committed).length;
  return [
    {
      name: "Release",
      value: head.committed === null ? "none" : String(head.committed),
      more: head.previous === null ? "" : `before: ${head.previous}`,
    },
    { name: "Members", value: String(alive.length), more: `${all.length - alive.length} gone` },
    {
      name: "Run the release",
      value: String(running),
      more: `of ${alive.length}`,
      alarm: running < alive.length ? "value" : undefined,
    },
    { name: "Behind", value: String(behind), more: "", alarm: behind > 0 ? "value" : undefined },
    { name: "Releases", value: String(head.releases), more: "" },
    { name: "Rollouts", value: String(head.rollouts), more: head.rollout === null ? "none under way" : "1 under way" },
  ];
}

function pill(state: string, text: string): void {
  const element = byId("connection", HTMLElement);
  element.className = `pill ${state}`;
  setText(element, text);
}
