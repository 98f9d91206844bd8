/** Which addresses a race attempts, and in which order, as the log has it. */
import { networkInterfaces } from 'node:os'
import t from 'tap'
import { createDnsServer } from '../fixtures/dns-server.ts'
import type { LoggedAttempt } from '../fixtures/lab-scenario.ts'
import { askSocks } from '../fixtures/socks-client.ts'
import type { LogLine } from '../fixtures/start-eyeballd.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { freePort } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

/** Where a host has IPv4 and no IPv6, it asks for no AAAA. */
const hasFar6 = Object.values(networkInterfaces())
  .flatMap(entries => entries ?? [])
  .some(({ internal, family, scopeid }) => !internal && family === 'IPv6' && scopeid === 0)

/** Addresses of loopback, which all refuse at once. */
const refusing = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `127.0.1.${i + 1}`)
const DENIED = ['2001:db8:1::1', '2001:db8:1::2', '2001:db8:1::3']

const dns = await createDnsServer({
  'many.example.com': { addresses: refusing(64) },
  'mixed.example.com AAAA': { addresses: DENIED },
  'mixed.example.com A': { addresses: refusing(2), delayMs: 20 },
})
t.teardown(() => dns.close())
const port = await freePort()
const eyeballd = await startEyeballd(t, {
  config: {
    listeners: [{ protocol: 'socks', listen: '127.0.0.1:0' }],
    resolver: { servers: [dns.address], search: [] },
    // So long that no busy machine makes an answer late; IPv6 first, wherever this host has it.
    eyeballs: { resolutionDelay: '5s', preferredFamily: '6', adaptive: false },
    access: [
      { action: 'allow', to: ['loopback'] },
      { action: 'deny', to: ['2001:db8:1::/48'] },
    ],
  },
})

const race = async (
  name: string,
): Promise<{ readonly code: number; readonly line: LogLine; readonly tried: string[] }> => {
  const { client, reply } = await askSocks(eyeballd.address(), name, port)
  client.destroy()
  const target = `${name}:${port}`
  const line = await eyeballd.waitFor(each => each.event === 'race' && each['target'] === target)
  const attempts = line['attempts'] as LoggedAttempt[]
  return { code: reply.code, line, tried: attempts.map(({ address }) => address) }
}

t.test('of a name with 64 addresses 16 are attempted, and the others counted', async st => {
  const { code, line, tried } = await race('many.example.com')
  st.equal(code, 5)
  st.same(tried, refusing(64).slice(0, 16))
  st.equal(line['untried'], 48)
})

const skip = hasFar6 ? false : 'this host has no IPv6 address beyond its links'

t.test('addresses that fail inside the host leave the others their turn', { skip }, async st => {
  const { code, line, tried } = await race('mixed.example.com')
  const [a = '', b = ''] = refusing(2)
  st.equal(code, 5)
  st.same(tried, [DENIED[0], a, DENIED[1], b, DENIED[2]], 'though their answer came later')
  st.notOk('untried' in line)
})

t.test('the daemon ends in order', async st => {
  await eyeballd.stop(st)
})
