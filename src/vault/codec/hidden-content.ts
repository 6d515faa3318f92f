import * as types from "node:util/types";

/** Whether `value` is a built-in object whose content is not in its properties, whatever its prototype says. */
export function holdsHiddenContent(value: object): boolean {
  return (
    Array.isArray(value) ||
    ArrayBuffer.isView(value) ||
    typeof value === "function" ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isPromise(value) ||
    types.isNativeError(value) ||
    types.isBoxedPrimitive(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isProxy(value) ||
    value instanceof URL ||
    value instanceof URLSearchParams
  );
}
