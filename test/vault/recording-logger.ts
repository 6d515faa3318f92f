import type { Logger } from "../../src/logger.ts";

/** A logger that keeps what it was told. */
export interface RecordingLogger extends Logger {
  readonly lines: string[];
}

export function recordingLogger(): RecordingLogger {
  const lines: string[] = [];
  const record =
    (level: string) =>
    (message: string): void => {
      lines.push(`${level}: ${message}`);
    };
  return { lines, debug: record("debug"), info: record("info"), warn: record("warn"), error: record("error") };
}
