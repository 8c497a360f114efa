import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { onTestFinished } from "vitest";

/** Makes a folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "fimble-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
