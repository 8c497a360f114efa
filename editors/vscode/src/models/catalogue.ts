/** The models of the server's catalogue, and which of them suits a machine. */

/** A line of `fimble models list --json`; sizes in bytes, `memory` null where nobody knows. */
export interface Model {
  readonly name: string;
  readonly title: string;
  readonly size: number;
  readonly memory: number | null;
  readonly licence: string;
  readonly default: boolean;
  readonly installed: boolean;
}

export interface Machine {
  /** Logical processors. */
  readonly processors: number;
  /** Bytes of memory in all. */
  readonly memory: number;
}

/** Bytes of weights that one processor reads fast enough to answer while somebody types. */
const BYTES_PER_PROCESSOR = 280_000_000;
/** More processors wait for the same memory. */
const MOST_PROCESSORS = 8;
/** The part of the memory that a model may take. */
const SHARE = 0.25;

/** Reads the output of `fimble models list --json`. */
export function readModels(output: string): readonly Model[] {
  return (JSON.parse(output) as { models: readonly Model[] }).models;
}

/** Returns the largest model that answers in time on this machine; the default one where none is small enough. */
export function recommended(models: readonly Model[], machine: Machine): Model | undefined {
  const largest = BYTES_PER_PROCESSOR * Math.min(machine.processors, MOST_PROCESSORS);
  const fitting = models.filter(
    ({ name, size, memory }) =>
      memory !== null && memory <= machine.memory * SHARE && size <= largest && !name.endsWith("-base"),
  );
  const standard = models.find((model) => model.default);
  return fitting.reduce((best, model) => (best === undefined || model.size > best.size ? model : best), standard);
}

/** Describes a model in a list, as "1.1 GB to fetch, 1.7 GB of memory, Apache-2.0". */
export function describe(model: Model): string {
  const memory = model.memory === null ? [] : [`${gigabytes(model.memory)} of memory`];
  const size = model.installed ? `${gigabytes(model.size)}, on this machine` : `${gigabytes(model.size)} to fetch`;
  return [size, ...memory, model.licence].join(", ");
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
