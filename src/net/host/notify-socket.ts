import { spawn } from 'node:child_process'
import { AF, ERRNO, MSG, SOCK } from '../../libc/constants.ts'
import type { Libc, LoadedLibc } from '../../libc/libc.ts'
import { encodeUnixAddress } from '../../libc/socket-address.ts'

/**
 * Sends one notification to the service manager (sd_notify(3)). It neither waits nor throws.
 *
 * @returns `full` if the socket's queue is full, so that it may be sent again; `lost` if nobody can get it
 */
export type SendNotification = (text: string) => 'sent' | 'full' | 'lost'

/** The longest path of a UNIX socket, with its final NUL left out. */
const PATH_MAX_BYTES = 107

/**
 * Sends each notification from a socket of its own: they are few, and no descriptor is held in between.
 *
 * @param address `/path`, or `@name` of an abstract socket
 */
const createSend = (libc: Libc, address: string): SendNotification => {
  const to = encodeUnixAddress(address)
  return text => {
    const fd = libc.socket(AF.UNIX, SOCK.DGRAM | SOCK.NONBLOCK | SOCK.CLOEXEC, 0)
    if (fd < 0) return 'full'
    const bytes = Buffer.from(text)
    const sent = libc.sendto(fd, bytes, bytes.length, MSG.NOSIGNAL, to, to.length)
    libc.close(fd)
    if (sent >= 0) return 'sent'
    return sent === -ERRNO.EAGAIN || sent === -ERRNO.ENOBUFS ? 'full' : 'lost'
  }
}

/** Notifications that wait for the program; more than a daemon sends in a row. */
const WAITING_MAX = 8

/** Ends a program that hangs, because the service manager does not read. */
const PROGRAM_TIMEOUT_MS = 5000

/** Runs a program; `done` is called once, when it has ended or could not be started. */
export type RunNotify = (words: readonly string[], address: string, done: () => void) => void

const runNotify: RunNotify = (words, address, done) => {
  const env = { ...process.env, NOTIFY_SOCKET: address }
  const options = { env, stdio: 'ignore', timeout: PROGRAM_TIMEOUT_MS } as const
  const child = spawn('systemd-notify', words, options)
  let isOver = false
  const end = (): void => {
    if (!isOver) done()
    isOver = true
  }
  child.once('error', end).once('close', end)
}

/** Sends notifications through the program systemd-notify, one after the other. */
const createSendByProgram = (address: string, run: RunNotify): SendNotification => {
  const waiting: string[] = []
  let isRunning = false
  const next = (): void => {
    const text = waiting.shift()
    isRunning = text !== undefined
    if (text !== undefined) run(text.split('\n'), address, next)
  }
  return text => {
    if (waiting.length === WAITING_MAX) return 'full'
    waiting.push(text)
    if (!isRunning) next()
    return 'sent'
  }
}

/**
 * Creates the way to the service manager: a UNIX datagram socket, which Node does not have, through the C
 * library. Without it, and for another kind of socket (vsock), the program systemd-notify.
 *
 * @param address the value of NOTIFY_SOCKET
 */
export const createSendNotification = (
  address: string,
  loaded: LoadedLibc,
  run: RunNotify = runNotify,
): SendNotification =>
  loaded.ok && /^[/@]./.test(address) && Buffer.byteLength(address) <= PATH_MAX_BYTES
    ? createSend(loaded.libc, address)
    : createSendByProgram(address, run)
