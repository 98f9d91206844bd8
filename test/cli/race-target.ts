import t from 'tap'
import { parseRaceTarget } from '../../src/cli/race-target.ts'

t.test('parseRaceTarget reads hosts with ports, and URLs', async t => {
  const cases = [
    ['www.example.com:443', 'www.example.com', 443],
    ['[2001:db8::1]:1', '2001:db8::1', 1],
    ['192.0.2.1:80', '192.0.2.1', 80],
    ['https://www.example.com/a?b', 'www.example.com', 443],
    ['http://[2001:db8::1]:8080', '2001:db8::1', 8080],
    ['wss://www.example.com', 'www.example.com', 443],
    ['www.example.com', 'www.example.com', 443],
    ['192.0.2.1', '192.0.2.1', 443],
    ['2001:db8::1', '2001:db8::1', 443],
    ['[2001:db8::1]', '2001:db8::1', 443],
    ['bücher.example', 'xn--bcher-kva.example', 443],
    ['bücher.example:80', 'xn--bcher-kva.example', 80],
    ['https://bücher.example/', 'xn--bcher-kva.example', 443],
    ['redis://bücher.example:6379', 'xn--bcher-kva.example', 6379],
    ['postgres://db.example.com:5432/x', 'db.example.com', 5432],
  ] as const
  for (const [text, host, port] of cases) t.strictSame(parseRaceTarget(text), { host, port }, text)
})

t.test('parseRaceTarget rejects everything else', async t => {
  for (const text of [
    '',
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
  const cases = [
    ['', 'TARGET: "" is empty; expected HOST, HOST:PORT, [IPV6]:PORT or a URL'],
    ['h/x', 'TARGET: "h/x" is not a host; did you mean https://h/x?'],
    ['odd://h', 'TARGET: "odd://h" is a URL without a port, and odd: has none that is known'],
    ['h:http', 'TARGET: "h:http" is not an address; expected host:port or [ipv6]:port'],
    ['://x', /^TARGET: ":\/\/x" is not a URL; expected HOST/],
    ['file:///x', /^TARGET: "file:\/\/\/x" is a URL without a host/],
  ] as const
  for (const [text, message] of cases) t.throws(() => parseRaceTarget(text), { message })
  t.throws(() => parseRaceTarget('a..b', 'NAME'), { message: /^NAME: / })
})
