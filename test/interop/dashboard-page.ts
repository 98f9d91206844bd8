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

/** Whether nothing is wider than the page. */
const isNoWider = (page: Page): Promise<boolean> =>
  page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')

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

  await t.test('a page by plain HTTP from another host can copy too', async t => {
    const { page, faults } = await open(t, endpoint => {
      endpoint.races = [plainRace()]
    })
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await isLive(page)
    await page.evaluate('window.read = navigator.clipboard.readText.bind(navigator.clipboard)')
    await page.evaluate(`Object.defineProperty(navigator, 'clipboard', { value: undefined })`)
    await opener(page, 'www.example.com:443').click()
    await page.getByText('Record as JSON').click()
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByText('Copied').waitFor()
    t.equal(
      await page.evaluate('read()'),
      await page.locator('.record textarea').inputValue(),
      'without navigator.clipboard',
    )
    t.same(faults, [])
  })

  await t.test('masked fields leave the page as it is', async t => {
    const hide = (race: RaceEntry, ...fields: readonly string[]): RaceEntry => ({
      ...race,
      ...Object.fromEntries(fields.map(name => [name, '[Redacted]'])),
    })
    const first = plainRace({ id: 1, target: 'one.example.com:443' })
    const { page, faults, admin } = await open(t, endpoint => {
      endpoint.races = [hide(first, 'dns', 'attempts', 'winner', 'durationMs', 'hidden', 'conn')]
      const connection = {
        conn: '[Redacted]',
        listener: 's',
        protocol: 'socks5',
        client: '127.0.0.1:1',
        user: null,
        target: 'open.example.com:443',
        address: null,
        acceptedAt: Date.now(),
        state: 'relay',
        bytesUp: '[Redacted]',
        bytesDown: 2048,
      } as unknown as FakeAdmin['connections']['connections'][number]
      endpoint.connections = { total: 2, connections: [connection, connection] }
    })
    await isLive(page)
    await page.getByText('2.0 KiB').first().waitFor()
    await opener(page, 'one.example.com:443').click()
    await page.getByText('Won after –.').waitFor()
    await page.getByText('Record as JSON').click()
    t.match(JSON.parse(await page.locator('.record textarea').inputValue()), {
      attempts: '[Redacted]',
    })
    const second = failedRace({ id: 2, target: 'two.example.com:443' })
    admin.send(hide(second, 'outcome', 'error', 'attempts'))
    await page.getByRole('button', { name: 'Show 1 new race' }).click()
    await opener(page, 'two.example.com:443').waitFor()
    admin.ownRace = hide(plainRace({ id: 3 }), 'dns', 'winner')
    await page.getByLabel('Run a race to').fill('www.example.com')
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByRole('region', { name: 'The race that was run' }).waitFor()
    t.same(faults, [])
  })

  await t.test('an address is demoted for each egress by itself', async t => {
    const now = Date.now()
    const facts = { prefix: '192.0.2.1', evidenceAt: now, unresponsive: false, passedOver: 0 }
    const { page, faults } = await open(t, endpoint => {
      endpoint.demoted = [
        { ...facts, until: now + 600_000 },
        { ...facts, until: now + 86_400_000, path: 'bind4 198.51.100.7' },
      ]
    })
    const rows = page.getByRole('region', { name: 'Demoted by history' }).getByRole('row')
    await rows.filter({ hasText: '192.0.2.1' }).first().waitFor()
    t.match(await rows.allInnerTexts(), [
      /Until/,
      /^192\.0\.2\.1\s+did/,
      /^192\.0\.2\.1 by bind4 198\.51\.100\.7.*\d+ \w+, \d\d:\d\d:\d\d/s,
    ])
    t.same(faults, [])
  })

  await t.test('the list stands still while the keyboard is in it', async t => {
    const { page, faults, admin } = await open(t, endpoint => {
      endpoint.races = someRaces(3)
    })
    await isLive(page)
    await page.getByRole('button', { name: 'Run', exact: true }).focus()
    const focused = (): Promise<string> =>
      page.evaluate<string>('document.activeElement.textContent')
    while (!(await focused()).startsWith('n3')) await page.keyboard.press('Tab')
    admin.send(plainRace({ id: 4, target: 'four.example.com:443' }))
    await page.getByRole('button', { name: 'Show 1 new race' }).waitFor()
    await page.keyboard.press('Enter')
    await page.locator('.details').waitFor()
    await page.keyboard.press('Enter')
    t.equal((await names(page))[0], 'n3.example.com:443', 'also after it was read')
    await page.keyboard.press('Shift+Tab')
    t.match(await focused(), /Show 1 new race/)
    await page.keyboard.press('Shift+Tab')
    await opener(page, 'four.example.com:443').waitFor()
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
    await page.locator('#token:focus').waitFor()
    await page.keyboard.type('\u201Cright\u201D')
    await page.keyboard.press('Enter')
    await page.locator('#token:focus').waitFor()
    t.equal(await field.inputValue(), '', 'a token that no header can hold is a wrong one')
    await page.keyboard.type('right')
    await page.keyboard.press('Enter')
    await isLive(page)
    t.equal(await page.evaluate('document.activeElement.id'), 'main')
    t.equal((await names(page)).length, 1)
    await page.reload()
    await isLive(page)
    t.notOk(
      admin.asked.some(path => path.includes('right')),
      'the token is in no address',
    )
    t.same(faults, [])
  })

  await t.test(
    'axe finds nothing serious, in light, dark, on a phone and with forced colours',
    async t => {
      const looks = {
        light: { colorScheme: 'light' },
        dark: { colorScheme: 'dark' },
        phone: { colorScheme: 'light', viewport: { width: 320, height: 740 } },
        forced: { forcedColors: 'active' },
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
          const connection = {
            conn: 'c',
            listener: 's',
            protocol: 'socks5',
            client: `[${'2001:db8:'.repeat(3)}:1]:50000`,
            user: 'alice',
            target: `${'long-name.'.repeat(9)}example.com:443`,
            acceptedAt: now,
            state: 'relay',
            bytesUp: 2e9,
            bytesDown: 1,
          } as const
          const address = `[${'2001:db8:'.repeat(3)}:1]:443`
          admin.connections = { total: 1, connections: [{ ...connection, address }] }
        }
        const { page, faults } = await open(t, prepare, options)
        await isLive(page)
        for (const id of [7, 8, 9]) await opener(page, `n${id}.example.com:443`).click()
        await page.getByText('Record as JSON').first().click()
        await page.getByText('Numbers').first().click()
        await page.getByText('1–1 of 1 connections').waitFor()
        t.same(await seriousFindings(page), [], name)
        t.ok(await isNoWider(page), `${name}: nothing is wider than the page`)
        t.same(faults, [], name)
      }
      const { page } = await open(t, endpoint => {
        endpoint.token = 'secret'
      })
      await page.locator('.token').waitFor()
      t.same(await seriousFindings(page), [], 'with the form for the token')
    },
  )

  await t.test('the target of a race can be read at each width', async t => {
    const { page } = await open(t, endpoint => {
      endpoint.races = someRaces(3)
    })
    await isLive(page)
    for (const width of [320, 390, 761, 820, 1024, 1280]) {
      await page.setViewportSize({ width, height: 800 })
      const box = await page.locator('.races .name').first().boundingBox()
      t.ok((box?.width ?? 0) >= 80, `${width}: ${box?.width} pixels`)
      t.ok(await isNoWider(page), `${width}: nothing is wider than the page`)
    }
  })

  await t.test('it follows the font size of the browser', async t => {
    const admin = await createFakeAdmin(t, folder)
    admin.races = someRaces(9)
    const heights: number[] = []
    for (const fontPx of [16, 32]) {
      const viewport = { width: 40 * fontPx, height: 900 }
      const { page } = await openPage(await startBrowser(t, fontPx), admin.url, { viewport })
      await isLive(page)
      await opener(page, 'n7.example.com:443').click()
      heights.push(
        await page.evaluate<number>('document.querySelector("h1").getBoundingClientRect().height'),
      )
      t.notOk(await page.locator('th', { hasText: 'Winner' }).isVisible(), 'as on a phone')
      t.ok(await isNoWider(page), `${fontPx}: nothing is wider than the page`)
    }
    t.equal(heights[1], 2 * (heights[0] ?? 0))
  })

  await t.test('with forced colours the plots keep theirs, and their legend', async t => {
    const { page } = await open(t, () => {}, { forcedColors: 'active' })
    await page.locator('.u-marker').nth(1).waitFor()
    const colours = await page.evaluate<string[]>(
      '[...document.querySelectorAll(".u-marker")].map(mark => getComputedStyle(mark).backgroundColor)',
    )
    t.equal(new Set(colours.slice(1, 4)).size, 3, colours.join(' '))
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
