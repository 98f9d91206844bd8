import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { LAB, run } from '../../test/fixtures/namespaces.ts'
import type { Random } from '../../test/fixtures/random.ts'
import type { LogLine } from '../../test/fixtures/start-eyeballd.ts'
import type { SoakFiles } from './configuration.ts'
import { CONNECTIONS_MAX, EXTRA, configurationOf } from './configuration.ts'
import { openConnection } from './connection.ts'
import type { Life } from './life.ts'
import type { Load } from './load.ts'
import { USER } from './ways.ts'
import type { Windows } from './windows.ts'

/** What faults work on. */
export type FaultContext = {
  readonly life: () => Life
  readonly load: Load
  readonly files: SoakFiles
  readonly windows: Windows
  readonly random: Random
  readonly processes: number
  /** Makes the DNS server silent, or lets it speak again. */
  readonly silenceDns: (isSilent: boolean) => void
  /** Notes that something must have been so. */
  readonly check: (what: string, isRight: boolean, found?: string) => void
}

export type Fault = {
  readonly name: string
  /** Where it can be: everywhere, with several processes, with a log in a file, or with a log in a pipe. */
  readonly needs?: 'processes' | 'file' | 'pipe'
  readonly run: (context: FaultContext) => Promise<void>
}

const REPLY_MS = 20_000

/** After a route is back, TCP goes on when it sends again, at most so much later. */
const RETRANSMIT_MS = 8000

/**
 * The daemon reads the addresses of its host at most once a second, so it looks up a family that has come back after
 * so long. Until then the other one must not go.
 */
const FAMILY_NOTICED_MS = 1500

const network = (
  name: string,
  takes: 'four' | 'six',
  [remove, ...restore]: readonly [string, ...string[]],
): Fault => ({
  name,
  run: async ({ windows, random }) => {
    const end = windows.open(name, { takes: [takes] })
    run(remove)
    await sleep(random.between(2000, 4000))
    for (const command of restore) run(command)
    end(RETRANSMIT_MS)
    await sleep(FAMILY_NOTICED_MS)
  },
})

const NEIGHBOURS = [
  `ip neighbour replace ${LAB.net4} lladdr 02:00:00:00:00:02 dev cable0 nud permanent`,
  `ip neighbour replace ${LAB.net6} lladdr 02:00:00:00:00:02 dev cable0 nud permanent`,
] as const
const ROUTES = [
  `ip route replace default via ${LAB.net4}`,
  `ip -6 route replace default via ${LAB.net6}`,
] as const

export const writeUsers = (files: SoakFiles, more = ''): void =>
  writeFileSync(files.users, `${USER.name}:${USER.password}\n${more}`)

/** Has the daemon read its configuration again. Resolves with its line `reload`. */
const hangUp = async ({ life }: FaultContext): Promise<LogLine> => {
  const said = life().waitFor(({ event }) => event === 'reload', REPLY_MS)
  life().kill('SIGHUP')
  return said
}

const goodReload = async (context: FaultContext, hasExtra: boolean): Promise<void> => {
  const { files, processes, check } = context
  writeFileSync(
    files.configuration,
    JSON.stringify(configurationOf(files, { processes, hasExtra })),
  )
  const line = await hangUp(context)
  check('a good reload is applied', line['error'] === undefined, line.msg)
  const isOpen = await openConnection(EXTRA).then(
    connection => {
      connection.destroy()
      return true
    },
    () => false,
  )
  check('a listener comes and goes by a reload', isOpen === hasExtra, `open: ${isOpen}`)
}

const badReload = (name: string, text: string): Fault => ({
  name,
  run: async context => {
    const { files, processes, windows, check } = context
    const end = windows.open(name, { slows: false })
    writeFileSync(files.configuration, text)
    const line = await hangUp(context)
    check('a bad reload is refused', line['error'] !== undefined, line.msg)
    writeFileSync(files.configuration, JSON.stringify(configurationOf(files, { processes })))
    end()
  },
})

/** Writes until there is no space. */
const fillDisk = ({ filler, disk }: SoakFiles): void => {
  for (;;) {
    const { bavail, bsize } = statfsSync(disk)
    if (bavail === 0) return
    try {
      writeFileSync(filler, Buffer.alloc(bavail * bsize), { flag: 'a' })
    } catch {
      // Meanwhile the log has taken some of it.
    }
  }
}

export const FAULTS: readonly Fault[] = [
  network('IPv6 address removed', 'six', [
    `ip address del ${LAB.host6}/64 dev cable0`,
    `ip address add ${LAB.host6}/64 dev cable0 nodad`,
    ROUTES[1],
    ...NEIGHBOURS,
  ]),
  network('IPv4 address removed', 'four', [
    `ip address del ${LAB.host4}/24 dev cable0`,
    `ip address add ${LAB.host4}/24 dev cable0`,
    ROUTES[0],
    ...NEIGHBOURS,
  ]),
  network('IPv6 route gone', 'six', ['ip -6 route del default', ROUTES[1]]),
  network('IPv4 route gone', 'four', ['ip route del default', ROUTES[0]]),
  {
    name: 'interface down',
    run: async ({ windows, random }) => {
      const end = windows.open('interface down', { takes: ['network'] })
      run('ip link set cable0 down')
      await sleep(random.between(1000, 3000))
      run('ip link set cable0 up')
      // The kernel drops IPv6 addresses of an interface that goes down.
      run(`ip address replace ${LAB.host6}/64 dev cable0 nodad`)
      for (const command of [...ROUTES, ...NEIGHBOURS]) run(command)
      end(RETRANSMIT_MS)
      await sleep(FAMILY_NOTICED_MS)
    },
  },
  {
    name: 'DNS outage',
    run: async ({ windows, random, silenceDns }) => {
      const end = windows.open('DNS outage', { takes: ['names'] })
      silenceDns(true)
      await sleep(random.between(3000, 6000))
      silenceDns(false)
      // A failed lookup is remembered for a second, and a query that was lost has its timeout.
      end(4000)
    },
  },
  {
    name: 'reloads, a listener comes and goes',
    run: async context => {
      const end = context.windows.open('reloads', { slows: false })
      await goodReload(context, true)
      await sleep(500)
      await goodReload(context, false)
      end()
    },
  },
  badReload('reload of a bad file', '{ "listeners": [ { "protocol": "sokcs" '),
  badReload('reload of an empty file', ''),
  {
    name: 'users file changed',
    run: async ({ files, windows, random, life, check }) => {
      const end = windows.open('users file changed', { slows: false })
      const said = life().waitFor(({ event }) => event === 'users', REPLY_MS)
      writeUsers(files, `other-${random.between(0, 1e6)}:password\n`)
      const line = await said
      check('a users file is applied when it changes', line['error'] === undefined, line.msg)
      end()
    },
  },
  {
    name: 'burst of connections',
    run: async ({ windows, load, random }) => {
      const end = windows.open('burst of connections', { takes: ['new'] })
      await load.burst(CONNECTIONS_MAX + random.between(0, 200))
      end(500)
    },
  },
  {
    name: 'daemon stopped and continued',
    run: async ({ windows, random, life }) => {
      const end = windows.open('daemon stopped', {})
      const pids = life().pids()
      for (const pid of pids) process.kill(pid, 'SIGSTOP')
      await sleep(random.between(1000, 4000))
      for (const pid of pids) process.kill(pid, 'SIGCONT')
      end(2000)
    },
  },
  {
    name: 'full disk',
    needs: 'file',
    run: async ({ files, windows, random, life, check }) => {
      const end = windows.open('full disk', {})
      const { stallLog, waitFor } = life()
      stallLog(true)
      try {
        fillDisk(files)
        // As an editor writes on a full disk: the file is empty, and the users in force stay.
        const said = waitFor(({ event }) => event === 'users', REPLY_MS)
        writeFileSync(files.users, '')
        await sleep(random.between(3000, 6000))
        rmSync(files.filler)
        const line = await said
        check('an empty users file is refused', line['error'] !== undefined, line.msg)
      } finally {
        rmSync(files.filler, { force: true })
        stallLog(false)
        writeUsers(files)
      }
      await sleep(3000)
      end(1000)
    },
  },
  {
    name: 'log reader stalls',
    needs: 'pipe',
    run: async ({ windows, random, life }) => {
      const end = windows.open('log reader stalls', {})
      life().stallLog(true)
      await sleep(random.between(4000, 8000))
      life().stallLog(false)
      end(1000)
    },
  },
  {
    name: 'worker process killed',
    needs: 'processes',
    run: async ({ windows, random, life, check }) => {
      const { pid, pids, waitFor } = life()
      const [victim] = [random.pick(pids().filter(each => each !== pid) as [number, ...number[]])]
      const end = windows.open('worker process killed', { takes: ['all'] })
      const lost = waitFor(({ event }) => event === 'process-lost', REPLY_MS)
      const started = waitFor(({ event }) => event === 'process-started', REPLY_MS)
      process.kill(victim, 'SIGKILL')
      check('the death of a process is logged', (await lost)['process'] === victim)
      // Others serve from now on.
      end(1000)
      await started
    },
  },
]
