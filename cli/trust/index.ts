export { keygenCommand } from "./keygen.ts";
export { verifyCommand } from "./verify.ts";
