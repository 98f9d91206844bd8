import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogLine } from '../../test/fixtures/start-eyeballd.ts'
import type { SoakFiles } from './configuration.ts'
import { CONNECTIONS_MAX, EXTRA, configurationOf } from './configuration.ts'
import { openConnection } from './connection.ts'
import type { Fault, FaultContext } from './fault.ts'
import { NETWORK_FAULTS } from './network-faults.ts'
import { USER } from './ways.ts'

const REPLY_MS = 20_000

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
  ...NETWORK_FAULTS,
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
