/** The dashboard in Chromium, before an endpoint that answers what each test wants. */
import type { Browser, Page } from 'playwright-core'
import t from 'tap'
import type { Test } from 'tap'
import type * as Bundler from '../../scripts/bundle-dashboard.mjs'
import type { RaceEntry } from '../../src/admin/api.ts'
import { seriousFindings } from '../fixtures/axe.ts'
import type { WatchedPage } from '../fixtures/browser.ts'
import { openPage, startBrowser } from '../fixtures/browser.ts'
import type { FakeAdmin } from '../fixtures/fake-admin.ts'
import { createFakeAdmin } from '../fixtures/fake-admin.ts'
import { unlessMissing } from '../fixtures/programs.ts'
import { attempt, failedRace, plainRace, raceEntry } from '../fixtures/race-entry.ts'
import { temporaryDirectory } from '../fixtures/start-eyeballd.ts'

t.setTimeout(120_000)

const skip = unlessMissing('chromium')

/** Of all kinds, newest first, each with its own name. */
const someRaces = (count: number, firstId = 1): RaceEntry[] =>
  Array.from({ length: count }, (_, i) => {
    const id = firstId + count - 1 - i
    const facts = { id, time: Date.now() - i * 100, target: `n${id}.example.com:443` }
    return [plainRace, raceEntry, failedRace][id % 3]?.(facts) ?? plainRace(facts)
  })

const isLive = (page: Page): Promise<void> => page.locator('.link', { hasText: 'Live' }).waitFor()

const opener = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

const names = (page: Page): Promise<string[]> => page.locator('.races .name').allTextContents()

t.test('the page', { skip }, async t => {
  const folder = temporaryDirectory(t)
  // It is not compiled, so it is where the sources are.
  const bundler = new URL('../../scripts/bundle-dashboard.mjs', import.meta.url).href
  const { bundleDashboard } = (await import(bundler)) as typeof Bundler
  await bundleDashboard(folder)
  const browser = await startBrowser(t)

  /** A page before an endpoint of its own, both as `prepare` wants them. */
  const open = async (
    t: Test,
    prepare: (admin: FakeAdmin) => void = () => {},
    options: Parameters<Browser['newContext']>[0] = {},
  ): Promise<WatchedPage & { readonly admin: FakeAdmin }> => {
    const admin = await createFakeAdmin(t, folder)
    prepare(admin)
    const watched = await openPage(browser, admin.url, options)
    t.teardown(() => watched.page.context().close())
    return { ...watched, admin }
  }

  await t.test('texts of others are texts', async t => {
    const evil = '<img src=x onerror=alert(1)>'
    const { page, faults } = await open(t, endpoint => {
      endpoint.races = [
        failedRace({
          target: evil,
          user: evil,
          client: evil,
          error: { code: 'EEVIL', message: evil },
          attempts: [attempt({ address: evil, outcome: 'failed', code: evil })],
        }),
      ]
    })
    await opener(page, evil).click()
    await page.getByText(`Failed after 29 ms: ${evil}`).waitFor()
    t.equal(await page.locator('img').count(), 0)
    t.same(faults, [])
  })

  await t.test('a race says all that its record has', async t => {
    const { page, faults, admin } = await open(t, endpoint => {
      endpoint.races = [raceEntry({ user: 'alice' })]
    })
    const button = opener(page, 'www.example.com:443')
    await button.focus()
    await page.keyboard.press('Enter')
    t.equal(await button.getAttribute('aria-expanded'), 'true')
    const bars = await page.locator('.details li').allInnerTexts()
    t.same(
      bars.map(text => text.split(/\s*\n\s*/).filter(Boolean)),
      [
        ['AAAA', 'from 0 ms, took', '3.1 ms', '1 record by DNS'],
        ['A', 'from 0.1 ms, took', '2.1 ms', '1 record from the cache'],
        ['2001:db8::1', 'from 3.3 ms, took', '268 ms', 'cancelled'],
        ['192.0.2.1', 'from 254 ms, took', '18 ms', 'connected'],
      ],
    )
    await page.getByText('Hidden failure: 2001:db8::1 did not answer').waitFor()
    await page.getByText('Record as JSON').click()
    const record = await page.locator('.record textarea').inputValue()
    t.same(JSON.parse(record), JSON.parse(JSON.stringify(admin.races[0])))
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByText('Copied').waitFor()
    t.equal(await page.evaluate('navigator.clipboard.readText()'), record)
    await button.focus()
    await page.keyboard.press('Space')
    t.equal(await page.locator('.details').count(), 0)
    t.same(faults, [])
  })

  await t.test('the list follows the races, but not while one is read', async t => {
    const { page, faults, admin } = await open(t, endpoint => {
      endpoint.races = someRaces(3)
    })
    await isLive(page)
    admin.send(plainRace({ id: 4, target: 'four.example.com:443' }))
    await opener(page, 'four.example.com:443').click()
    admin.send(plainRace({ id: 5, target: 'five.example.com:443' }))
    const newer = page.getByRole('button', { name: 'Show 1 new race' })
    await newer.waitFor()
    t.equal((await names(page))[0], 'four.example.com:443')
    await newer.click()
    t.equal((await names(page))[0], 'five.example.com:443')
    t.same(faults, [])
  })

  await t.test('a paused page stands still, and goes on where the daemon is', async t => {
    const { page, faults, admin } = await open(t, endpoint => {
      endpoint.races = someRaces(3)
    })
    await isLive(page)
    await page.getByRole('button', { name: 'Pause' }).click()
    admin.send(plainRace({ id: 4, target: 'four.example.com:443' }))
    await page.getByRole('button', { name: 'Resume 1 new race' }).waitFor()
    t.equal((await names(page)).length, 3)
    await page.getByRole('button', { name: 'Resume' }).click()
    await opener(page, 'four.example.com:443').waitFor()
    t.same(faults, [])
  })

  await t.test('filters', async t => {
    const { page, faults } = await open(t, endpoint => {
      endpoint.races = [
        ...someRaces(60),
        plainRace({ id: 0.5, user: 'alice', target: 'a.example:1' }),
      ]
    })
    await isLive(page)
    const count = (text: string): Promise<void> => page.getByText(text, { exact: true }).waitFor()
    await count('1–25 of 61 races')
    await page.getByRole('combobox', { name: 'Outcome' }).selectOption('hidden')
    await count('1–20 of 20 races that fit')
    await page.getByRole('searchbox', { name: 'Name or address' }).fill('n4')
    await count('1–5 of 5 races that fit')
    t.same(
      await names(page),
      ['n49', 'n46', 'n43', 'n40', 'n4'].map(name => `${name}.example.com:443`),
    )
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByRole('searchbox', { name: 'Client or user', exact: true }).fill('ALICE')
    await count('1–1 of 1 races that fit')
    await page.getByRole('searchbox', { name: 'Client or user', exact: true }).fill('nobody')
    await page.getByText('No race fits the filter.').waitFor()
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByRole('button', { name: 'Older' }).click()
    await count('26–50 of 61 races')
    t.same(faults, [])
  })

  await t.test('a daemon that wants a token', async t => {
    const { page, faults, admin } = await open(t, endpoint => {
      endpoint.token = 'right'
      endpoint.races = someRaces(1)
    })
    await page.locator('.link', { hasText: 'Token needed' }).waitFor()
    t.equal(await page.evaluate('sessionStorage.length'), 0)
    const field = page.getByRole('textbox', { name: 'Token' })
    await field.fill('wrong')
    await field.press('Enter')
    await page.getByText('did not accept this token').waitFor()
    await field.fill('right')
    await field.press('Enter')
    await isLive(page)
    t.equal((await names(page)).length, 1)
    await page.reload()
    await isLive(page)
    t.notOk(
      admin.asked.some(path => path.includes('right')),
      'the token is in no address',
    )
    t.same(faults, [])
  })

  await t.test('axe finds nothing serious, in light, dark and on a phone', async t => {
    const looks = {
      light: { colorScheme: 'light' },
      dark: { colorScheme: 'dark' },
      phone: { colorScheme: 'light', viewport: { width: 360, height: 740 } },
    } as const
    for (const [name, options] of Object.entries(looks)) {
      const prepare = (admin: FakeAdmin): void => {
        admin.races = someRaces(9)
        const now = Date.now()
        admin.demoted = [
          {
            prefix: '192.0.2.1',
            evidenceAt: now,
            until: now + 1e6,
            unresponsive: true,
            passedOver: 1,
          },
        ]
      }
      const { page, faults } = await open(t, prepare, options)
      await isLive(page)
      for (const id of [7, 8, 9]) await opener(page, `n${id}.example.com:443`).click()
      await page.getByText('Record as JSON').first().click()
      await page.getByText('Numbers').first().click()
      t.same(await seriousFindings(page), [], name)
      const [inner, scroll] = await page.evaluate<[number, number]>(
        '[innerWidth, document.documentElement.scrollWidth]',
      )
      t.ok(scroll <= inner, `${name}: nothing is wider than the page`)
      t.same(faults, [], name)
    }
    const { page } = await open(t, endpoint => {
      endpoint.token = 'secret'
    })
    await page.locator('.token').waitFor()
    t.same(await seriousFindings(page), [], 'with the form for the token')
  })

  await t.test('the colours can be chosen, and stay', async t => {
    const { page, faults } = await open(t, () => {}, { colorScheme: 'light' })
    const background = (): Promise<string> =>
      page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const light = await background()
    await page.getByRole('combobox', { name: 'Colours' }).selectOption('dark')
    const dark = await background()
    t.not(dark, light)
    await page.reload()
    await page.locator('h1').waitFor()
    t.equal(await background(), dark)
    t.same(faults, [])
  })

  await t.test('10,000 races make it hardly slower than 200', async t => {
    /** What it costs the page to show 300 races that come in 30 pieces. */
    const cost = async (
      count: number,
    ): Promise<{ readonly ms: number; readonly nodes: number }> => {
      const { page, admin, faults } = await open(t, endpoint => {
        endpoint.races = someRaces(count)
      })
      await isLive(page)
      const session = await page.context().newCDPSession(page)
      await session.send('Performance.enable')
      const work = async (): Promise<number> => {
        const { metrics } = await session.send('Performance.getMetrics')
        return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0
      }
      const before = await work()
      for (let piece = 0; piece < 30; piece++) {
        admin.send(...someRaces(10, count + 1 + piece * 10).toReversed())
        await page.waitForTimeout(40)
      }
      await opener(page, `n${count + 300}.example.com:443`).waitFor()
      const ms = ((await work()) - before) * 1000
      const nodes = await page.evaluate<number>('document.querySelectorAll("*").length')
      t.same(faults, [])
      await page.context().close()
      return { ms, nodes }
    }
    const few = await cost(200)
    const many = await cost(10_000)
    t.comment(`200: ${Math.round(few.ms)} ms; 10,000: ${Math.round(many.ms)} ms`)
    t.ok(many.ms < few.ms * 3, `${many.ms} ms instead of ${few.ms}`)
    t.ok(many.nodes < few.nodes * 1.5, `${many.nodes} elements instead of ${few.nodes}`)
  })
})
