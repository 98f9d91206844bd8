/**
 * Writes docs/top.svg: the screen of `eyeballd top` on a terminal of 100 columns and 24 lines, of a daemon that
 * races on loopback meanwhile.
 *
 *     npx tsx scripts/top-picture.ts
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { endChild, own } from '../test/fixtures/children.ts'
import { createDnsServer } from '../test/fixtures/dns-server.ts'
import { PYTHON } from '../test/fixtures/python.ts'
import { createTestScreen } from '../test/fixtures/screen.ts'
import { askSocks } from '../test/fixtures/socks-client.ts'
import { commandOf, startEyeballd } from '../test/fixtures/start-eyeballd.ts'
import { createTcpServer } from '../test/fixtures/tcp-server.ts'
import { createOwner } from './lab/owner.ts'

const COLUMNS = 100
const ROWS = 24
const PICTURE = fileURLToPath(new URL('../docs/top.svg', import.meta.url))

/** Pixels of one character. */
const CELL = { width: 8.4, height: 18 }

const COLOURS: Readonly<Record<string, string>> = {
  1: 'font-weight="bold"',
  2: 'fill="#8b949e"',
  31: 'fill="#ff7b72"',
  32: 'fill="#7ee787"',
  33: 'fill="#e3b341"',
  36: 'fill="#79c0ff"',
}

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** One line of the screen as SVG, with its colours (SGR). */
const lineSvg = (line: string, row: number): string => {
  // The pattern has to match the colours of a terminal.
  // oxlint-disable-next-line no-control-regex
  const spans = line.split(/\u001b\[(\d+)m/)
  const parts = spans.flatMap((text, i) => {
    if (i % 2 === 1 || text === '') return []
    const style = COLOURS[spans[i - 1] ?? ''] ?? ''
    return [`<tspan ${style}>${escape(text)}</tspan>`]
  })
  return `<text x="12" y="${(row + 1) * CELL.height + 6}" xml:space="preserve">${parts.join('')}</text>`
}

const svg = (lines: readonly string[]): string => {
  const width = Math.ceil(COLUMNS * CELL.width + 24)
  const height = ROWS * CELL.height + 20
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="The screen of eyeballd top">`,
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    `<g fill="#e6edf3" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14">`,
    ...lines.map(lineSvg),
    '</g></svg>',
    '',
  ].join('\n')
}

const owner = createOwner()
try {
  const four = await createTcpServer('127.0.0.1')
  const six = await createTcpServer('::1')
  owner.teardown(() => four.close())
  owner.teardown(() => six.close())
  const both = { addresses: ['::1', '127.0.0.1'], delayMs: 4 }
  const dns = await createDnsServer({ '*': both, 'slow.example.com': { ...both, delayMs: 180 } })
  owner.teardown(dns.close)
  const eyeballd = await startEyeballd(owner, {
    config: {
      listeners: [{ name: 'socks', protocol: 'socks', listen: '127.0.0.1:1080' }],
      access: [{ action: 'allow', to: 'loopback' }],
      resolver: { search: [] },
      admin: { listen: '127.0.0.1:9000' },
    },
    args: ['--dns', dns.address],
    listening: 2,
  })
  const helper = fileURLToPath(new URL('../test/fixtures/pty.py', import.meta.url))
  const command = [...commandOf(), 'top', '--admin', '127.0.0.1:9000']
  const child = own(
    spawn(PYTHON, [helper, String(ROWS), String(COLUMNS), ...command], {
      env: { ...process.env, TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'ignore'],
    }),
  )
  owner.teardown(() => endChild(child))
  const screen = createTestScreen()
  child.stdout.setEncoding('utf8').on('data', screen.write)
  await sleep(2000)
  const proxy = eyeballd.address('socks')
  const ask = async (host: string, port: number, isKept: boolean): Promise<void> => {
    const { client } = await askSocks(proxy, host, port)
    if (!isKept) client.destroy()
    else owner.teardown(() => client.destroy())
  }
  for (let round = 0; round < 12; round++) {
    await ask('www.example.com', six.port, round % 4 === 0)
    await ask('api.example.com', six.port, round % 6 === 0)
    // Nobody listens there on IPv6: hidden failures.
    if (round % 3 === 0) await ask('legacy.example.com', four.port, round === 6)
    if (round === 5) await ask('slow.example.com', six.port, false)
    if (round === 8) await ask('down.example.com', 9, false)
    await sleep(250)
  }
  await sleep(1500)
  writeFileSync(PICTURE, svg(screen.painted()))
} finally {
  await owner.end()
}
