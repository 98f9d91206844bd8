/** The dashboard in Chromium, before a daemon that runs real races. */
import type { Page } from 'playwright-core'
import t from 'tap'
import { seriousFindings } from '../fixtures/axe.ts'
import { openPage, startBrowser } from '../fixtures/browser.ts'
import { deadIpv6 } from '../fixtures/dead-ipv6.ts'
import { unlessMissing } from '../fixtures/programs.ts'
import { askSocks } from '../fixtures/socks-client.ts'
import type { Eyeballd } from '../fixtures/start-eyeballd.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const skip =
  unlessMissing('chromium') ||
  ((process.env['EYEBALLD_BIN'] ?? '') === '' && 'without EYEBALLD_BIN there is no built page')

const link = (page: Page, text: string): Promise<void> =>
  page.locator('.link', { hasText: text }).waitFor()

const opener = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

t.test('the dashboard of a daemon', { skip }, async t => {
  const { host, port } = await tcpTarget(t, echo)
  t.equal(host, '127.0.0.1', 'its IPv6 address refuses')
  const { flags, config } = await deadIpv6(t)

  /** @param admin the address of the endpoint; 0 for a free port */
  const start = (admin: number): Promise<Eyeballd> =>
    startEyeballd(t, {
      args: flags,
      config: {
        ...config,
        listeners: [{ name: 's', protocol: 'socks', listen: '127.0.0.1:0' }],
        admin: { listen: `127.0.0.1:${admin}` },
      },
      listening: 2,
    })
  const first = await start(0)
  const admin = first.address('admin').port
  const connect = async (eyeballd: Eyeballd, name: string) => {
    const { client, reply } = await askSocks(eyeballd.address('s'), name, port)
    t.equal(reply.code, 0, name)
    return client
  }

  const early = await connect(first, 'early.example.com')
  const browser = await startBrowser(t)
  const { page, faults } = await openPage(browser, `http://127.0.0.1:${admin}/`)
  await link(page, 'Live')

  await t.test('a race from before the page', async t => {
    await opener(page, `early.example.com:${port}`).click()
    await page.getByText(/Hidden failure: ::1 failed \(ECONNREFUSED\)/).waitFor()
    const bars = page.locator('.details li')
    t.match(await bars.allInnerTexts(), [
      /^AAAA/,
      /^A/,
      /::1[^]*failed/,
      /127\.0\.0\.1[^]*connected/,
    ])
    await opener(page, `early.example.com:${port}`).click()
  })

  await t.test('a race that comes while it is open, and its connection', async t => {
    const late = await connect(first, 'late.example.com')
    await opener(page, `late.example.com:${port}`).waitFor()
    late.write('x'.repeat(2048))
    await late.read(2048)
    const row = page
      .getByRole('row')
      .filter({ hasText: `late.example.com:${port}` })
      .last()
    await row.getByText('2.0 KiB').first().waitFor()
    t.equal(await row.getByText('2.0 KiB').count(), 2, 'sent and received')
    late.destroy()
  })

  await t.test('a filter', async t => {
    await page.getByRole('searchbox', { name: 'Name or address' }).fill('early')
    await page.getByText('1–1 of 1 races that fit').waitFor()
    t.same(await page.locator('.races .name').allTextContents(), [`early.example.com:${port}`])
    await page.getByRole('button', { name: 'Clear' }).click()
  })

  await t.test('the form runs a race', async t => {
    await page.getByLabel('Run a race to').fill(`form.example.com:${port}`)
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    const answer = page.getByRole('region', { name: 'The race that was run' })
    await answer.getByText('IPv4 address 127.0.0.1 won').waitFor()
    t.match(await answer.innerText(), new RegExp(`form\\.example\\.com:${port}`))
    await answer.getByRole('button', { name: 'Close' }).click()
  })

  t.same(await seriousFindings(page), [], 'axe')

  await t.test('a daemon that restarts', async t => {
    first.kill('SIGKILL')
    await first.exited
    await link(page, 'Reconnecting')
    early.destroy()
    const second = await start(admin)
    await link(page, 'Live')
    const client = await connect(second, 'second.example.com')
    await opener(page, `second.example.com:${port}`).waitFor()
    await opener(page, `early.example.com:${port}`).waitFor()
    second.kill('SIGTERM')
    await link(page, 'Draining')
    client.destroy()
    t.equal((await second.exited).code, 0)
    await link(page, 'Reconnecting')
  })
  t.same(faults, [], 'no violation of the policy, no error, no request elsewhere')
})
