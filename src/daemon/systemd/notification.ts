/** One message of a service to the service manager (sd_notify(3)). */
export type Notification = {
  readonly state?: 'ready' | 'stopping'
  /** The service reloads since this time of CLOCK_MONOTONIC, in microseconds. */
  readonly reloadingAtUs?: bigint
  readonly status?: string
  readonly watchdog?: true
  /** The service needs this much longer from now on to stop. */
  readonly extendTimeoutMs?: number
}

/** The longest status in characters; `systemctl status` shows it on one line. */
const STATUS_MAX_CHARACTERS = 200

const oneLine = (text: string): string => {
  const plain = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim()
  return plain.length > STATUS_MAX_CHARACTERS
    ? `${plain.slice(0, STATUS_MAX_CHARACTERS - 3)}...`
    : plain
}

/** The text of a message: one assignment a line. */
export const encodeNotification = (message: Notification): string => {
  const { state, reloadingAtUs, status, watchdog, extendTimeoutMs } = message
  const lines: string[] = []
  if (state === 'ready') lines.push('READY=1')
  if (state === 'stopping') lines.push('STOPPING=1')
  if (reloadingAtUs !== undefined) lines.push('RELOADING=1', `MONOTONIC_USEC=${reloadingAtUs}`)
  if (watchdog) lines.push('WATCHDOG=1')
  if (extendTimeoutMs !== undefined)
    lines.push(`EXTEND_TIMEOUT_USEC=${Math.round(extendTimeoutMs * 1000)}`)
  if (status !== undefined) lines.push(`STATUS=${oneLine(status)}`)
  return lines.join('\n')
}
