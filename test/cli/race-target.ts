import t from 'tap'
import { parseRaceTarget } from '../../src/cli/race-target.ts'

t.test('reads hosts with ports, and URLs', async t => {
  const cases = [
    ['www.example.com:443', 'www.example.com', 443],
    ['[2001:db8::1]:1', '2001:db8::1', 1],
    ['192.0.2.1:80', '192.0.2.1', 80],
    ['https://www.example.com/a?b', 'www.example.com', 443],
    ['http://[2001:db8::1]:8080', '2001:db8::1', 8080],
    ['wss://www.example.com', 'www.example.com', 443],
    ['postgres://db.example.com:5432/x', 'db.example.com', 5432],
  ] as const
  for (const [text, host, port] of cases) t.strictSame(parseRaceTarget(text), { host, port }, text)
})

t.test('refuses the rest', async t => {
  for (const text of [
    '',
    'h',
    'h:0',
    'a..b:1',
    '127.1:80',
    'https://',
    '://x',
    'odd://h',
    'file:///x',
    'http://h:99999',
  ]) {
    t.throws(() => parseRaceTarget(text), { code: 'ERR_CONFIG', message: /^TARGET: / }, text)
  }
})
