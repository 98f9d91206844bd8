import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { endChild, own, within } from '../../test/fixtures/children.ts'
import { COMPILED } from '../../test/fixtures/compiled.ts'
import { LAB_DAEMON } from '../../test/fixtures/namespaces.ts'
import { startEyeballd } from '../../test/fixtures/start-eyeballd.ts'
import { measureSocks } from './measure-socks.ts'
import { createOwner } from './owner.ts'
import { runCurl } from './run-curl.ts'
import type { Measured, Program } from './types.ts'

const wordsOf = (program: string, ...args: readonly string[]): string =>
  spawnSync(program, args, { encoding: 'utf8' }).stdout.trim()

const packageVersion = (): string => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

const eyeballd: Program = {
  name: 'eyeballd',
  version: packageVersion(),
  start: async ({ confirm }) => {
    const owner = createOwner()
    const config = {
      listeners: [{ protocol: 'socks', listen: '127.0.0.1:0' }],
      ...(confirm ? { eyeballs: { confirm: 'tls' } } : {}),
    }
    const daemon = await startEyeballd(owner, { config, wrap: LAB_DAEMON })
    return { measure: task => measureSocks(daemon.address(), task), stop: owner.end }
  },
}

const MICROSOCKS = { host: '127.0.0.1', port: 1090 } as const

const answers = async (): Promise<boolean> => {
  const socket = connect(MICROSOCKS)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** It does not say its version; the package that it came in does. */
const microsocksVersion = (): string =>
  wordsOf('dpkg-query', '--showformat=${Version}', '--show', 'microsocks') || 'of unknown version'

const microsocks: Program = {
  name: 'microsocks',
  version: microsocksVersion(),
  start: async () => {
    const { host, port } = MICROSOCKS
    const [program, ...rest] = LAB_DAEMON
    const args = [...rest, 'microsocks', '-i', host, '-p', String(port)]
    const child = own(spawn(program, args, { stdio: 'ignore' }))
    const up = async (): Promise<void> => {
      while (!(await answers())) await sleep(10)
    }
    await within(5000, 'microsocks answers', up())
    return { measure: task => measureSocks(MICROSOCKS, task), stop: () => endChild(child) }
  },
}

const curl: Program = {
  name: 'curl',
  version: wordsOf('curl', '--version').split(' ')[1] ?? '',
  // A process for each connection: curl remembers nothing from one to the next.
  start: () =>
    Promise.resolve({
      measure: task => runCurl(task, LAB_DAEMON),
      stop: () => Promise.resolve(),
    }),
}

const node: Program = {
  name: 'Node',
  version: process.version.slice(1),
  start: async () => {
    const main = fileURLToPath(new URL('node-main.ts', import.meta.url))
    const [program, ...rest] = LAB_DAEMON
    const args = [...rest, process.execPath, COMPILED, main]
    const child = own(spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] }))
    const lines = createInterface(child.stdout)
    return {
      measure: async task => {
        child.stdin.write(`${JSON.stringify(task)}\n`)
        const [line] = (await once(lines, 'line')) as [string]
        return JSON.parse(line) as Measured
      },
      stop: () => endChild(child),
    }
  },
}

/** The columns of the table. */
export const PROGRAMS: readonly Program[] = [eyeballd, microsocks, curl, node]
