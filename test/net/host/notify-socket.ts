import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { loadLibc } from '../../../src/libc/load-libc.ts'
import { createSendNotification } from '../../../src/net/host/notify-socket.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { unlessMissing } from '../../fixtures/programs.ts'
import { unlessPython } from '../../fixtures/python.ts'
import { openNotifySocket } from '../../fixtures/service-manager.ts'
import { makeSocketDir } from '../../fixtures/socket-dir.ts'

const never = (): never => {
  throw new Error('no program is wanted here')
}

const loaded = loadLibc()
const skip = unlessPython('socket') || (!loaded.ok && loaded.reason)

t.test('a message reaches a path and an abstract name', { skip }, async t => {
  const path = join(makeSocketDir(t), 'n')
  for (const address of [path, `@eyeballd-test${path}`]) {
    const { messages, waitFor } = await openNotifySocket(t, address)
    const send = createSendNotification(address, loaded, never)
    t.equal(send('READY=1\nSTATUS=caf\u00e9'), 'sent', address)
    await waitFor('READY=1')
    t.same(messages, [['READY=1', 'STATUS=caf\u00e9']])
  }
})

t.test('a full socket does not wait', { skip }, async t => {
  const { path, read, waitFor } = await openNotifySocket(t, join(makeSocketDir(t), 'n'), true)
  const send = createSendNotification(path, loaded, never)
  let sent = 0
  while (send(`X=${sent}`) === 'sent' && sent < 100_000) sent++
  t.ok(sent > 0 && sent < 100_000, `${sent} were taken`)
  read()
  await waitFor(`X=${sent - 1}`)
  t.equal(send('LATER=1'), 'sent')
  await waitFor('LATER=1')
})

nativeTest('a message that nobody can get is lost', async (t, libc) => {
  const path = join(makeSocketDir(t), 'n')
  const send = createSendNotification(path, { ok: true, libc }, never)
  t.equal(send('READY=1'), 'lost', 'no such file')
  const server = createServer()
  await new Promise<void>(resolve => server.listen(path, resolve))
  t.equal(send('READY=1'), 'lost', 'a socket of another type')
  await new Promise(resolve => server.close(resolve))
  const poor = createSendNotification(
    path,
    { ok: true, libc: { ...libc, socket: () => -24 } },
    never,
  )
  t.equal(poor('READY=1'), 'full', 'without a descriptor it may be sent later')
})

t.test('without the C library a program sends, one message after the other', async t => {
  const runs: [readonly string[], string][] = []
  let done = (): void => {}
  const send = createSendNotification('/n', { ok: false, reason: 'no koffi' }, (...run) => {
    const [words, address, over] = run
    runs.push([words, address])
    done = over
  })
  t.equal(send('READY=1\nSTATUS=a b'), 'sent')
  for (let i = 0; i < 8; i++) t.equal(send(`X=${i}`), 'sent')
  t.equal(send('X=8'), 'full')
  t.same(runs, [[['READY=1', 'STATUS=a b'], '/n']])
  done()
  t.same(runs[1], [['X=0'], '/n'])
  t.equal(send('X=9'), 'sent')
})

nativeTest('other kinds of sockets are left to the program', async (t, libc) => {
  const addresses: string[] = []
  for (const address of ['vsock:2:1234', `/${'x'.repeat(107)}`, '/']) {
    const send = createSendNotification(address, { ok: true, libc }, (_, to) => addresses.push(to))
    t.equal(send('READY=1'), 'sent')
  }
  t.equal(addresses.length, 3)
})

t.test(
  'the program systemd-notify sends in order',
  { skip: skip || unlessMissing('systemd-notify') },
  async t => {
    const { path, messages, waitFor } = await openNotifySocket(t, join(makeSocketDir(t), 'n'))
    const send = createSendNotification(path, { ok: false, reason: '' })
    send('RELOADING=1\nMONOTONIC_USEC=77')
    send('READY=1\nSTATUS=serving, 2 connections')
    await waitFor('READY=1')
    // The program may end its lines, and ask with BARRIER=1 whether they have arrived.
    const lines = messages.flat().filter(line => line !== '' && line !== 'BARRIER=1')
    t.same(lines, ['RELOADING=1', 'MONOTONIC_USEC=77', 'READY=1', 'STATUS=serving, 2 connections'])
  },
)

t.test('a program that is missing does no harm', async t => {
  const { PATH } = process.env
  process.env['PATH'] = '/nowhere'
  t.teardown(() => (process.env['PATH'] = PATH))
  const send = createSendNotification('/n', { ok: false, reason: '' })
  t.equal(send('READY=1'), 'sent')
  t.equal(send('READY=1'), 'sent')
  await sleep(100)
})
