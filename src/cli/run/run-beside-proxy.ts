import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { HostPort } from '../../core/host-port.ts'
import { openPrivateProxy } from '../../daemon/private-proxy.ts'
import type { CaughtSignals } from '../../daemon/signals.ts'
import { createLog } from '../../log/create-log.ts'

import type { Log } from '../../log/types.ts'
import { createRealClock } from '../../net/host/real-clock.ts'
import { javaOptions } from './java-options.ts'
import { passSignals } from './pass-signals.ts'
import { proxyVariables } from './proxy-environment.ts'
import { startSignalWitness } from './signal-witness.ts'
import { spawnCommand } from './spawn-command.ts'
import { makeSshWrappers } from './ssh-wrappers.ts'
import type { CommandEnd, RunRequest } from './types.ts'

type Process = Pick<
  NodeJS.Process,
  'env' | 'execPath' | 'execArgv' | 'on' | 'once' | 'off' | 'kill' | 'pid' | 'platform'
> & { readonly stderr: { readonly isTTY?: boolean; readonly write: (text: string) => unknown } }

const STDERR_FD = 2

const NO_LOG: Pick<Log, 'emit' | 'event' | 'flush'> = {
  emit: () => {},
  event: () => {},
  flush: async () => {},
}

const defined = (env: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined))

const proxyCommand = ({ execPath, execArgv }: Process): readonly string[] => [
  execPath,
  ...execArgv,
  fileURLToPath(new URL('./ssh-proxy-main.js', import.meta.url)),
]

/**
 * Opens a proxy, runs a command with the variables that lead to it, and closes the proxy after the command.
 *
 * @param caught the process's signals, caught since it started. One that comes before the command ends the
 *   run, as it would have ended the command.
 */
export const runBesideProxy = async (
  request: RunRequest,
  process: Process,
  caught: Pick<CaughtSignals, 'settled' | 'take'>,
): Promise<CommandEnd> => {
  const signals = passSignals(process, caught)
  const { config, kinds, words, drainMs } = request
  const { env } = process
  const isTerminal = process.stderr.isTTY === true
  const log = request.logs ? createLog(config.log, { fd: STDERR_FD, isTerminal }) : NO_LOG
  const emit: Log['emit'] = event => {
    log.emit(event)
    request.emit(event)
  }
  const clock = createRealClock()
  const starting = startSignalWitness(spawn)
  const parts = { log: { emit, event: log.event }, clock }
  const proxy = await openPrivateProxy(config, parts).catch(async (error: unknown) => {
    await starting.then(started => started?.end())
    signals.release()
    throw error
  })
  const witness = await starting
  const cleanUps: (() => void)[] = [signals.release, () => witness?.end()]

  const sshVariables = (address: HostPort) => {
    const wrappers = makeSshWrappers({
      proxy: address,
      env,
      proxyCommand: proxyCommand(process),
      temporary: tmpdir(),
    })
    cleanUps.unshift(wrappers.remove)
    witness?.guard(wrappers.directory)
    return wrappers.variables
  }

  const sayRefused = (signal: NodeJS.Signals, code: string | null): void => {
    process.stderr.write(
      `eyeballd: the command did not get ${signal} (${code}); it runs as another user\n`,
    )
  }

  try {
    const { address } = proxy
    const variables = defined({
      ...env,
      ...proxyVariables(address),
      ...(kinds.has('java') && {
        JAVA_TOOL_OPTIONS: javaOptions(address, env['JAVA_TOOL_OPTIONS']),
      }),
      ...(kinds.has('ssh') && sshVariables(address)),
    })
    const command = await signals.start(() => spawnCommand(words, variables, sayRefused), witness)
    return typeof command === 'string' ? { type: 'killed', signal: command } : await command.ended
  } finally {
    // A signal ends the wait for connections of processes that the command has left behind.
    signals.callInstead(proxy.endConnections)
    await proxy.end(drainMs)
    await log.flush()
    for (const cleanUp of cleanUps) cleanUp()
  }
}
