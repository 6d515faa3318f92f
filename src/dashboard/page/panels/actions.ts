import type { Failure, Plan, Reload } from "../../../control/protocol.ts";
import { byId, html } from "../dom.ts";
import { count } from "../format.ts";
import { openDialog, request } from "./dialog.ts";
import { errorBox } from "./reloads.ts";
import type { Panel, Screen } from "./screen.ts";

type WireError = Failure["error"];

/** What the page can have the host do, and what is asked before. */
interface Action {
  readonly title: string;
  readonly lead: string;
  readonly confirm: string;
  readonly path: string;
}

const reload: Action = {
  title: "Reload the plugins?",
  lead: "This is what a reload would do now. It succeeds as a whole, or the live set stays as it is.",
  confirm: "Reload",
  path: "api/reload",
};

const rollback: Action = {
  title: "Roll back to the set before?",
  lead: "The set before the last successful reload becomes live again, as an ordinary reload. Nothing is built, and the data bag stays.",
  confirm: "Roll back",
  path: "api/rollback",
};

const look = {
  title: "What would a reload do now?",
  lead: "The plugin folder against the live set. Looking changes nothing.",
};

/** The buttons of the page, and the dialog that asks before anything is done. */
export class ActionsPanel implements Panel {
  readonly #element = byId("actions", HTMLElement);
  readonly #dialog = byId("dialog", HTMLDialogElement);
  #allowed: boolean | undefined;
  #buttons: HTMLButtonElement[] = [];

  update({ feed, connected }: Screen): void {
    if (feed.settings !== undefined && feed.settings.allowReload !== this.#allowed) {
      this.#allowed = feed.settings.allowReload;
      this.#buttons = this.#allowed
        ? [
            this.#button("Reload…", () => this.#openPlan(reload)),
            this.#button("Roll back…", () => this.#openRollback()),
          ]
        : [this.#button("Plan…", () => this.#openPlan(undefined))];
      const tag = this.#allowed ? [] : [readOnlyTag()];
      this.#element.replaceChildren(...tag, ...this.#buttons);
    }
    const usable = connected && feed.host?.state === "up" && feed.status?.static !== true;
    for (const button of this.#buttons) button.disabled = !usable;
  }

  #button(label: string, act: () => void): HTMLButtonElement {
    const button = html("button", { type: "button" }, label);
    button.addEventListener("click", act);
    return button;
  }

  #openPlan(action: Action | undefined): void {
    const { title, lead } = action ?? look;
    const body = html("div", { class: "body" }, html("p", { class: "empty" }, "Looking at the plugin folder…"));
    const confirm = action && this.#confirmButton(action, body);
    if (confirm !== undefined) confirm.disabled = true;
    openDialog(title, lead, body, confirm);
    void request("api/plan", "GET").then((answer) => {
      if ("error" in answer) {
        body.replaceChildren(errorBox(answer.error));
        return;
      }
      body.replaceChildren(...planRows(answer.value as Plan));
      if (confirm === undefined) return;
      confirm.disabled = false;
      confirm.focus();
    });
  }

  #openRollback(): void {
    const body = html("div", { class: "body" });
    const confirm = this.#confirmButton(rollback, body);
    openDialog(rollback.title, rollback.lead, body, confirm);
  }

  #confirmButton({ confirm: label, path }: Action, body: HTMLElement): HTMLButtonElement {
    const button = html("button", { class: "primary", type: "button" }, label);
    button.addEventListener("click", () => {
      button.disabled = true;
      button.textContent = `${label}…`;
      void request(path, "POST").then((answer) => {
        button.textContent = label;
        const error = "error" in answer ? answer.error : failureOf(answer.value as Reload);
        if (error === undefined) return this.#dialog.close();
        body.replaceChildren(errorBox(error));
        button.disabled = false;
        return undefined;
      });
    });
    return button;
  }
}

function readOnlyTag(): HTMLElement {
  return html(
    "span",
    { class: "tag", title: "Started without --allow-reload: this page changes nothing" },
    "read-only",
  );
}

function failureOf(answer: Reload): WireError | undefined {
  return answer.ok ? undefined : answer.error;
}

/** What would change, one a line; what would not, in a sentence. */
function planRows({ plugins }: Plan): HTMLElement[] {
  if (plugins.length === 0)
    return [html("p", { class: "empty" }, "There are no plugins in the folder, and none is live.")];
  const changing = plugins.filter(({ note }) => note !== "unchanged");
  const unchanged = plugins.length - changing.length;
  const rows = changing.map(({ name, note, reason }) =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, name),
      html("td", {}, html("span", { class: `note ${note.replace(" ", "-")}` }, note)),
      html("td", {}, reason),
    ),
  );
  const head = html("tr", {}, ...["Plugin", "Would be", "Because"].map((title) => html("th", { scope: "col" }, title)));
  const table = html("table", {}, html("thead", {}, head), html("tbody", {}, ...rows));
  const rest = html(
    "p",
    { class: "empty" },
    changing.length === 0
      ? `Nothing would change: ${count(unchanged, "plugin")} as before.`
      : `${count(unchanged, "plugin")} unchanged.`,
  );
  return changing.length === 0 ? [rest] : unchanged === 0 ? [table] : [table, rest];
}
