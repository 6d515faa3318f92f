import type { Failure, WireError } from "../../../control/protocol.ts";
import { byId, html } from "../dom.ts";

/** An answer of the dashboard's server, or why there is none. */
export type Answer = { readonly value: unknown } | { readonly error: WireError };

/** Asks the dashboard's server. A failed reload is an answer like any other; `error` is set when there was none. */
export async function request(path: string, method: "GET" | "POST"): Promise<Answer> {
  try {
    const response = await fetch(path, { method });
    const value = (await response.json()) as object;
    return "error" in value && !("ok" in value) ? { error: (value as Failure).error } : { value };
  } catch (error) {
    return { error: { code: null, message: `no answer: ${String(error)}`, plugin: null, phase: null } };
  }
}

/** Shows something in the page's dialog, with a button that closes it and, if there is one, another that does something. */
export function openDialog(title: string, lead: string, body: HTMLElement, confirm?: HTMLButtonElement): void {
  const dialog = byId("dialog", HTMLDialogElement);
  const cancel = html("button", { type: "button" }, confirm === undefined ? "Close" : "Cancel");
  cancel.addEventListener("click", () => dialog.close());
  dialog.replaceChildren(
    html("h2", { id: "dialog-title" }, title),
    html("p", { class: "lead" }, lead),
    body,
    html("footer", {}, cancel, confirm),
  );
  dialog.showModal();
  cancel.focus();
}
