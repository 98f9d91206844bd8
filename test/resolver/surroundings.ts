import t from 'tap'
import { readServers } from '../../src/resolver/dns/servers.ts'
import { createSurroundings } from '../../src/resolver/surroundings.ts'
import { NOTHING_CONFIGURED } from '../../src/resolver/system-config.ts'
import type { SystemConfig } from '../../src/resolver/system-config.ts'
import type { Families } from '../../src/resolver/types.ts'

const configOf = (
  servers: readonly string[],
  more: Partial<Omit<SystemConfig, 'servers'>> = {},
): SystemConfig => ({ ...NOTHING_CONFIGURED, servers: readServers(servers), ...more })

const setUp = () => {
  const host = {
    config: configOf(['192.0.2.53']) as SystemConfig | Promise<SystemConfig>,
    families: { ipv4: true, ipv6: true } as Families | Promise<Families>,
    epoch: 1,
  }
  let changes = 0
  const around = createSurroundings({
    config: () => host.config,
    families: () => host.families,
    epoch: () => host.epoch,
    onChange: () => changes++,
  })
  /** Looks, and says how often it was another network. */
  const look = async (): Promise<number> => {
    changes = 0
    await around.look()
    return changes
  }
  return { host, around, look }
}

t.test('what is known at once is there at once', async t => {
  const { around } = setUp()
  t.equal(around.look(), undefined)
  t.match(around.config().servers, [{ text: '192.0.2.53' }])
})

t.test('what has to be waited for is there after that', async t => {
  const { host, around } = setUp()
  host.families = Promise.resolve({ ipv4: false, ipv6: true })
  const looked = around.look()
  t.same(around.families(), { ipv4: true, ipv6: true })
  await looked
  t.same(around.families(), { ipv4: false, ipv6: true })
  host.config = Promise.resolve(configOf([], { search: ['a.example'], ndots: 2 }))
  await around.look()
  t.same(around.config(), configOf([], { search: ['a.example'], ndots: 2 }))
})

t.test(
  'it is another network by its servers and by the addresses of the host, not else',
  async t => {
    const { host, look } = setUp()
    await look()
    t.equal(await look(), 0)
    host.epoch = 2
    t.equal(await look(), 1)
    t.equal(await look(), 0)
    host.config = configOf(['192.0.2.54'])
    t.equal(await look(), 1)
    host.config = configOf(['192.0.2.54', '192.0.2.53'])
    t.equal(await look(), 1)
    host.config = configOf(['192.0.2.53', '192.0.2.54'])
    t.equal(await look(), 1, 'their order counts')
    host.config = configOf(['192.0.2.53', '192.0.2.54'], { search: ['a.example'], ndots: 5 })
    t.equal(await look(), 0)
    host.families = { ipv4: false, ipv6: true }
    t.equal(await look(), 0)
  },
)
