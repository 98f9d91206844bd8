/** What /metrics says is what the log says: of one process and of several, while it serves, reloads and drains. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { askAdmin } from '../fixtures/ask-admin.ts'
import { hangUp, reload } from '../fixtures/reload.ts'
import { httpOrigin } from '../fixtures/http-origin.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { unlessMissing } from '../fixtures/programs.ts'
import { makeSocketDir } from '../fixtures/socket-dir.ts'
import type { ProxyAddress } from '../fixtures/socks-client.ts'
import { askSocks } from '../fixtures/socks-client.ts'
import type { Eyeballd } from '../fixtures/start-eyeballd.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, freePort, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const target = await tcpTarget(t, echo)
const origin = await httpOrigin(t)

/** The values of a scrape, by name and labels as they are written. */
type Scrape = ReadonlyMap<string, number>

const scrape = async (
  admin: ProxyAddress,
  headers: Readonly<Record<string, string>> = {},
): Promise<Scrape> => {
  const { status, body } = await askAdmin(admin, '/metrics', headers)
  if (status !== 200) throw new Error(`status ${status}: ${body}`)
  const lines = body.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map(line => {
      const blank = line.lastIndexOf(' ')
      return [line.slice(0, blank), Number(line.slice(blank + 1))]
    }),
  )
}

const socks = async (proxy: ProxyAddress, text: string) => {
  const { client, reply } = await askSocks(proxy, target.host, target.port)
  if (reply.code !== 0) throw new Error(`reply ${reply.code}`)
  client.write(text)
  await client.read(text.length)
  return client
}

const comeAndGo = async (proxy: ProxyAddress, count: number): Promise<void> => {
  for (let i = 0; i < count; i++) {
    const client = await socks(proxy, 'hello')
    client.socket.end()
    await client.over
  }
}

const BYTES = 'eyeballd_bytes_total'

/** The sum of a field over all lines of an event. */
const logged = (eyeballd: Eyeballd, event: string, field: string): number =>
  eyeballd.linesOf(event).reduce((sum, line) => sum + Number(line[field]), 0)

for (const engine of ['auto', 'stream']) {
  await t.test(`engine ${engine}: the metrics are those of the log`, async t => {
    const path = join(makeSocketDir(t), 'admin')
    const config = {
      listeners: [{ name: 'front', protocol: 'mixed', listen: '127.0.0.1:0' }],
      pipe: { engine },
      admin: { listen: `unix:${path}` },
    }
    const eyeballd = await startEyeballd(t, { config, listening: 2 })
    const front = eyeballd.address('front')
    const before = await scrape({ path })
    t.equal(before.get('eyeballd_connections_total{listener="front"}'), 0, 'from 0 on')
    t.equal(before.get('eyeballd_hidden_failures_total{family="6",code="unanswered"}'), 0)
    await comeAndGo(front, 3)
    await new Promise((resolve, reject) => {
      const through = { ...front, path: `${origin.url}/bytes/5000`, agent: false }
      request(through, response => void response.resume().on('end', resolve))
        .on('error', reject)
        .end()
    })
    const refused = await askSocks(front, target.host, await freePort())
    t.equal(refused.reply.code, 5)
    refused.client.destroy()
    await eventually(() => eyeballd.linesOf('close').length === 4)

    const open = await socks(front, 'still open')
    await eventually(async () => {
      const seen = await scrape({ path })
      const bytes = seen.get(`${BYTES}{direction="down"}`) ?? 0
      return (
        bytes === logged(eyeballd, 'close', 'bytesDown') + 'still open'.length &&
        seen.get('eyeballd_connections_active{listener="front"}') === 1
      )
    })
    const now = await scrape({ path })
    const value = (name: string): number | undefined => now.get(name)
    t.equal(value('eyeballd_connections_total{listener="front"}'), 6)
    t.equal(value('eyeballd_connections_active{listener="front"}'), 1)
    t.equal(value('eyeballd_races_total{outcome="won",family="4"}'), 5)
    t.equal(value('eyeballd_races_total{outcome="failed",family="none"}'), 1)
    t.equal(value('eyeballd_attempts_total{family="4",outcome="failed"}'), 1)
    t.equal(value('eyeballd_race_duration_seconds_count'), 6)
    const up = value(`${BYTES}{direction="up"}`)
    t.equal(up, logged(eyeballd, 'close', 'bytesUp') + 'still open'.length, 'open ones count')
    const used = eyeballd.linesOf('engine')[0]?.['engine']
    t.equal(value(`eyeballd_pipes_active{engine="${String(used)}"}`), 1)
    for (const name of [
      'process_open_fds',
      'process_resident_memory_bytes',
      'eyeballd_connections_limit',
    ])
      t.ok((value(name) ?? 0) > 0, name)
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    t.equal(value(`eyeballd_build_info{version="${version}"}`), 1)

    eyeballd.kill('SIGTERM')
    await eyeballd.waitFor(({ event }) => event === 'draining')
    const draining = await scrape({ path })
    t.equal(draining.get('eyeballd_connections_active{listener="front"}'), 1, 'while it drains')
    open.socket.end()
    await open.over
    await eyeballd.exited
  })
}

await t.test('the endpoint: a token, HEAD, many scrapes, and who else may ask', async t => {
  const config = {
    listeners: [{ name: 'front', protocol: 'socks', listen: '127.0.0.1:0' }],
    admin: { listen: '127.0.0.1:0', token: 'open-sesame' },
  }
  const eyeballd = await startEyeballd(t, { config, listening: 2 })
  const admin = eyeballd.address('admin')
  t.equal((await askAdmin(admin, '/metrics')).status, 401)
  const authorization = 'Bearer open-sesame'
  const head = await new Promise<{ length: number; type: unknown }>((resolve, reject) => {
    request({
      ...admin,
      method: 'HEAD',
      path: '/metrics',
      headers: { authorization },
      agent: false,
    })
      .on('response', response => {
        let length = 0
        response.on('data', (bytes: Buffer) => (length += bytes.length))
        response.on('end', () => resolve({ length, type: response.headers['content-type'] }))
      })
      .on('error', reject)
      .end()
  })
  t.same(head, { length: 0, type: 'text/plain; version=0.0.4; charset=utf-8' })
  const load = { isOver: false }
  const scraper = async (): Promise<void> => {
    while (!load.isOver) await scrape(admin, { authorization })
  }
  const scrapers = Promise.all([scraper(), scraper(), scraper()])
  await comeAndGo(eyeballd.address('front'), 20)
  load.isOver = true
  await scrapers
  await eventually(() => eyeballd.linesOf('close').length === 20)
  const all = await scrape(admin, { authorization })
  t.equal(all.get('eyeballd_connections_total{listener="front"}'), 20)
  await eyeballd.stop(t)
})

await t.test('reloads: what was counted before, and listeners that come and go', async t => {
  const path = join(makeSocketDir(t), 'admin')
  const configOf = (name: string, admin = true) => ({
    listeners: [{ name, protocol: 'socks', listen: '127.0.0.1:0' }],
    ...(admin && { admin: { listen: `unix:${path}` } }),
  })
  const eyeballd = await startEyeballd(t, { config: configOf('l0', false) })
  await comeAndGo(eyeballd.address('l0'), 2)
  await reload(eyeballd, configOf('l0'))
  const first = await scrape({ path })
  t.equal(first.get('eyeballd_connections_total{listener="l0"}'), 2, 'also while it was off')
  const loadedAt = 'eyeballd_config_last_reload_success_timestamp_seconds'
  t.ok((first.get(loadedAt) ?? 0) > Date.now() / 1000 - 60)
  for (let n = 1; n <= 5; n++) await reload(eyeballd, configOf(`l${n}`))
  await reload(eyeballd, '{ listeners: 1 }')
  const last = await scrape({ path })
  const shown = [...last.keys()].filter(key => key.startsWith('eyeballd_connections_total'))
  t.same(
    shown,
    [4, 5].map(n => `eyeballd_connections_total{listener="l${n}"}`),
  )
  t.equal(last.get('eyeballd_config_reloads_total{outcome="success"}'), 6)
  t.equal(last.get('eyeballd_config_reloads_total{outcome="failure"}'), 1)
  const status = JSON.parse((await askAdmin({ path }, '/status')).body) as {
    readonly connections: { readonly accepted: number }
  }
  t.equal(status.connections.accepted, 2, 'the total keeps them')
  await eyeballd.stop(t)
})

const childrenOf = ({ pid }: Eyeballd): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)

const onLinux = process.platform === 'linux' ? {} : { skip: 'finds processes by /proc' }

await t.test('several processes: one sum, that never falls', onLinux, async t => {
  const path = join(makeSocketDir(t), 'admin')
  const config = {
    listeners: [{ name: 'front', protocol: 'socks', listen: '127.0.0.1:0' }],
    processes: 2,
    admin: { listen: `unix:${path}` },
  }
  const eyeballd = await startEyeballd(t, { config, listening: 2 })
  const front = eyeballd.address('front')
  const total = 'eyeballd_connections_total{listener="front"}'
  const active = 'eyeballd_connections_active{listener="front"}'
  await comeAndGo(front, 20)
  await eventually(() => eyeballd.linesOf('close').length === 20)
  const open = await Promise.all([1, 2, 3, 4].map(() => socks(front, 'open')))
  const before = await scrape({ path })
  t.equal(before.get(total), 24)
  t.equal(before.get(active), 4)
  t.equal(before.get(`${BYTES}{direction="up"}`), 20 * 5 + 4 * 4)
  t.equal(before.get('eyeballd_races_total{outcome="won",family="4"}'), 24)

  const [stopped = 0] = childrenOf(eyeballd)
  process.kill(stopped, 'SIGSTOP')
  const hung = await scrape({ path })
  t.equal(hung.get(total), 24, 'a process that does not answer counts as it did')
  t.equal(hung.get(active), 4)
  process.kill(stopped, 'SIGKILL')
  await eyeballd.waitFor(({ event }) => event === 'process-started', 20_000)
  const after = await scrape({ path })
  t.equal(after.get(total), 24)
  t.equal(after.get(`${BYTES}{direction="up"}`), 20 * 5 + 4 * 4)
  t.ok((after.get(active) ?? 9) <= 4, 'its connections are gone')
  const cpu = 'process_cpu_seconds_total'
  t.ok((after.get(cpu) ?? 0) >= (before.get(cpu) ?? 1), 'nor does its CPU time vanish')
  await hangUp(eyeballd)
  await comeAndGo(front, 5)
  t.ok(
    await eventually(async () => (await scrape({ path })).get(total) === 29),
    'and the replacement counts on',
  )
  for (const { socket } of open) socket.destroy()
  await eyeballd.stop(t)
})

const WITHOUT_PROC = [
  'unshare',
  '--mount',
  'sh',
  '-c',
  'umount --lazy /proc && exec "$@"',
  'sh',
] as const

const whyProcStays = (): string | false => {
  const [command, ...args] = [...WITHOUT_PROC, 'true'] as const
  return spawnSync(command, args).status === 0 ? false : 'it may not unmount /proc here'
}

const skip = unlessMissing('unshare') || whyProcStays()
await t.test('where /proc is not mounted', { skip }, async t => {
  for (const processes of [1, 2]) {
    const path = join(makeSocketDir(t), 'admin')
    const config = {
      listeners: [{ name: 'front', protocol: 'socks', listen: '127.0.0.1:0' }],
      processes,
      admin: { listen: `unix:${path}` },
    }
    const eyeballd = await startEyeballd(t, { config, wrap: WITHOUT_PROC, listening: 2 })
    const seen = await scrape({ path })
    t.notOk(seen.has('process_resident_memory_bytes'), 'it is unknown')
    t.ok((seen.get('nodejs_heap_size_used_bytes') ?? 0) > 0)
    t.equal((await askAdmin({ path }, '/status')).status, 200)
    await comeAndGo(eyeballd.address('front'), 1)
    t.same(eyeballd.linesOf('process-lost'), [], 'no worker has died of the question')
    await eyeballd.stop(t)
  }
})
