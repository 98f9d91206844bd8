import { readFileSync, writeFileSync } from 'node:fs'
import { runDaemon } from '../daemon/run-daemon.ts'
import { dialerOptions } from '../daemon/dialer-options.ts'
import { signalsOf } from '../daemon/signals.ts'
import { createDialer } from '../library/create-dialer.ts'
import { exchange } from '../net/exchange.ts'
import { createNetwork } from '../net/network.ts'
import { createRealClock } from '../net/real-clock.ts'
import type { CliIo, Output, Races } from './types.ts'

const outputOf = (stream: NodeJS.WriteStream): Output => {
  // Whoever reads may leave early, as `head` does: what is left to say has no reader then.
  stream.on('error', () => {})
  return {
    write: text => void stream.write(text),
    isTTY: stream.isTTY,
    columns: stream.isTTY ? stream.columns : undefined,
  }
}

const openRaces: CliIo['openRaces'] = (config): Races => {
  const clock = createRealClock()
  const network = createNetwork({ clock })
  const { dial, resolver } = createDialer(dialerOptions(config), { clock, network })
  return {
    dial,
    lookup: resolver.lookup,
    source: network.source,
    now: clock.now,
    close: resolver.close,
  }
}

/** The world of this process, for its commands. */
export const createProcessIo = (process: NodeJS.Process): CliIo => ({
  stdout: outputOf(process.stdout),
  stderr: outputOf(process.stderr),
  stdin: process.stdin,
  env: process.env,
  readFile: path => readFileSync(path),
  writeFile: (path, text) => writeFileSync(path, text),
  exchange,
  openRaces,
  runDaemon: load =>
    runDaemon(load, {
      logFd: process.stdout.fd,
      isTerminal: process.stdout.isTTY,
      onSignal: signalsOf(process),
    }),
})
