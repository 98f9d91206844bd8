/**
 * The daemon, its clients and the browser of the pictures, in a network namespace of theirs:
 *
 *     ip netns exec HOST node --import=./scripts/compiled.mjs scripts/screenshots/main.ts FOLDER
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { openPage, startBrowser } from '../../test/fixtures/browser.ts'
import { createDnsServer } from '../../test/fixtures/dns-server.ts'
import { openSocks } from '../../test/fixtures/socks-client.ts'
import { startEyeballd } from '../../test/fixtures/start-eyeballd.ts'
import { createOwner } from '../lab/owner.ts'
import { DNS, HOSTS, NO_NAME, SHOWN } from './world.ts'

const [folder = '.'] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })

/** How long the daemon runs races before the pictures are taken. */
const TRAFFIC_MS = 75_000

const PROXY = '10.0.0.1'
const ADMIN = '127.0.0.1:9090'
const USERS = { alice: 'a', bob: 'b', carol: 'c' } as const

const owner = createOwner()
const dns = await createDnsServer(DNS, { address: '127.0.0.1', port: 53 })
owner.teardown(dns.close)
const clients = ['10.0.0.0/24']
const eyeballd = await startEyeballd(owner, {
  config: {
    listeners: [
      { name: 'lan', protocol: 'mixed', listen: `${PROXY}:1080`, clients },
      {
        name: 'staff',
        protocol: 'socks',
        listen: `${PROXY}:1081`,
        clients,
        auth: { users: USERS },
      },
      { name: 'db', protocol: 'forward', listen: '127.0.0.1:5432', target: 'db.example.net:5432' },
    ],
    resolver: { servers: '127.0.0.1', search: [] },
    admin: { listen: ADMIN, raceHistory: 1000 },
  },
  listening: 4,
})

/** As `Math.random`, but the same in each run. */
let seed = 20_260_515
const random = (): number => {
  seed = (seed * 16_807) % 2_147_483_647
  return seed / 2_147_483_647
}

const pick = <Item>(items: readonly Item[]): Item =>
  items[Math.floor(random() * items.length)] as Item

/** Each name as often as its weight says. */
const NAMES = HOSTS.flatMap(({ name, weight }) => Array<string>(weight).fill(name))

/** One connection of a client, which stays open for a while. */
const connect = async (name = random() < 0.01 ? NO_NAME : pick(NAMES)): Promise<void> => {
  const localAddress = `10.0.0.${2 + Math.floor(random() * 6)}`
  const isStaff = random() < 0.3
  const openMs = random() < 0.15 ? TRAFFIC_MS * 2 : random() * 2000
  const user = pick(Object.keys(USERS) as (keyof typeof USERS)[])
  const socks = await openSocks({ host: PROXY, port: isStaff ? 1081 : 1080 }, { localAddress })
  await socks.greet(isStaff ? [2] : [0])
  if (isStaff) await socks.login(user, USERS[user])
  socks.sendRequest(name, 443)
  const { code } = await socks.readReply(40_000)
  const end = performance.now() + (code === 0 ? openMs : 0)
  while (performance.now() < end) {
    socks.write('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n')
    await sleep(200 + random() * 1500)
  }
  socks.destroy()
}

const take = async (
  browser: Browser,
  name: string,
  options: BrowserContextOptions,
): Promise<void> => {
  const { page, faults } = await openPage(browser, `http://${ADMIN}/`, options)
  await page.locator('.link', { hasText: 'Live' }).waitFor()
  await page.getByRole('button', { name: `${SHOWN}:443` }).click()
  if (name === 'phone')
    await page.evaluate('document.querySelector("#races-title").scrollIntoView()')
  else await page.evaluate('scrollTo(0, 0)')
  await page.mouse.move(0, 0)
  // The plots are drawn once a second.
  await sleep(2000)
  await page.screenshot({ path: join(folder, `dashboard-${name}.png`) })
  if (faults.length > 0) throw new Error(faults.join('\n'))
}

try {
  const endAt = performance.now() + TRAFFIC_MS
  while (performance.now() < endAt) {
    // More come in the middle than at the ends.
    const share = Math.sin(((endAt - performance.now()) / TRAFFIC_MS) * Math.PI)
    await sleep(80 + random() * 500 * (1.4 - share))
    connect().catch(() => {})
  }
  for (const name of [SHOWN, ...HOSTS.slice(0, 3).map(host => host.name)]) {
    connect(name).catch(() => {})
    await sleep(400)
  }
  const browser = await startBrowser(owner)
  const wide = { viewport: { width: 1200, height: 1030 } }
  await take(browser, 'light', { ...wide, colorScheme: 'light' })
  await take(browser, 'dark', { ...wide, colorScheme: 'dark' })
  await take(browser, 'phone', { viewport: { width: 390, height: 1100 }, colorScheme: 'light' })
} finally {
  eyeballd.kill('SIGKILL')
  await owner.end()
}
process.exit()
