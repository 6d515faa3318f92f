import { html } from "../dom.ts";

/** One of the choices. */
export interface Choice<Value extends string> {
  readonly value: Value;
  readonly label: string;
}

/** Fills a fieldset with choices of which one holds, as radio buttons. Returns a function that makes another one hold. */
export function fillSwitch<Value extends string>(
  fieldset: HTMLFieldSetElement,
  legend: string,
  choices: readonly Choice<Value>[],
  onChoose: (value: Value) => void,
): (value: Value) => void {
  const inputs = new Map<Value, HTMLInputElement>();
  fieldset.append(html("legend", { class: "unseen" }, legend));
  for (const { value, label } of choices) {
    const input = html("input", { type: "radio", name: fieldset.id, value });
    input.addEventListener("change", () => onChoose(value));
    inputs.set(value, input);
    fieldset.append(html("label", {}, input, label));
  }
  return (value) => {
    const input = inputs.get(value);
    if (input !== undefined) input.checked = true;
    onChoose(value);
  };
}

/**
 * Shows a picture or the table that says the same. The table of a picture that is shown stays for screen readers.
 */
export function fillPictureSwitch(fieldset: HTMLFieldSetElement, picture: HTMLElement, table: HTMLElement): void {
  const choose = fillSwitch(
    fieldset,
    "Show as",
    [
      { value: "picture", label: "Picture" },
      { value: "table", label: "Table" },
    ],
    (value) => {
      picture.hidden = value === "table";
      table.classList.toggle("unseen", value === "picture");
      table.tabIndex = value === "table" ? 0 : -1;
    },
  );
  choose("picture");
}
