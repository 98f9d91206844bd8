import type { Config } from '../../config/types.ts'
import { fail } from '../../core/fail.ts'
import { loadLibc } from '../../libc/load-libc.ts'
import type { Log } from '../../log/types.ts'
import { inspectPassed } from '../../net/native/passed-socket.ts'
import type { Daemon } from '../types.ts'
import { createPassedSockets } from './passed-sockets.ts'
import type { PassedDescriptor } from './service-environment.ts'

/** Finds out what a descriptor of this process is. @throws ERR_ENGINE without the C library */
const inspect = (fd: number): ReturnType<typeof inspectPassed> => {
  const loaded = loadLibc()
  if (loaded.ok) return inspectPassed(loaded.libc, fd)
  throw fail('ERR_ENGINE', `a passed socket needs the C library: ${loaded.reason}`)
}

const namesPassed = ({ listeners, admin }: Config): boolean =>
  [...listeners, admin].some(({ listen }) => listen.some(({ type }) => type === 'systemd'))

/**
 * Gives a daemon the sockets that the service manager has passed, wherever its configuration names them. Those
 * that a configuration does not use are logged when it comes into force, unless the one before left the same.
 */
export const withPassedSockets = (
  daemon: Daemon,
  {
    passed,
    log,
    inspectOne = inspect,
  }: {
    readonly passed: readonly PassedDescriptor[]
    readonly log: Pick<Log, 'event'>
    readonly inspectOne?: typeof inspect
  },
): Daemon => {
  let unusedBefore = ''
  return {
    ...daemon,
    apply: async (config, options) => {
      if (passed.length === 0 && !namesPassed(config)) return daemon.apply(config, options)
      const sockets = createPassedSockets(passed, inspectOne)
      const resolved = sockets.resolve(config)
      try {
        await daemon.apply(resolved, options)
      } catch (error) {
        throw sockets.explain(resolved, error)
      }
      const unused = sockets.unused(resolved)
      const text = unused.join()
      if (text !== '' && text !== unusedBefore)
        log.event({ type: 'passed-unused', sockets: unused })
      unusedBefore = text
    },
  }
}
