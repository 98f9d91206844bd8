import type { PipeConfig } from '../config/types.ts'
import { fail } from '../core/fail.ts'
import { loadLibc } from '../libc/load-libc.ts'
import { createPoller } from '../libc/poller.ts'
import type { LoadedLibc } from '../libc/types.ts'

/** The error where the splice engine was asked for. @param reason what this host does not have */
export const engineFailure = (reason: string): Error =>
  fail(
    'ERR_ENGINE',
    `pipe.engine: found splice, which cannot run here: ${reason}; allowed: auto, stream`,
  )

const missing = (load: () => LoadedLibc): string | null => {
  const loaded = load()
  if (!loaded.ok) return loaded.reason
  try {
    createPoller(loaded.libc).close()
    return null
  } catch (error) {
    return (error as Error).message
  }
}

/**
 * Whether a daemon could start with this engine on this host, for one who does not start it.
 *
 * @param load where the C library comes from; the system by default
 * @throws ERR_ENGINE where it could not
 */
export const checkEngine = (
  engine: PipeConfig['engine'],
  load: () => LoadedLibc = loadLibc,
): void => {
  const reason = engine === 'splice' ? missing(load) : null
  if (reason !== null) throw engineFailure(reason)
}
