import t from 'tap'
import { readServers } from '../../src/resolver/dns/servers.ts'
import type { ResolvEnv } from '../../src/resolver/resolv-conf.ts'
import type { GivenConfig } from '../../src/resolver/system-config.ts'
import { createSystemConfig, givenConfig } from '../../src/resolver/system-config.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { createMemoryFiles } from '../fixtures/memory-files.ts'

const PATH = '/etc/resolv.conf'
const NOTHING: GivenConfig = {
  servers: undefined,
  search: undefined,
  ndots: undefined,
  timeoutMs: undefined,
  attempts: undefined,
  defaultTimeoutMs: 2000,
  defaultDomain: undefined,
}

const setUp = (text: string, given: Partial<GivenConfig> = {}, env: ResolvEnv = {}) => {
  const clock = createHandClock()
  const files = createMemoryFiles({ [PATH]: text })
  const host = { servers: (): readonly string[] => ['127.0.0.1'] }
  const config = createSystemConfig({
    path: PATH,
    files,
    clock,
    env,
    systemServers: () => host.servers(),
    given: { ...NOTHING, ...given },
  })
  /** What is in force a second later. */
  const next = async () => {
    clock.advance(1000)
    const { servers, ...rest } = await config.current()
    return { servers: servers.map(server => server.text), ...rest }
  }
  return { files, host, next }
}

t.test('the system is read, and read again when it changes', async t => {
  const { files, next } = setUp('nameserver 192.0.2.1\nsearch a.example\noptions ndots:2')
  t.same(await next(), {
    servers: ['192.0.2.1'],
    search: ['a.example'],
    ndots: 2,
    timeoutMs: 2000,
    attempts: 2,
    rotate: false,
    useTcp: false,
    singleRequest: false,
    noAaaa: false,
  })
  files.set(PATH, 'nameserver 192.0.2.2\nnameserver fe80::1%eth0\noptions timeout:5 use-vc no-aaaa')
  t.match(await next(), {
    servers: ['192.0.2.2', 'fe80::1%eth0'],
    search: [],
    ndots: 1,
    timeoutMs: 5000,
    attempts: 2,
    useTcp: true,
    noAaaa: true,
  })
})

t.test('where no server is named, the system has others', async t => {
  const { files, host, next } = setUp('search a.example')
  t.match(await next(), { servers: ['127.0.0.1'], search: ['a.example'] })
  host.servers = () => ['192.0.2.9:5353', 'nonsense']
  files.set(PATH, undefined)
  t.match(await next(), { servers: ['192.0.2.9:5353'], search: [] })
  host.servers = () => {
    throw new Error('no descriptor is free')
  }
  files.set(PATH, '# another network')
  t.match(await next(), { servers: ['192.0.2.9:5353'] }, 'those known before serve on')
})

t.test("what is given by hand stands in place of the system's", async t => {
  const text = 'nameserver 192.0.2.1\nsearch a.example\noptions ndots:2 timeout:9 attempts:5 rotate'
  const { host, next } = setUp(text, {
    servers: readServers(['192.0.2.9']),
    search: ['B.example.', 'not a domain'],
    ndots: 99,
    timeoutMs: 100,
    attempts: 1,
  })
  host.servers = () => {
    t.fail('the system is not asked')
    return []
  }
  t.match(await next(), {
    servers: ['192.0.2.9'],
    search: ['b.example'],
    ndots: 15,
    timeoutMs: 100,
    attempts: 1,
    rotate: true,
  })
})

t.test('the environment overrides the file, and not what is given', async t => {
  const env = { LOCALDOMAIN: 'env.example', RES_OPTIONS: 'timeout:7 attempts:3' }
  const text = 'search a.example\noptions timeout:9'
  t.match(await setUp(text, {}, env).next(), {
    search: ['env.example'],
    timeoutMs: 7000,
    attempts: 3,
  })
  t.match(await setUp(text, { search: ['b.example'], attempts: 1 }, env).next(), {
    search: ['b.example'],
    timeoutMs: 7000,
    attempts: 1,
  })
})

t.test('a domain by default, where resolv.conf has none', async t => {
  const given = { defaultDomain: 'Corp.example' }
  t.same((await setUp('nameserver 192.0.2.53', given).next()).search, ['corp.example'])
  t.same((await setUp('search .', given).next()).search, [''])
  t.same((await setUp('domain a.example', given).next()).search, ['a.example'])
  const env = { LOCALDOMAIN: 'b.example' }
  t.same((await setUp('', given, env).next()).search, ['b.example'])
})

t.test('what is given counts in mode dns; in mode system only timeout and attempts do', async t => {
  const options = {
    servers: ['192.0.2.9'],
    search: ['b.example'],
    ndots: 3,
    timeoutMs: 100,
    attempts: 1,
  }
  const hostname = () => 'box.corp.example'
  t.same(givenConfig(options, hostname), {
    ...options,
    servers: readServers(options.servers),
    defaultTimeoutMs: 2000,
    defaultDomain: undefined,
  })
  t.same(givenConfig({ ...options, mode: 'system' }, hostname), {
    ...NOTHING,
    timeoutMs: 100,
    attempts: 1,
    defaultTimeoutMs: 5000,
    defaultDomain: 'corp.example',
  })
  t.equal(givenConfig({ servers: [] }, hostname).servers, undefined)
})
