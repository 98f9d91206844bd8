import type { Config } from '../config/types.ts'

/** What is decided once, as a process starts, by its path in the configuration. */
const KEYS: Readonly<Record<string, (config: Config) => unknown>> = {
  'pipe.engine': ({ pipe }) => pipe.engine,
  'pipe.workers': ({ pipe }) => pipe.workers,
  processes: ({ processes }) => processes,
}

/** The keys of which a reload brings new values that count only after a restart. */
export const restartKeys = (before: Config, after: Config): string[] =>
  Object.entries(KEYS)
    .filter(([, value]) => value(before) !== value(after))
    .map(([key]) => key)
