/** The topic that every socket listens to, whatever its room. */
export const EVERYONE = "everyone";
