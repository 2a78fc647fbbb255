import { join, resolve } from "node:path";

/** The repository. */
export const root = resolve(import.meta.dirname, "../../..");

/** The program under test; PARLEY_BIN names another one, which is then taken as it is. */
export const parleyPath = resolve(process.env.PARLEY_BIN || join(root, "bin/parley"));

/** The model server of the tests. */
export const fakeModelPath = join(root, ".cache/fakeserver");
