import type { Config } from '../config/types.ts'
import { codeOf } from '../core/fail.ts'
import { parseIp } from '../core/ip.ts'
import type { SocketAddress } from '../core/listen-address.ts'
import { isSpecial } from '../core/special-addresses.ts'
import type { DaemonReport } from '../doctor/types.ts'
import { EXIT_DONE, EXIT_FAILED, listOf, switchOf, textOf, usesColour } from './command.ts'
import { adminToken, adminWritten, daemonAddresses } from './daemon-address.ts'
import { askHistory, askStatus } from './daemon-answers.ts'
import { loadArguments } from './load-arguments.ts'
import { createNotice } from './progress-line.ts'
import { parseRaceTarget } from './race-target.ts'
import type { Arguments, CliIo, RunCommand } from './types.ts'
import { version } from './version.ts'

/** A name with both families, of the organisation that keeps such names for examples (RFC 2606). */
const DEFAULT_TARGETS: readonly string[] = ['example.com:443']

const isOnThisHost = (address: SocketAddress): boolean => {
  const ip = address.type === 'tcp' ? parseIp(address.host) : undefined
  return address.type === 'unix' || (ip !== undefined && isSpecial('loopback', ip))
}

/** How a running daemon is asked; null: none is named. */
type AskDaemon = (() => Promise<DaemonReport>) | null

/**
 * Prepares to ask the daemon that the arguments name.
 *
 * @throws ERR_CONFIG if --admin is wrong. Whatever else is wrong is in the report
 */
const daemonOf = async (args: Arguments, io: CliIo, isOffline: boolean): Promise<AskDaemon> => {
  const written = await adminWritten(args, io)
  if (!written) return null
  if (textOf(args, 'admin') !== undefined) daemonAddresses(written)
  const { text: where } = written
  return async () => {
    try {
      const addresses = daemonAddresses(written)
      if (isOffline && !addresses.every(isOnThisHost))
        return { ok: false, where, why: `--offline, and ${where} is an address of the network` }
      const client = await io.openAdmin(addresses, await adminToken(args, io))
      const [status, history] = await Promise.all([askStatus(client), askHistory(client)])
      return { ok: true, where: client.where(), status, history }
    } catch (error) {
      if (codeOf(error) === 'ERR_BUG') throw error
      return { ok: false, where, why: (error as Error).message }
    }
  }
}

/** The configuration whose addresses are looked at: --admin names a daemon that runs, and is none of them. */
const loadConfig = (args: Arguments, io: CliIo): Promise<Config> =>
  loadArguments(
    { ...args, admin: undefined },
    { ...io, env: { ...io.env, EYEBALLD_ADMIN: undefined } },
  )

const NOTICE = 'asking DNS servers and targets: 10 s at most'

/** `eyeballd doctor [TARGET...]`: examines this host; returns 1 if it finds a problem. */
export const doctor: RunCommand = async (args, io) => {
  const words = listOf(args, 'target') ?? DEFAULT_TARGETS
  const targets = words.map(word => parseRaceTarget(word))
  const isOffline = switchOf(args, 'offline') === true
  const config = await loadConfig(args, io)
  const askDaemon = await daemonOf(args, io, isOffline)
  const { examine } = await import('../doctor/examine.ts')
  const { examinationJson, examinationText } = await import('../doctor/show-findings.ts')
  const { host, close } = await io.openDoctor(config)
  const startedAt = host.clock.now()
  const isJson = switchOf(args, 'json') === true
  const notice = createNotice(isJson ? null : io.stderr, io.env)
  try {
    if (!isOffline) {
      notice.show(NOTICE)
      await host.races.warmUp()
    }
    const daemon = askDaemon?.() ?? Promise.resolve(null)
    const examination = await examine(host, config, targets, { isOffline, daemon })
    notice.erase()
    const durationMs = Math.round(host.clock.now() - startedAt)
    io.stdout.write(
      isJson
        ? `${examinationJson(examination, { version: version(), time: host.wallTime(), durationMs })}\n`
        : examinationText(examination, io.stdout, usesColour(io.stdout, io.env)),
    )
    const hasProblem = examination.findings.some(({ severity }) => severity === 'problem')
    return hasProblem ? EXIT_FAILED : EXIT_DONE
  } finally {
    notice.erase()
    close()
  }
}
