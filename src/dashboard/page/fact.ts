import { html, type ItemView, setText } from "./dom.ts";

/** What a panel of facts shows: a name, a value, and what is to be said of it. */
export interface Fact {
  readonly name: string;
  readonly value: string;
  readonly more: string;
  /** What there is no room for. */
  readonly explanation?: string;
  /** What of it is alarming. */
  readonly alarm?: "value" | "more" | undefined;
}

export function createFact({ name }: Fact): ItemView<Fact> {
  const value = new Text();
  const more = html("small");
  const description = html("dd", {}, value, more);
  return {
    element: html("div", {}, html("dt", {}, name), description),
    update(fact) {
      if (value.data !== fact.value) value.data = fact.value;
      setText(more, fact.more);
      description.title = [fact.more, fact.explanation].filter(Boolean).join(". ");
      description.classList.toggle("bad", fact.alarm === "value");
      description.classList.toggle("bad-more", fact.alarm === "more");
    },
  };
}
