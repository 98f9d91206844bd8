import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, closeSync, openSync, readSync } from 'node:fs'
import { exitOf, own, within } from '../../test/fixtures/children.ts'
import type { Exit } from '../../test/fixtures/children.ts'
import { openDescriptors, residentMiB } from '../../test/fixtures/process-figures.ts'
import type { LogLine } from '../../test/fixtures/start-eyeballd.ts'
import { ALONE, cleanEnvironment } from '../../test/fixtures/start-eyeballd.ts'
import { processTree } from '../bench/process-tree.ts'
import type { Accounts } from './accounts.ts'
import { createAccounts } from './accounts.ts'
import type { LineReader } from './read-lines.ts'
import { createLineReader } from './read-lines.ts'

/** How often a log in a file is read, in milliseconds. */
const LOOK_MS = 100

/** What has been read is taken out of the file when there is so much of it. */
const PUNCH_BYTES = 1024 * 1024

/** One process of the daemon, from its start to its end, and what its log says. */
export type Life = {
  readonly pid: number
  /** All its processes. */
  readonly pids: () => number[]
  readonly accounts: Accounts
  readonly reader: LineReader
  /** Lines of the daemon itself, in contrast to those of connections. */
  readonly events: readonly LogLine[]
  /** Resolves with the first line from the `from`-th on, by default the first to come, that fits. */
  readonly waitFor: (
    fits: (line: LogLine) => boolean,
    timeoutMs: number,
    from?: number,
  ) => Promise<LogLine>
  readonly kill: (signal: NodeJS.Signals) => void
  readonly exited: Promise<Exit>
  readonly stderr: () => string
  /** While it is stopped, nobody reads the log (a pipe), or frees space on its disk (a file). */
  readonly stallLog: (isStalled: boolean) => void
  /** MiB in RAM of the first process: others may have been killed, and begin again. Undefined: it has ended. */
  readonly memory: () => number | undefined
  /** Descriptors of all its processes. */
  readonly descriptors: () => number
}

export type LifeOptions = {
  readonly bin: string
  readonly configuration: string
  /** The log's file; absent: the log goes through a pipe. */
  readonly logFile?: string
  /** Gets a copy of the whole log. */
  readonly copy: string
}

const sumOf = (pids: readonly number[], of: (pid: number) => number): number =>
  pids.reduce((sum, pid) => {
    try {
      return sum + of(pid)
    } catch {
      // It has just ended.
      return sum
    }
  }, 0)

/** Follows a file as it grows; what was read becomes a hole in it, so that a small disk holds a long log. */
const followFile = (path: string, take: (chunk: Buffer) => void) => {
  const fd = openSync(path, 'r')
  const chunk = Buffer.alloc(256 * 1024)
  let position = 0
  let punched = 0
  let isStalled = false
  const look = (): void => {
    for (;;) {
      const count = readSync(fd, chunk, 0, chunk.length, position)
      if (count === 0) break
      position += count
      take(Buffer.from(chunk.subarray(0, count)))
    }
    if (isStalled || position - punched < PUNCH_BYTES) return
    punched = position - (position % 4096)
    spawnSync('fallocate', ['--punch-hole', '--offset', '0', '--length', String(punched), path])
  }
  const timer = setInterval(look, LOOK_MS)
  return {
    stall: (value: boolean) => (isStalled = value),
    end: () => {
      clearInterval(timer)
      look()
      closeSync(fd)
    },
  }
}

/** Starts the daemon. Resolves at once; `waitFor` a line `listening`. */
export const startLife = ({ bin, configuration, logFile, copy }: LifeOptions): Life => {
  const accounts = createAccounts()
  const events: LogLine[] = []
  const watchers = new Set<(line: LogLine) => void>()
  const reader = createLineReader((line, text) => {
    accounts.take(line, text)
    if (line['conn'] !== undefined) return
    events.push(line)
    for (const watcher of watchers) watcher(line)
  })
  const take = (chunk: Buffer): void => {
    appendFileSync(copy, chunk)
    reader.take(chunk)
  }
  const output = logFile === undefined ? ('pipe' as const) : openSync(logFile, 'a')
  const [program, ...args] = [...ALONE, process.execPath, bin, 'serve', '-c', configuration]
  const child = own(
    spawn(program, args, { env: cleanEnvironment(), stdio: ['ignore', output, 'pipe'] }),
  )
  if (typeof output === 'number') closeSync(output)
  const file = logFile === undefined ? undefined : followFile(logFile, take)
  child.stdout?.on('data', take)
  let stderr = ''
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const exited = exitOf(child).then(exit => {
    file?.end()
    return exit
  })
  const pid = child.pid ?? 0
  const pids = (): number[] => processTree([pid]).map(each => each.pid)
  return {
    pid,
    pids,
    accounts,
    reader,
    events,
    waitFor: (fits, timeoutMs, from = events.length) => {
      const { promise, watcher } = watch(fits)
      const past = events.slice(from).find(fits)
      if (past) return Promise.resolve(past)
      watchers.add(watcher)
      const ended = exited.then(({ code, signal }) => {
        throw new Error(`eyeballd ended (${code ?? signal}): ${stderr}`)
      })
      const line = within(timeoutMs, 'a line that fits', Promise.race([promise, ended]))
      return line.finally(() => watchers.delete(watcher))
    },
    kill: signal => void child.kill(signal),
    exited,
    stderr: () => stderr,
    stallLog: isStalled => {
      file?.stall(isStalled)
      if (isStalled) child.stdout?.pause()
      else child.stdout?.resume()
    },
    memory: () => sumOf([pid], residentMiB) || undefined,
    descriptors: () => sumOf(pids(), openDescriptors),
  }
}

const watch = (fits: (line: LogLine) => boolean) => {
  let resolve = (_line: LogLine): void => {}
  const promise = new Promise<LogLine>(done => (resolve = done))
  const watcher = (line: LogLine): void => {
    if (fits(line)) resolve(line)
  }
  return { promise, watcher }
}
